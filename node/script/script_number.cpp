#include "node/script/script_number.hpp"

namespace adit::node::script {
namespace {

bool is_minimal(ByteView bytes)
{
    if (bytes.empty()) return true;
    if ((bytes.back() & 0x7f) != 0) return true;
    // A last byte without magnitude is needed only where the one before uses the sign's place.
    return bytes.size() > 1 && (bytes[bytes.size() - 2] & 0x80) != 0;
}

}  // namespace

std::optional<i64> read_number(ByteView bytes, std::size_t bytes_max, bool minimal)
{
    if (bytes.size() > bytes_max || (minimal && !is_minimal(bytes))) return std::nullopt;
    if (bytes.empty()) return 0;
    i64 magnitude = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
        const u8 byte = i + 1 == bytes.size() ? bytes[i] & 0x7f : bytes[i];
        magnitude = magnitude << 8 | byte;
    }
    return (bytes.back() & 0x80) != 0 ? -magnitude : magnitude;
}

Bytes write_number(i64 value)
{
    Bytes bytes;
    const bool negative = value < 0;
    for (u64 rest = negative ? u64{0} - static_cast<u64>(value) : static_cast<u64>(value);
         rest != 0; rest >>= 8)
        bytes.push_back(static_cast<u8>(rest));
    if (bytes.empty()) return bytes;
    if ((bytes.back() & 0x80) != 0)
        bytes.push_back(negative ? 0x80 : 0);
    else if (negative)
        bytes.back() |= 0x80;
    return bytes;
}

bool as_bool(ByteView bytes)
{
    for (std::size_t i = 0; i < bytes.size(); ++i)
        if (bytes[i] != 0) return !(i + 1 == bytes.size() && bytes[i] == 0x80);
    return false;
}

}  // namespace adit::node::script
