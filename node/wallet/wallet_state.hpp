#pragma once

#include "node/wallet/ledger.hpp"

/// What a wallet remembers between two runs besides its keys. Nothing of it is secret, and all of
/// it can be had again from the chain, but for payments that wait.
namespace adit::node::wallet {

inline constexpr std::size_t kStateBytesMax = std::size_t{1} << 30;

struct WalletState {
    Hash256 ring;                ///< whose: `ring_id`
    u32 imported = 0;            ///< how many keys were imported when it was written
    std::array<u32, 2> used{};   ///< addresses handed out, of receive and of change
    std::optional<MinedAt> tip;  ///< how far the chain was followed
    std::vector<WalletTransaction> transactions;

    bool operator==(const WalletState&) const = default;
};

/// Tells wallets apart; imported keys leave it as it is.
Hash256 ring_id(const PublicRing& ring);

Bytes to_bytes(const WalletState& state);
/// nullopt: damaged, or of another version. Never allocates more than `bytes` hold.
std::optional<WalletState> read_wallet_state(ByteView bytes);

}  // namespace adit::node::wallet
