// A proxy that answers anything, in pieces.

#include "stratum/client/socks5.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit::stratum::client;
    if (size == 0) return 0;
    const Proxy proxy{"p", 1, data[0] % 2 == 0 ? "" : "user", "x"};
    Socks5Handshake handshake(proxy, "pool.example", 3333);
    std::string_view bytes = adit::as_text({data + 1, size - 1});
    std::size_t used = 0;
    std::size_t given = 0;
    while (!bytes.empty()) {
        const std::size_t piece = std::min<std::size_t>(1 + data[0] % 7, bytes.size());
        (void)handshake.take_output();
        const std::size_t taken = handshake.on_bytes(bytes.substr(0, piece));
        if (taken > piece) __builtin_trap();
        used += taken;
        given += piece;
        bytes.remove_prefix(piece);
    }
    if (handshake.state() == Socks5Handshake::State::running && used != given) __builtin_trap();
    if (handshake.state() == Socks5Handshake::State::failed && handshake.error().empty())
        __builtin_trap();
    return 0;
}
