// A peer's bytes, cut anywhere: frames and the messages in them.

#include "node/p2p/messages.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit::node::p2p;
    if (size == 0) return 0;
    constexpr Magic kMagic{0x41, 0x44, 0x49, 0x54};
    const std::size_t step = 1 + data[0];
    FrameReader reader(kMagic, data[0] % 2 == 0 ? kHandshakePayloadBytesMax : kPayloadBytesMax);
    for (std::size_t at = 1; at < size; at += step) {
        reader.feed({data + at, std::min(step, size - at)});
        if (reader.buffered_bytes() > size) __builtin_trap();
        for (;;) {
            const auto frame = reader.next();
            if (!frame) {
                if (reader.next()) __builtin_trap();  // an error is for good
                return 0;
            }
            if (!*frame) break;
            if ((*frame)->command.empty() || (*frame)->command.size() > kCommandBytes)
                __builtin_trap();
            (void)parse_message(**frame);
        }
    }
    return 0;
}
