#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "kernels/base/result.hpp"
#include "node/crypto/hd_keys.hpp"

/// The file that keeps a wallet's secrets: what anybody may know stands in the clear, the rest is
/// sealed with AES-256-GCM under a key that scrypt (RFC 7914) makes of the passphrase. The clear
/// part is sealed in the sense that a change to it shows when the file is opened. Pure; any thread.
namespace adit::node::wallet {

using crypto::SecretBytes;

/// Where the wallet's own keys hang: account 0 of BIP 44 with the coin number that all chains
/// without a registered one share (SLIP 44). Receiving addresses lie below it at /0/i, change at
/// /1/i.
inline constexpr std::array<u32, 3> kAccountPath{44 | crypto::kHardened, 1 | crypto::kHardened,
                                                 0 | crypto::kHardened};
inline constexpr std::string_view kAccountPathText = "m/44'/1'/0'";

/// What scrypt costs: 128 * r * 2^log2_n bytes of memory. The default: 128 MiB and 0.35 s of one
/// core
/// (`time adit wallet dump --words`, 2-core cloud machine, AMD EPYC, 2026-11-22).
struct ScryptCost {
    u8 log2_n = 17;
    u8 r = 8;
    u8 p = 1;

    bool operator==(const ScryptCost&) const = default;
    /// Within what we ever spend on a file, whoever wrote it: 1 GiB and 2^21 blocks' work.
    bool is_bearable() const;
};

inline constexpr std::size_t kPassphraseBytesMin = 8;
inline constexpr std::size_t kPassphraseBytesMax = 1'024;
inline constexpr std::size_t kImportedKeysMax = 10'000;
inline constexpr std::size_t kKeyFileBytesMax = 2u << 20;

/// What a node needs to follow a wallet's coins, and nothing that spends them.
struct PublicRing {
    Hash256 chain_id;
    crypto::HdPublicKey account;              ///< at kAccountPath
    std::vector<crypto::PublicKey> imported;  ///< in the order they came

    bool operator==(const PublicRing&) const = default;
};

/// What spends.
struct Secrets {
    SecretBytes entropy;  ///< behind the words, 16 … 32 bytes
    std::vector<crypto::SecretKey> imported;

    /// The tree's key at kAccountPath.
    crypto::HdKey account() const;
    PublicRing ring(const Hash256& chain_id) const;
};

enum class KeyFileError {
    not_a_key_file,    ///< it does not begin like one
    newer_version,     ///< of a later release
    damaged,           ///< cut off, or nonsense in the clear part
    cost_unbearable,   ///< asks for more memory or time than any file of ours
    wrong_passphrase,  ///< also when the sealed bytes were changed: nobody can tell the two apart
};
/// A clause for people, the same for every passphrase that is wrong.
std::string_view to_string(KeyFileError error);

struct KeyFile {
    ScryptCost cost;
    std::array<u8, 32> salt{};
    std::array<u8, 12> nonce{};
    PublicRing ring;
    Bytes sealed;  ///< with 16 bytes of tag behind

    bool operator==(const KeyFile&) const = default;
};

/// Seals with fresh salt and nonce.
KeyFile seal(const Secrets& secrets, const Hash256& chain_id, ByteView passphrase, ScryptCost cost,
             const crypto::RandomBytes& random);

/// Takes the cost's time and memory.
Result<Secrets, KeyFileError> unseal(const KeyFile& file, ByteView passphrase);

Bytes to_bytes(const KeyFile& file);
/// Looks at the clear part alone; allocates no more than `bytes` hold.
Result<KeyFile, KeyFileError> read_key_file(ByteView bytes);

}  // namespace adit::node::wallet
