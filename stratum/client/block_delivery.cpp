#include "stratum/client/block_delivery.hpp"

#include <algorithm>

#include "kernels/base/hex.hpp"
#include "stratum/proto/template_job.hpp"

namespace adit::stratum::client {
namespace {

using namespace std::chrono_literals;

constexpr int kOpenAnswersMax = 6;
constexpr Duration kAskAgain = 500ms;
constexpr Duration kRetryMax = 5s;

constexpr int kNotConnected = -9;
constexpr int kInitialDownload = -10;
constexpr int kWarmingUp = -28;
constexpr int kNotFound = -5;

const Hash256& parent_of(const Share& share) { return template_of(*share.work).prev; }

std::string quoted(const std::string& text) { return "[\"" + text + "\"]"; }

}  // namespace

void BlockDelivery::submit(Share share, TimePoint now)
{
    if (waiting_.size() >= kWaitingMax) {
        // The front one may be at the node at this moment.
        ShareVerdict verdict{std::move(waiting_[1].share),
                             ShareOutcome::dropped,
                             "too many blocks waited for the node",
                             {}};
        waiting_.erase(waiting_.begin() + 1);
        verdicts_.push_back(std::move(verdict));
    }
    waiting_.push_back({std::move(share), false, 0, std::nullopt});
    if (waiting_.size() == 1) not_before_ = now;
}

void BlockDelivery::on_tip(u32 height) { offered_height_ = std::max(offered_height_, height); }

void BlockDelivery::rule(ShareOutcome outcome, std::string reason, TimePoint now)
{
    Waiting& front = waiting_.front();
    if (outcome == ShareOutcome::accepted) taken_on_ = parent_of(front.share);
    const Duration latency = front.first_sent ? now - *front.first_sent : Duration{};
    verdicts_.push_back({std::move(front.share), outcome, std::move(reason), latency});
    waiting_.pop_front();
    tries_ = 0;
    not_before_ = now;
}

std::optional<RpcCall> BlockDelivery::next_call(TimePoint now)
{
    while (!waiting_.empty()) {
        Waiting& front = waiting_.front();
        if (front.ask) break;
        if (taken_on_ && *taken_on_ == parent_of(front.share))
            rule(ShareOutcome::stale, "a block of ours came first", now);
        else if (moved_on(front.share))
            rule(ShareOutcome::stale, "the chain moved on", now);
        else if (now - front.share.found > kKeptMax)
            rule(ShareOutcome::dropped, "the node was away for too long", now);
        else
            break;
    }
    if (waiting_.empty() || now < not_before_) return std::nullopt;
    Waiting& front = waiting_.front();
    if (front.ask)
        return RpcCall{"getblockheader", quoted(to_hex_reversed(front.share.hash.bytes)), 30s};
    if (!front.first_sent) front.first_sent = now;
    return RpcCall{"submitblock", quoted(to_hex(assemble_block(front.share))), 60s};
}

void BlockDelivery::on_reply(const RpcReply& reply, TimePoint now)
{
    const auto answer = read_rpc_reply(reply);
    if (waiting_.front().ask)
        on_ask_answer(answer, now);
    else
        on_submit_answer(answer, now);
}

TimePoint BlockDelivery::wake_at() const
{
    return waiting_.empty() ? TimePoint::max() : not_before_;
}

void BlockDelivery::try_later(const RpcError& error, TimePoint now)
{
    Waiting& front = waiting_.front();
    // It may have arrived although the answer did not.
    if (error.word == RpcError::Word::no_answer || error.word == RpcError::Word::timed_out)
        front.ask = true;
    if (now - front.share.found > kKeptMax)
        return rule(ShareOutcome::dropped, "no clear answer from the node: " + error.text, now);
    not_before_ = now + std::min<Duration>(kRetryMax, 100ms * (1 << std::min(tries_++, 6)));
}

void BlockDelivery::on_submit_answer(const Result<json::value, RpcError>& answer, TimePoint now)
{
    using Word = RpcError::Word;
    if (answer) {
        if (answer->is_null()) return rule(ShareOutcome::accepted, "", now);
        const auto* word = answer->if_string();
        return read_word(word ? std::string(word->data(), word->size()) : json::to_text(*answer),
                         now);
    }
    const RpcError& error = answer.error();
    const bool passing =
        error.code == kNotConnected || error.code == kInitialDownload || error.code == kWarmingUp;
    if (error.word == Word::node && !passing) return rule(ShareOutcome::rejected, error.text, now);
    try_later(error, now);
}

/// submitblock's words (BIP 22 "Rejection messages", and the chain's own reject reasons).
void BlockDelivery::read_word(const std::string& word, TimePoint now)
{
    if (word == "duplicate" || word == "inconclusive" || word == "duplicate-inconclusive") {
        waiting_.front().ask = true;
        not_before_ = now;
    } else if (word == "high-hash") {
        rule(ShareOutcome::low_difficulty, word, now);
    } else if (word == "duplicate-invalid") {
        rule(ShareOutcome::duplicate, word, now);
    } else if (word == "inconclusive-not-best-prevblk" || word == "stale-prevblk" ||
               word == "prev-blk-not-found") {
        rule(ShareOutcome::stale, word, now);
    } else {
        rule(ShareOutcome::rejected, word, now);
    }
}

/// A node may still be busy connecting the block: ask a few times before believing the worst.
void BlockDelivery::leave_open(TimePoint now)
{
    if (++waiting_.front().asked >= kOpenAnswersMax)
        return rule(ShareOutcome::stale, "the node has the block, but another in its place", now);
    not_before_ = now + kAskAgain;
}

void BlockDelivery::on_ask_answer(const Result<json::value, RpcError>& answer, TimePoint now)
{
    Waiting& front = waiting_.front();
    if (answer) {
        const json::object* header = answer->if_object();
        const auto depth = header ? json::integer_of(*header, "confirmations") : std::nullopt;
        if (depth && *depth >= 0) return rule(ShareOutcome::accepted, "", now);
        return leave_open(now);
    }
    const RpcError& error = answer.error();
    if (error.word != RpcError::Word::node || error.code != kNotFound) {
        if (error.word == RpcError::Word::no_method) return leave_open(now);
        return try_later(error, now);
    }
    if (++front.asked >= kOpenAnswersMax)
        return rule(ShareOutcome::dropped, "the node does not keep the block", now);
    front.ask = false;  // it never arrived: next_call sends it again, or finds it overtaken
    not_before_ = now + (front.asked > 1 ? kAskAgain : Duration{});
}

}  // namespace adit::stratum::client
