#pragma once

#include "kernels/base/bytes.hpp"
#include "kernels/equihash/pow_input.hpp"

namespace adit::stratum {

/// A solution as blocks and mining.submit carry it: its length as CompactSize, then its bytes.
Bytes with_length_prefix(ByteView solution);

/// Double SHA-256 of header, nonce and length-prefixed solution: the block's hash, and the number
/// that is held against targets (Zcash protocol specification 7.6.2). Internal order.
Hash256 share_hash(const equihash::PowInput& input, ByteView solution);

}  // namespace adit::stratum
