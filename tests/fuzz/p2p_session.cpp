// A whole conversation: handshake, pings and nonsense, as one who came or was dialled.

#include "node/p2p/peer_session.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit::node::p2p;
    if (size < 2) return 0;
    SessionConfig config;
    config.magic = {0x41, 0x44, 0x49, 0x54};
    config.foreign_peers = (data[0] & 2) != 0;
    config.nonce = 7;
    adit::TimePoint now{};
    PeerSession session((data[0] & 1) != 0 ? Direction::outbound : Direction::inbound, config, now);
    const std::size_t step = 1 + data[1];
    std::size_t closings = 0;
    for (std::size_t at = 2; at < size; at += step) {
        now += std::chrono::milliseconds(data[at]);
        session.on_bytes({data + at, std::min(step, size - at)}, now);
        session.on_tick(now);
        while (const auto event = session.next_event())
            closings += std::holds_alternative<PeerClosed>(*event) ? 1 : 0;
        // What it says by itself is short: a version, a rejection, a pong for each ping.
        if (session.take_output().size() > 1024 + 2 * size) __builtin_trap();
    }
    if (closings > 1 || (closings == 1) != session.closed()) __builtin_trap();
    return 0;
}
