// Any URL of a pool or proxy; a good one must survive being shown and read again.

#include "stratum/client/pool_url.hpp"

#include "stratum/client/socks5.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit::stratum::client;
    const std::string_view text = adit::as_text({data, size});
    if (const auto url = parse_pool_url(text)) {
        PoolUrl bare = *url;
        bare.user.clear();
        bare.password.clear();
        bare.subscribe_extranonce = false;
        const auto again = parse_pool_url(to_string(*url));
        if (!again || !(*again == bare)) __builtin_trap();
    }
    (void)parse_proxy(text);
    const std::size_t half = size / 2;
    (void)may_move(text.substr(0, half), text.substr(half));
    if (may_move(text, text) == false) __builtin_trap();
    return 0;
}
