#pragma once

#include <map>
#include <optional>
#include <vector>

#include "node/wallet/key_file.hpp"

namespace adit::node::wallet {

/// Which key of the wallet: its branch below the account, or the row of imported ones, and its
/// place.
struct KeyPlace {
    enum class Branch : u8 { receive = 0, change = 1, imported = 2 };
    Branch branch = Branch::receive;
    u32 index = 0;

    auto operator<=>(const KeyPlace&) const = default;
};

/// Addresses watched beyond the last one handed out or paid: as many unused ones in a row may a
/// restored wallet meet before it takes the rest for never used (BIP 44's gap, wider).
inline constexpr u32 kGap = 100;
/// Most addresses of a branch: each costs its derivation at every start.
inline constexpr u32 kAddressesMax = 1'000'000;
/// Where mining pays to: the first receiving address, so that it stays the same.
inline constexpr KeyPlace kMiningKey{KeyPlace::Branch::receive, 0};

/// The wallet's addresses, by what a script says. Knows no secret. One thread.
class KeyBook {
public:
    explicit KeyBook(PublicRing ring);

    const PublicRing& ring() const { return ring_; }
    /// Whose output it is, for pay-to-pubkey-hash and pay-to-pubkey; nullopt: not ours.
    std::optional<KeyPlace> owner_of(ByteView script_pubkey) const;
    std::optional<KeyPlace> owner_of(const Address& address) const;
    const crypto::PublicKey& key_at(const KeyPlace& place) const;
    Address address_at(const KeyPlace& place) const;

    /// How many addresses of a branch are handed out or were paid; the next fresh one has this
    /// index.
    u32 used(KeyPlace::Branch branch) const;
    /// A fresh address. nullopt after kAddressesMax of them.
    std::optional<KeyPlace> hand_out(KeyPlace::Branch branch);
    /// The next one of the branch, not handed out yet.
    KeyPlace next(KeyPlace::Branch branch) const { return {branch, used(branch)}; }
    /// Everything up to `place` counts as used: it was paid.
    void mark_used(const KeyPlace& place);
    void import(const crypto::PublicKey& key);

private:
    struct Row {
        crypto::HdPublicKey parent;
        std::vector<crypto::PublicKey> keys;
        u32 used = 0;
    };
    void extend(KeyPlace::Branch branch);
    void file(const crypto::PublicKey& key, const KeyPlace& place);

    PublicRing ring_;
    std::array<Row, 2> rows_;
    std::map<Hash160, KeyPlace> by_hash_;
};

}  // namespace adit::node::wallet
