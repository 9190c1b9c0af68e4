#include "node/p2p/wire.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"
#include "kernels/base/endian.hpp"
#include "kernels/hash/sha256d.hpp"

namespace adit::node::p2p {
namespace {

constexpr std::size_t kKeptBytes = 64 * 1024;

/// Zero-padded ASCII: nothing but zeros after the first zero, at least one character.
std::optional<std::string> command_of(ByteView field)
{
    const auto zero = std::find(field.begin(), field.end(), u8{0});
    const bool padded = std::all_of(zero, field.end(), [](u8 c) { return c == 0; });
    const bool printable =
        std::all_of(field.begin(), zero, [](u8 c) { return c > 0x20 && c < 0x7f; });
    if (zero == field.begin() || !padded || !printable) return std::nullopt;
    return std::string(field.begin(), zero);
}

}  // namespace

std::string_view to_string(WireError error)
{
    switch (error) {
        case WireError::wrong_magic: return "wrong_magic";
        case WireError::oversize: return "oversize";
        case WireError::bad_command: return "bad_command";
        case WireError::bad_checksum: return "bad_checksum";
    }
    return "unknown";
}

Bytes write_frame(const Magic& magic, std::string_view command, ByteView payload)
{
    ADIT_CHECK(!command.empty() && command.size() <= kCommandBytes);
    ADIT_CHECK(payload.size() <= kPayloadBytesMax);
    Bytes frame(kFrameHeaderBytes);
    std::copy(magic.begin(), magic.end(), frame.begin());
    std::copy(command.begin(), command.end(), frame.begin() + 4);
    store_le<u32>(frame.data() + 16, static_cast<u32>(payload.size()));
    const Hash256 checksum = hash::sha256d(payload);
    std::copy_n(checksum.bytes.begin(), 4, frame.begin() + 20);
    append(frame, payload);
    return frame;
}

void FrameReader::feed(ByteView bytes)
{
    if (failed_) return;
    if (read_ != 0) {
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(read_));
        read_ = 0;
        // A large message's room is not kept for the small ones that follow.
        if (buffer_.empty() && buffer_.capacity() > kKeptBytes) Bytes().swap(buffer_);
    }
    append(buffer_, bytes);
}

Result<std::optional<Frame>, WireError> FrameReader::next()
{
    if (failed_) return *failed_;
    const ByteView rest = ByteView(buffer_).subspan(read_);
    const std::size_t seen = std::min<std::size_t>(rest.size(), magic_.size());
    if (!std::equal(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(seen), magic_.begin()))
        return fail(WireError::wrong_magic);
    if (rest.size() < kFrameHeaderBytes) return std::optional<Frame>{};

    auto command = command_of(rest.subspan(4, kCommandBytes));
    if (!command) return fail(WireError::bad_command);
    const u32 length = load_le<u32>(rest.data() + 16);
    if (length > payload_max_) return fail(WireError::oversize);
    if (rest.size() < kFrameHeaderBytes + length) return std::optional<Frame>{};

    const ByteView payload = rest.subspan(kFrameHeaderBytes, length);
    if (!equal(rest.subspan(20, 4), hash::sha256d(payload).view().first(4)))
        return fail(WireError::bad_checksum);
    read_ += kFrameHeaderBytes + length;
    return std::optional<Frame>{Frame{std::move(*command), Bytes(payload.begin(), payload.end())}};
}

Result<std::optional<Frame>, WireError> FrameReader::fail(WireError error)
{
    failed_ = error;
    buffer_.clear();
    read_ = 0;
    return error;
}

}  // namespace adit::node::p2p
