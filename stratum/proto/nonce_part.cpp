#include "stratum/proto/nonce_part.hpp"

#include <algorithm>

#include "kernels/base/hex.hpp"

namespace adit::stratum {

std::optional<NoncePart> NoncePart::from_bytes(ByteView bytes)
{
    if (bytes.size() > kBytesMax) return std::nullopt;
    NoncePart part;
    std::copy(bytes.begin(), bytes.end(), part.bytes_.begin());
    part.size_ = static_cast<u8>(bytes.size());
    return part;
}

std::optional<NoncePart> NoncePart::from_hex(std::string_view digits)
{
    if (digits.size() > 2 * kBytesMax) return std::nullopt;
    const auto bytes = adit::from_hex(digits);
    if (!bytes) return std::nullopt;
    return from_bytes(*bytes);
}

void NoncePart::place(equihash::PowInput& input) const
{
    const auto nonce = input.header.begin() + equihash::kNonceOffset;
    std::fill(std::copy_n(bytes_.begin(), size_, nonce), input.header.end(), u8{0});
}

bool NoncePart::place(equihash::PowInput& input, ByteView nonce_2) const
{
    if (nonce_2.size() != nonce_2_bytes()) return false;
    const auto nonce = input.header.begin() + equihash::kNonceOffset;
    std::copy(nonce_2.begin(), nonce_2.end(), std::copy_n(bytes_.begin(), size_, nonce));
    return true;
}

std::optional<ByteView> NoncePart::nonce_2_of(ByteView nonce) const
{
    if (nonce.size() != equihash::kNonceBytes || !equal(nonce.first(size_), view()))
        return std::nullopt;
    return nonce.subspan(size_);
}

}  // namespace adit::stratum
