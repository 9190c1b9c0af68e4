#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"
#include "kernels/base/result.hpp"

/// The frame of the Zcash family's wire: magic 4 | command 12 | length LE32 | checksum 4 | payload.
namespace adit::node::p2p {

using Magic = std::array<u8, 4>;

inline constexpr std::size_t kFrameHeaderBytes = 24;
inline constexpr std::size_t kCommandBytes = 12;
inline constexpr u32 kPayloadBytesMax = 2 * 1024 * 1024;  ///< a whole block fits
inline constexpr u32 kHandshakePayloadBytesMax = 1024;    ///< until the handshake is done

/// Each of them ends the connection.
enum class WireError { wrong_magic, oversize, bad_command, bad_checksum };
std::string_view to_string(WireError error);

struct Frame {
    std::string command;  ///< 1 … 12 printable ASCII characters
    Bytes payload;
};

/// The frame as bytes. `command` has at most 12 characters, `payload` at most kPayloadBytesMax
/// bytes.
Bytes write_frame(const Magic& magic, std::string_view command, ByteView payload);

/// Bytes in, frames out, however the bytes are cut. Holds at most one frame and what was fed beyond
/// it; a length over the limit is refused before anything is allocated for it. One thread.
class FrameReader {
public:
    explicit FrameReader(const Magic& magic, u32 payload_max = kHandshakePayloadBytesMax)
        : magic_(magic), payload_max_(payload_max)
    {}

    void feed(ByteView bytes);

    /// The next whole frame, or nothing yet. After an error every further call gives it again.
    Result<std::optional<Frame>, WireError> next();

    void set_payload_max(u32 payload_max) { payload_max_ = payload_max; }
    std::size_t buffered_bytes() const { return buffer_.size() - read_; }

private:
    Result<std::optional<Frame>, WireError> fail(WireError error);

    Magic magic_;
    u32 payload_max_;
    Bytes buffer_;
    std::size_t read_ = 0;  ///< bytes of buffer_ already given out
    std::optional<WireError> failed_;
};

}  // namespace adit::node::p2p
