#pragma once

#include <filesystem>
#include <memory>

#include "node/mempool/chain_pool.hpp"
#include "node/wallet/key_store.hpp"
#include "node/wallet/payment.hpp"
#include "node/wallet/wallet_state.hpp"

namespace adit::node::wallet {

inline constexpr const char* kStateFileName = "wallet.state";

/// Why the wallet does not do it; `text` is one line for people and holds no secret.
struct WalletError {
    enum class Kind {
        locked,         ///< its passphrase is needed first
        not_enough,     ///< too few coins
        refused,        ///< the wish makes no payment, or the node would not take it
        still_reading,  ///< it has not read the whole chain yet
        broken,         ///< a file cannot be read or written
    };
    Kind kind{};
    std::string text;
};

/// A node's wallet: follows the chain without any secret, and pays while it is unlocked. The chain
/// thread; before `attach`, its owner's.
class Wallet final : public chain::ChainListener, private mempool::ChainPool::Listener {
public:
    /// Reads the folder's key file and what was remembered. Remembered things that cannot be read
    /// are put aside: the chain tells them again. nullptr: there is no key file.
    static Result<std::unique_ptr<Wallet>, WalletError> open(const std::filesystem::path& folder,
                                                             const consensus::ChainSpec& spec,
                                                             const Clock& clock);
    ~Wallet() override;

    /// From here on it follows. Both outlive it; before they go, `detach`.
    void attach(chain::Chainstate& chain, mempool::ChainPool& pool);
    void detach();
    /// Goes on reading the chain for about this long. @return whether it is at the end
    bool follow(Duration budget);
    /// To be called a few times a second: reads on, locks when time is up, offers again what waits,
    /// saves.
    void tick();

    const KeyFile& key_file() const { return key_file_; }
    const KeyBook& keys() const { return keys_; }
    const Ledger& ledger() const { return ledger_; }
    bool is_reading() const;
    /// One line when a file could not be written or read; empty while all is well.
    const std::string& trouble() const { return trouble_; }

    Address mining_address() const { return keys_.address_at(kMiningKey); }
    Result<Address, WalletError> new_address();

    /// Holds the secrets until then.
    void unlock(Secrets secrets, TimePoint until);
    void lock() { unlocked_.reset(); }
    bool is_unlocked() const { return unlocked_.has_value(); }
    std::optional<TimePoint> unlocked_until() const;

    /// Pays: signed, kept on disk, then handed to the pool. Needs `unlock`.
    Result<TxId, WalletError> pay(const PaymentWish& wish);
    Result<void, WalletError> abandon(const TxId& txid);
    Result<void, WalletError> save();

private:
    struct Unlocked {
        crypto::HdKey account;
        std::vector<crypto::SecretKey> imported;
        TimePoint until;
    };

    Wallet(std::filesystem::path folder, const consensus::ChainSpec& spec, const Clock& clock,
           KeyFile key_file);
    void load_state();
    void connect(const chain::BlockNode& node, const Block& block);
    void disconnect();
    void settle_pool();
    std::optional<crypto::SecretKey> secret_at(const KeyPlace& place) const;

    void on_block_connected(const chain::BlockNode& node, const Block& block) override;
    void on_block_disconnected(const chain::BlockNode& node, const Block& block) override;
    void on_added(const mempool::MempoolEntry& entry) override;
    void on_removed(const Transaction& tx, const TxId& txid) override;
    void on_pool_rebuilt() override;

    std::filesystem::path folder_;
    const consensus::ChainSpec& spec_;
    const Clock& clock_;
    KeyFile key_file_;
    KeyBook keys_;
    Ledger ledger_;
    Random random_;
    chain::Chainstate* chain_ = nullptr;
    mempool::ChainPool* pool_ = nullptr;
    const chain::BlockNode* at_ = nullptr;  ///< the block the ledger ends with; null: none yet
    std::optional<Unlocked> unlocked_;
    bool pool_changed_ = true;  ///< what waits is to be compared with the pool
    bool dirty_ = false;
    TimePoint save_due_{};
    TimePoint offer_due_{};
    std::string trouble_;
};

}  // namespace adit::node::wallet
