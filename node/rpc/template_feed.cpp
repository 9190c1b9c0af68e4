#include "node/rpc/template_feed.hpp"

#include "kernels/base/hex.hpp"

namespace adit::node::rpc {
namespace {

constexpr std::size_t kFreshBytes = 8;

}  // namespace

TemplateFeed::TemplateFeed(chain::Chainstate& chain, const Clock& clock,
                           std::optional<Script> miner_script, crypto::RandomBytes random,
                           mempool::ChainPool* pool)
    : chain_(chain),
      clock_(clock),
      miner_script_(std::move(miner_script)),
      random_(std::move(random)),
      pool_(pool)
{
    chain_.add_listener(*this);
}

TemplateFeed::~TemplateFeed() { chain_.remove_listener(*this); }

mempool::BlockTemplate TemplateFeed::draft(
    const Script& miner_script, Bytes extra,
    std::vector<mempool::TemplateTransaction> transactions) const
{
    mempool::TemplateRequest request;
    request.transactions = std::move(transactions);
    request.miner_script = miner_script;
    request.extra = std::move(extra);
    request.now = clock_.unix_time();
    return make_template(chain_.spec(), *chain_.tip().block, std::move(request));
}

TemplateFeed::Offer TemplateFeed::make()
{
    Bytes extra(kFreshBytes);
    random_(extra);
    auto chosen = pool_ != nullptr ? pool_->best() : std::vector<mempool::TemplateTransaction>{};
    Offer offer{draft(miner_script_.value_or(Script{}), std::move(extra), std::move(chosen)), {}};
    const mempool::BlockTemplate& block = offer.block;
    refresh(block);
    offer.id = current_id();
    if (fees_.revision != revision_) {
        fees_ = {revision_, block.fees, 0, clock_.now(), block.fees, 0, clock_.now()};
        fees_.matter = share_of(block.rewards.miner + block.fees, kFeesMatterBp);
        if (pool_ != nullptr) fees_.seen_changes = pool_->pool().changes();
    }
    last_bytes_ = to_bytes(Block{block.header, {block.coinbase}}).size();
    if (block.transactions.size() + 1 >= 0xfd) last_bytes_ += 2;  // the count's own bytes
    for (const mempool::TemplateTransaction& tx : block.transactions) last_bytes_ += tx.bytes;
    last_transactions_ = block.transactions.size();
    return offer;
}

void TemplateFeed::look_at_fees()
{
    const TimePoint now = clock_.now();
    if (pool_ == nullptr || fees_.revision != revision_) return;
    if (fees_.seen_changes != pool_->pool().changes() && now - fees_.seen_at >= kFeesLook) {
        fees_.seen = 0;
        for (const auto& chosen : pool_->best()) fees_.seen += chosen.fee;
        fees_.seen_changes = pool_->pool().changes();
        fees_.seen_at = now;
    }
    const Amount rise = fees_.seen - fees_.named;
    if (rise > 0 && (rise >= fees_.matter || now - fees_.named_at >= kAnyFeesMatterAfter))
        ++revision_;
}

void TemplateFeed::refresh(const mempool::BlockTemplate& now)
{
    if (now.parent == parent_ && now.header.bits == bits_) return;
    parent_ = now.parent;
    bits_ = now.header.bits;
    ++revision_;
}

std::string TemplateFeed::current_id() const
{
    return to_hex_reversed(parent_->hash.bytes) + std::to_string(revision_);
}

void TemplateFeed::wait(std::string id, std::stop_token gone, std::function<void()> ready)
{
    refresh(draft({}, {}));
    if (closed_ || id != current_id() || waiting_.size() >= kWaitingMax || gone.stop_requested())
        return ready();
    waiting_.push_back({std::move(id), std::move(gone), std::move(ready)});
}

void TemplateFeed::tick()
{
    if (waiting_.empty()) return;
    refresh(draft({}, {}));
    look_at_fees();
    const std::string id = current_id();
    std::list<Waiting> done;
    for (auto at = waiting_.begin(); at != waiting_.end();) {
        const auto next = std::next(at);
        if (closed_ || at->id != id || at->gone.stop_requested())
            done.splice(done.end(), waiting_, at);
        at = next;
    }
    for (Waiting& waiting : done) waiting.ready();
}

void TemplateFeed::close()
{
    closed_ = true;
    tick();
}

u32 TemplateFeed::next_bits() const { return draft({}, {}).header.bits; }

}  // namespace adit::node::rpc
