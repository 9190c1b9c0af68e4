#include "node/wallet/wallet.hpp"

#include "kernels/base/check.hpp"
#include "node/script/templates.hpp"
#include "node/wallet/private_file.hpp"

namespace adit::node::wallet {
namespace {

using Branch = KeyPlace::Branch;
using Kind = WalletError::Kind;

constexpr std::chrono::milliseconds kReadingAtATime{100};
constexpr std::chrono::seconds kSaveEvery{2};
/// What waits and is not in the pool is offered again so often.
constexpr std::chrono::minutes kOfferEvery{1};

WalletError broken(std::string text) { return {Kind::broken, std::move(text)}; }

MinedAt place_of(const chain::BlockNode& node) { return {node.hash, node.height, 0, node.time}; }

}  // namespace

Result<std::unique_ptr<Wallet>, WalletError> Wallet::open(const std::filesystem::path& folder,
                                                          const consensus::ChainSpec& spec,
                                                          const Clock& clock)
{
    auto key_file = load_key_file(folder, spec);
    if (!key_file) return broken(key_file.error());
    if (!*key_file) return std::unique_ptr<Wallet>();
    std::unique_ptr<Wallet> wallet(new Wallet(folder, spec, clock, std::move(**key_file)));
    wallet->load_state();
    return wallet;
}

Wallet::Wallet(std::filesystem::path folder, const consensus::ChainSpec& spec, const Clock& clock,
               KeyFile key_file)
    : folder_(std::move(folder)),
      spec_(spec),
      clock_(clock),
      key_file_(std::move(key_file)),
      keys_(key_file_.ring),
      ledger_(keys_, spec.coinbase_maturity),
      random_(entropy_seed())
{}

Wallet::~Wallet() { detach(); }

void Wallet::load_state()
{
    const auto file = folder_ / kStateFileName;
    const auto bytes = read_private_file(file, kStateBytesMax);
    if (!bytes && bytes.error().missing) return;
    auto state = bytes ? read_wallet_state(*bytes) : std::nullopt;
    if (!state || state->ring != ring_id(key_file_.ring)) {
        std::error_code ignored;
        std::filesystem::rename(file, file.string() + ".aside", ignored);
        trouble_ = file.string() + " could not be used and was put aside; reading the chain anew";
        return;
    }
    for (const Branch branch : {Branch::receive, Branch::change})
        if (const u32 used = state->used[static_cast<std::size_t>(branch)]; used > 0)
            keys_.mark_used({branch, used - 1});
    // What only pays the wallet and waits: the pool tells of it again.
    std::erase_if(state->transactions, [](const WalletTransaction& entry) {
        return !entry.mined && !entry.spends_ours && !entry.tx.is_coinbase();
    });
    ledger_.restore(state->tip, std::move(state->transactions));
    if (state->imported != keys_.used(Branch::imported)) ledger_.forget_chain();
}

void Wallet::attach(chain::Chainstate& chain, mempool::ChainPool& pool)
{
    chain_ = &chain;
    pool_ = &pool;
    if (const auto& tip = ledger_.tip()) {
        at_ = chain.find(tip->block);
        // The chain lost its end, or is another one: it tells everything again.
        if (at_ != nullptr && at_->height != tip->height) at_ = nullptr;
        if (at_ == nullptr) ledger_.forget_chain();
    }
    chain.add_listener(*this);
    pool.add_listener(*this);
}

void Wallet::detach()
{
    if (chain_ == nullptr) return;
    (void)save();
    lock();
    pool_->remove_listener(*this);
    chain_->remove_listener(*this);
    chain_ = nullptr;
    pool_ = nullptr;
}

bool Wallet::is_reading() const { return chain_ == nullptr || at_ != chain_->last_connected(); }

bool Wallet::follow(Duration budget)
{
    const TimePoint end = clock_.now() + budget;
    for (const chain::BlockNode* target = chain_->last_connected(); at_ != target;) {
        if (at_ != nullptr && !target->descends_from(*at_)) {
            disconnect();
        } else {
            const Height height(at_ == nullptr ? 0 : at_->height.value + 1);
            const chain::BlockNode* next = target->ancestor(height);
            const auto block = chain_->block_of(*next);
            if (!block || !*block) {
                trouble_ = "the wallet cannot read block " + std::to_string(height.value) +
                           (block ? "" : ": " + block.error().text);
                return false;
            }
            connect(*next, **block);
        }
        if (clock_.now() >= end) return at_ == target;
    }
    return true;
}

void Wallet::connect(const chain::BlockNode& node, const Block& block)
{
    ledger_.connect(block, node.hash, node.height, clock_.unix_time());
    at_ = &node;
    dirty_ = true;
}

void Wallet::disconnect()
{
    at_ = at_->parent;
    ledger_.disconnect(at_ == nullptr ? std::nullopt : std::optional(place_of(*at_)));
    dirty_ = true;
}

void Wallet::on_block_connected(const chain::BlockNode& node, const Block& block)
{
    if (at_ == node.parent) connect(node, block);
}

void Wallet::on_block_disconnected(const chain::BlockNode& node, const Block&)
{
    if (at_ == &node) disconnect();
    pool_changed_ = true;
}

void Wallet::on_added(const mempool::MempoolEntry& entry)
{
    if (ledger_.add_pending(*entry.tx, clock_.unix_time())) dirty_ = true;
}

// Whether it was mined or is gone shows when the block is through.
void Wallet::on_removed(const Transaction&, const TxId& txid)
{
    if (ledger_.find(txid) != nullptr) pool_changed_ = true;
}

void Wallet::on_pool_rebuilt() { pool_changed_ = true; }

void Wallet::settle_pool()
{
    for (const mempool::MempoolEntry* entry : pool_->pool().all())
        if (ledger_.find(entry->txid) == nullptr) on_added(*entry);
    std::vector<TxId> gone;
    for (const auto& [txid, entry] : ledger_.transactions())
        if (!entry.mined && !entry.spends_ours && !entry.tx.is_coinbase() &&
            pool_->pool().find(txid) == nullptr)
            gone.push_back(txid);
    for (const TxId& txid : gone) ledger_.drop_pending(txid);
    pool_changed_ = false;
}

void Wallet::tick()
{
    const TimePoint now = clock_.now();
    if (unlocked_ && now >= unlocked_->until) lock();
    if (!follow(kReadingAtATime)) return;
    if (pool_changed_) settle_pool();
    if (now >= offer_due_) {
        offer_due_ = now + kOfferEvery;
        for (const Transaction& tx : ledger_.own_pending())
            if (pool_->pool().find(txid_of(tx)) == nullptr) (void)pool_->submit(tx);
    }
    if (dirty_ && now >= save_due_) {
        save_due_ = now + kSaveEvery;
        (void)save();
    }
}

Result<void, WalletError> Wallet::save()
{
    WalletState state;
    state.ring = ring_id(keys_.ring());
    state.imported = keys_.used(Branch::imported);
    state.used = {keys_.used(Branch::receive), keys_.used(Branch::change)};
    state.tip = ledger_.tip();
    for (const auto& [txid, entry] : ledger_.transactions()) state.transactions.push_back(entry);
    const auto written = write_private_file(folder_ / kStateFileName, to_bytes(state));
    if (!written) {
        trouble_ = "cannot write the wallet: " + written.error().text;
        return broken(trouble_);
    }
    dirty_ = false;
    return {};
}

Result<Address, WalletError> Wallet::new_address()
{
    const auto place = keys_.hand_out(Branch::receive);
    if (!place) return broken("this wallet has no addresses left");
    ADIT_CHECKED(save());
    return keys_.address_at(*place);
}

void Wallet::unlock(Secrets secrets, TimePoint until)
{
    unlocked_.emplace(Unlocked{secrets.account(), std::move(secrets.imported), until});
}

std::optional<TimePoint> Wallet::unlocked_until() const
{
    return unlocked_ ? std::optional(unlocked_->until) : std::nullopt;
}

std::optional<crypto::SecretKey> Wallet::secret_at(const KeyPlace& place) const
{
    const crypto::SecretKey* found = nullptr;
    std::optional<crypto::HdKey> below;
    if (place.branch == Branch::imported) {
        found = &unlocked_->imported.at(place.index);
    } else {
        const std::array<u32, 2> path{static_cast<u32>(place.branch), place.index};
        below = unlocked_->account.descendant(path);
        if (!below) return std::nullopt;
        found = &below->key();
    }
    return crypto::SecretKey::from_bytes(found->bytes(), found->is_compressed());
}

Result<TxId, WalletError> Wallet::pay(const PaymentWish& wish)
{
    if (!unlocked_)
        return WalletError{Kind::locked,
                           "Please enter the wallet passphrase with "
                           "walletpassphrase first."};
    if (is_reading())
        return WalletError{Kind::still_reading, "the wallet is still reading the chain"};
    const Script change = script::pay_to(keys_.address_at(keys_.next(Branch::change)));
    auto payment = plan_payment(spec_, ledger_.coins(), wish, change, random_);
    if (!payment) {
        const bool poor = payment.error() == PaymentError::insufficient_funds ||
                          payment.error() == PaymentError::insufficient_for_fee;
        return WalletError{poor ? Kind::not_enough : Kind::refused,
                           std::string(to_string(payment.error()))};
    }
    if (!sign_payment(*payment, keys_, [this](const KeyPlace& place) { return secret_at(place); }))
        return broken("the wallet's key does not open one of its coins");

    // On disk before anybody hears of it, so that a restart knows which coins are gone.
    const TxId txid = txid_of(payment->tx);
    ledger_.add_pending(payment->tx, clock_.unix_time());
    if (const auto saved = save(); !saved) {
        ledger_.forget(txid);
        return saved.error();
    }
    if (const auto taken = pool_->submit(payment->tx); !taken) {
        ledger_.forget(txid);
        (void)save();
        return WalletError{Kind::refused, "the node refused the payment: " + taken.error().word};
    }
    return txid;
}

Result<void, WalletError> Wallet::abandon(const TxId& txid)
{
    const WalletTransaction* entry = ledger_.find(txid);
    if (entry == nullptr || entry->mined || pool_->pool().find(txid) != nullptr)
        return WalletError{Kind::refused, "Transaction not eligible for abandonment"};
    ledger_.abandon(txid);
    return save();
}

}  // namespace adit::node::wallet
