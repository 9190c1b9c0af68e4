#include "node/rpc/template_feed.hpp"

#include "kernels/base/hex.hpp"

namespace adit::node::rpc {
namespace {

constexpr std::size_t kFreshBytes = 8;

}  // namespace

TemplateFeed::TemplateFeed(chain::Chainstate& chain, const Clock& clock,
                           std::optional<Script> miner_script, crypto::RandomBytes random)
    : chain_(chain),
      clock_(clock),
      miner_script_(std::move(miner_script)),
      random_(std::move(random))
{
    chain_.add_listener(*this);
}

TemplateFeed::~TemplateFeed() { chain_.remove_listener(*this); }

mempool::BlockTemplate TemplateFeed::draft(const Script& miner_script, Bytes extra) const
{
    mempool::TemplateRequest request;
    request.miner_script = miner_script;
    request.extra = std::move(extra);
    request.now = clock_.unix_time();
    return make_template(chain_.spec(), *chain_.tip().block, request);
}

TemplateFeed::Offer TemplateFeed::make()
{
    Bytes extra(kFreshBytes);
    random_(extra);
    Offer offer{draft(miner_script_.value_or(Script{}), std::move(extra)), {}};
    refresh(offer.block);
    offer.id = current_id();
    last_bytes_ = to_bytes(offer.block.block()).size();
    last_transactions_ = offer.block.transactions.size();
    return offer;
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
