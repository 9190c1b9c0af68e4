// Any text as a spec file: a chain that is read is written and read again as the same one, and what
// is wrong is one line.

#include "node/consensus/spec_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit;
    using namespace adit::node::consensus;
    const auto spec = parse_spec(as_text({data, size}), "fuzz.toml");
    if (!spec) {
        const std::string text = spec.error().text();
        if (text.empty() || text.find('\n') != std::string::npos) __builtin_trap();
        return 0;
    }
    const auto again = parse_spec(to_toml(*spec), "again.toml");
    if (!again || !(*again == *spec) || chain_id(*again) != chain_id(*spec)) __builtin_trap();
    return 0;
}
