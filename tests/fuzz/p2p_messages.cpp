// Every message of the peers' wire: the first byte picks it, the rest is its payload. What is read
// can be written, and reads the same again.

#include <array>

#include "node/p2p/messages.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit::node::p2p;
    constexpr std::array kCommands{
        "version", "verack",  "chainid",  "ping",        "pong",       "getaddr", "addr",
        "inv",     "getdata", "notfound", "getblocks",   "getheaders", "headers", "block",
        "bodies",  "tx",      "mempool",  "sendheaders", "feefilter",  "reject",  "no-such"};
    static_assert(kCommands.size() == std::variant_size_v<Message>);
    if (size == 0) return 0;
    const Frame frame{kCommands[data[0] % kCommands.size()], adit::Bytes(data + 1, data + size)};
    const auto message = parse_message(frame);
    if (!message) return 0;
    if (command_of(*message) != frame.command) __builtin_trap();
    const auto again = parse_message({frame.command, payload_of(*message)});
    if (!again || *again != *message) __builtin_trap();
    return 0;
}
