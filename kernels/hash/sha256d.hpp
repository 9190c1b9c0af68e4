#pragma once

#include <array>

#include "kernels/base/bytes.hpp"

namespace adit::hash {

/// One SHA-256 / two of them / RIPEMD-160 of SHA-256, through OpenSSL's EVP. Any thread.
Hash256 sha256(ByteView bytes);
Hash256 sha256d(ByteView bytes);
std::array<u8, 20> hash160(ByteView bytes);

/// One level of a merkle tree: sha256d of each two neighbours, 2 * `pairs` hashes in, `pairs` out.
/// `out` may be `in`. By the CPU's SHA instructions, two pairs at a time, where it has them.
void sha256d_pairs(const Hash256* in, Hash256* out, std::size_t pairs);
/// The same through OpenSSL, pair by pair: what the fast one is held against.
void sha256d_pairs_portable(const Hash256* in, Hash256* out, std::size_t pairs);

}  // namespace adit::hash
