#pragma once

#include <optional>
#include <string_view>

#include "kernels/equihash/pow_input.hpp"

namespace adit::stratum {

/// The pool's part of the nonce, `nonce_1`: 0 to 31 bytes at the front of the 32. The rest,
/// `nonce_2`, is the miner's (ZIP 301, "Nonce"). Read as a little-endian number nonce_1 is the low
/// part, so a miner counts upward from byte `size()` and leaves the last bytes alone as long as it
/// can: some hosts reserve them.
class NoncePart {
public:
    static constexpr std::size_t kBytesMax = equihash::kNonceBytes - 1;

    NoncePart() = default;
    /// nullopt when longer than kBytesMax.
    static std::optional<NoncePart> from_bytes(ByteView bytes);
    /// An even number of hex digits, 62 at most.
    static std::optional<NoncePart> from_hex(std::string_view digits);

    bool operator==(const NoncePart& other) const { return equal(view(), other.view()); }
    std::size_t size() const { return size_; }
    ByteView view() const { return ByteView(bytes_).first(size_); }
    std::size_t nonce_2_bytes() const { return equihash::kNonceBytes - size_; }

    /// Writes the prefix into the nonce of `input` and clears the rest.
    void place(equihash::PowInput& input) const;

    /// Writes prefix and nonce_2 into the nonce; false when nonce_2 has not exactly the bytes left.
    [[nodiscard]] bool place(equihash::PowInput& input, ByteView nonce_2) const;

    /// The miner's part of a whole nonce; nullopt when the nonce does not begin with this prefix.
    std::optional<ByteView> nonce_2_of(ByteView nonce) const;

private:
    std::array<u8, kBytesMax> bytes_{};
    u8 size_ = 0;
};

}  // namespace adit::stratum
