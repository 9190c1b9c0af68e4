#pragma once

#include "kernels/base/bytes.hpp"
#include "node/crypto/keys.hpp"

/// ECDSA over secp256k1, by libsecp256k1. Signatures come as DER, without a hash type byte. Any
/// thread.
namespace adit::node::crypto {

/// Whether `signature` is one of `hash` by `public_key` (33 or 65 bytes). Takes every encoding that
/// old OpenSSL took, and a high S: what else must hold is asked of the forms below.
bool verify(ByteView public_key, const Hash256& hash, ByteView signature);

/// Strict DER with a hash type byte behind it (BIP 66).
bool is_strict_der(ByteView signature_and_type);

/// S is in the lower half of the group's order (BIP 62). Needs strict DER, without the type byte.
bool has_low_s(ByteView signature);

/// Signs with a nonce by RFC 6979; strict DER, low S.
Bytes sign(const SecretKey& key, const Hash256& hash);

}  // namespace adit::node::crypto
