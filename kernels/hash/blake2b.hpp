#pragma once

#include <array>

#include "kernels/base/bytes.hpp"

namespace adit::hash {

inline constexpr std::size_t kBlake2bBlockBytes = 128;
inline constexpr std::size_t kBlake2bDigestBytesMax = 64;

/// BLAKE2b (RFC 7693) without key, salt or tree. Both fields enter the parameter block, so digests
/// of different lengths have nothing in common.
struct Blake2bParams {
    u32 digest_bytes = 32;  ///< 1 … 64
    std::array<u8, 16> personalization{};
};

/// A hash under way. Copying it forks the message. One thread.
class Blake2b {
public:
    explicit Blake2b(const Blake2bParams& params);

    Blake2b& update(ByteView bytes);

    /// Writes exactly `digest_bytes`. Call it once; the object is used up.
    void finish(MutableByteView digest);

private:
    std::array<u64, 8> h_;
    std::array<u8, kBlake2bBlockBytes> block_{};
    std::size_t held_ = 0;  ///< bytes of block_ in use; a full block waits for what follows it
    u64 compressed_ = 0;    ///< bytes before block_
    u32 digest_bytes_;
};

/// The whole message at once; `digest` is `params.digest_bytes` long.
void blake2b(const Blake2bParams& params, ByteView message, MutableByteView digest);

/// Everything about a 140-byte Equihash header that its leaf hashes share. Leaf hashes are
/// BLAKE2b(header || LE32(call)): 144 bytes, of which the first block and most of the last block's
/// first round do not depend on `call`. Plain arrays, so that kernels may copy it as it is.
struct HeaderMidstate {
    u64 h[8];   ///< chaining value after the header's first 128 bytes
    u64 m0;     ///< header bytes 128 … 135
    u64 m1;     ///< header bytes 136 … 139; the call number goes into the upper half
    u64 v[16];  ///< the last block's state where `call` enters: columns 1–3 of round 1 done, and
                ///< column 0 up to the addition of m1 (without the call number)
};

inline constexpr std::size_t kMidstateHeaderBytes = 140;

/// `header` is kMidstateHeaderBytes long.
HeaderMidstate header_midstate(const Blake2bParams& params, ByteView header);

}  // namespace adit::hash
