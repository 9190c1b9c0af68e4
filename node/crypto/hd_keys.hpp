#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "node/crypto/keys.hpp"

/// A tree of keys from one seed: BIP 32.
namespace adit::node::crypto {

/// Children from here on are hardened: they need the private key, and give nothing away about it.
inline constexpr u32 kHardened = 0x80000000;

/// Where a key stands in its tree.
struct HdPlace {
    u8 depth = 0;                ///< 0: the master
    std::array<u8, 4> parent{};  ///< first bytes of the parent's Hash160
    u32 index = 0;

    bool operator==(const HdPlace&) const = default;
};

/// A public key with its chain code: enough for all children that are not hardened. Whoever has it
/// and the private key of one such child has the private key it belongs to.
struct HdPublicKey {
    std::array<u8, 33> key{};
    std::array<u8, 32> chain_code{};
    HdPlace place;

    bool operator==(const HdPublicKey&) const = default;
    PublicKey public_key() const { return {Bytes(key.begin(), key.end())}; }
    /// index < kHardened; nullopt in the (never seen) case that there is no such child.
    std::optional<HdPublicKey> child(u32 index) const;
    std::string to_text() const;  ///< "xpub…"
};

/// A private key with its chain code; both are wiped when it goes.
class HdKey {
public:
    /// The master of a tree; nullopt for a seed of fewer than 16 or more than 64 bytes, and in the
    /// (never seen) case that it gives no key.
    static std::optional<HdKey> from_seed(ByteView seed);
    HdKey(HdKey&&) noexcept = default;
    HdKey& operator=(HdKey&&) noexcept = default;
    ~HdKey() { wipe(chain_code_); }

    std::optional<HdKey> child(u32 index) const;
    std::optional<HdKey> descendant(std::span<const u32> path) const;

    const SecretKey& key() const { return key_; }
    HdPublicKey public_part() const;
    SecretBytes to_text() const;  ///< "xprv…"

private:
    HdKey(SecretKey key, ByteView chain_code, HdPlace place);

    SecretKey key_;
    std::array<u8, 32> chain_code_{};
    HdPlace place_;
};

}  // namespace adit::node::crypto
