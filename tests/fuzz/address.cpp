// Any text as an address or a key: one that is read prints as the same text.

#include "node/consensus/spec_file.hpp"
#include "node/crypto/keys.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit;
    using namespace adit::node;
    static const AddressPrefixes prefixes = consensus::find_spec("regtest")->prefixes;
    const std::string_view text = as_text({data, size});
    if (const auto address = parse_address(text, prefixes))
        if (to_text(*address, prefixes) != text) __builtin_trap();
    if (const auto key = crypto::SecretKey::from_wif(text, prefixes.secret_key))
        if (key->to_wif(prefixes.secret_key) != text) __builtin_trap();
    if (const auto bytes = base58_decode(text))
        if (base58_encode(*bytes) != text) __builtin_trap();
    if (const auto amount = parse_amount(text))
        if (parse_amount(format_amount(*amount)) != amount) __builtin_trap();
    if (size <= 100)
        if (const auto again = base58_decode(base58_encode({data, size}));
            !again || !equal(*again, {data, size}))
            __builtin_trap();
    return 0;
}
