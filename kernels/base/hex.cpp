#include "kernels/base/hex.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace adit {
namespace {

/// "00", "01" … "ff".
constexpr auto kPairs = [] {
    std::array<char, 512> pairs{};
    for (std::size_t byte = 0; byte < 256; ++byte) {
        pairs[2 * byte] = "0123456789abcdef"[byte >> 4];
        pairs[2 * byte + 1] = "0123456789abcdef"[byte & 15];
    }
    return pairs;
}();

int digit_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::string to_hex(ByteView bytes)
{
    std::string text(bytes.size() * 2, '\0');
    char* at = text.data();
    for (const u8 byte : bytes) {
        std::memcpy(at, kPairs.data() + std::size_t{2} * byte, 2);
        at += 2;
    }
    return text;
}

std::string to_hex_reversed(ByteView bytes)
{
    const Bytes reversed(bytes.rbegin(), bytes.rend());
    return to_hex(reversed);
}

std::optional<Bytes> from_hex(std::string_view text)
{
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes bytes(text.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int high = digit_value(text[2 * i]);
        const int low = digit_value(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes[i] = static_cast<u8>(high << 4 | low);
    }
    return bytes;
}

std::optional<Hash256> hash_from_hex(std::string_view text)
{
    if (text.size() != 64) return std::nullopt;
    const auto bytes = from_hex(text);
    if (!bytes) return std::nullopt;
    Hash256 hash;
    std::copy(bytes->begin(), bytes->end(), hash.bytes.begin());
    return hash;
}

std::optional<Hash256> hash_from_hex_reversed(std::string_view text)
{
    auto hash = hash_from_hex(text);
    if (hash) std::reverse(hash->bytes.begin(), hash->bytes.end());
    return hash;
}

}  // namespace adit
