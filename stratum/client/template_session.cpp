#include "stratum/client/template_session.hpp"

#include <algorithm>

#include "kernels/base/hex.hpp"

namespace adit::stratum::client {
namespace {

using namespace std::chrono_literals;
using Phase = SourceState::Phase;
using Word = RpcError::Word;

/// Not even a broken long poll, which answers at once, is asked more often than this.
constexpr Duration kLongPollPause = 100ms;

constexpr int kNotConnected = -9;
constexpr int kInitialDownload = -10;
constexpr int kWarmingUp = -28;

/// The node is there and says that it is not ready.
bool asks_to_wait(const RpcError& error)
{
    return error.word == Word::busy ||
           (error.word == Word::node &&
            (error.code == kNotConnected || error.code == kInitialDownload ||
             error.code == kWarmingUp));
}

std::string text_of(const json::value& v)
{
    const auto* text = v.if_string();
    return text ? std::string(text->data(), text->size()) : "";
}

}  // namespace

TemplateSession::TemplateSession(TemplateSettings settings) : settings_(std::move(settings))
{
    // With (n, k) named, work begins at once; the chain is asked whether it agrees meanwhile.
    if (settings_.algorithm.params) algorithm_ = choose_algorithm(settings_.algorithm, {});
}

std::optional<TemplateEvent> TemplateSession::next_event()
{
    for (ShareVerdict& verdict : delivery_.take_verdicts()) events_.push_back(std::move(verdict));
    if (events_.empty()) return std::nullopt;
    TemplateEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

void TemplateSession::say(Phase phase, std::string text, TimePoint next_try)
{
    if (said_ == phase && said_text_ == text) return;
    said_ = phase;
    said_text_ = text;
    events_.push_back(SourceState{phase, std::move(text), next_try});
}

void TemplateSession::end(Phase phase, std::string text)
{
    if (over_) return;
    over_ = true;
    events_.push_back(WorkPtr{});
    say(phase, std::move(text));
}

std::string TemplateSession::template_params(std::string_view long_poll_id) const
{
    std::string params = R"([{"capabilities":["coinbasetxn","longpoll","workid"])";
    if (!long_poll_id.empty())
        params +=
            ",\"longpollid\":" + json::to_text(json::value(boost::json::string(long_poll_id)));
    return params + (with_roots_ ? "},true]" : "}]");
}

bool TemplateSession::take(const json::value& result, TimePoint asked_at, TimePoint now)
{
    auto read = read_template(result);
    if (!read) {
        say(Phase::waiting, settings_.name + ": " + read.error().text);
        rest(now);
        return true;
    }
    const auto offered = *read;
    if (offered->lacks_roots && !std::exchange(with_roots_, true)) return false;
    if (offered->lacks_roots) {
        say(Phase::waiting, settings_.name +
                                ": the node's template lacks merkleTree and "
                                "scTxsCommitment");
        return true;
    }
    // An answer that was under way while fresher news came may tell of an old tip.
    const bool overtaken = newest_ && asked_at < newest_at_ && offered->prev != newest_->prev;
    if (overtaken && offered->height <= newest_->height) return true;
    away_since_.reset();
    const bool same = newest_ && published_ && offered->header == newest_->header &&
                      offered->target == newest_->target;
    if (!newest_ || offered->prev != newest_->prev) ++epoch_;
    newest_ = offered;
    newest_at_ = now;
    delivery_.on_tip(offered->height);
    if (!same)
        publish(now);
    else
        say(Phase::working, "");  // it was away, and nothing has changed meanwhile
    return true;
}

void TemplateSession::publish(TimePoint now)
{
    published_ = newest_ != nullptr && algorithm_.has_value();
    if (!published_) return;
    ever_worked_ = true;
    say(Phase::working, "");
    events_.push_back(
        work_of(newest_, algorithm_->params, algorithm_->personalization, epoch_, now));
}

void TemplateSession::rest(TimePoint now)
{
    if (!away_since_) away_since_ = now;
    if (!published_ || now - *away_since_ < settings_.limits.dead_work_max) return;
    published_ = false;
    events_.push_back(WorkPtr{});
}

std::string TemplateSession::advice(const RpcError& error) const
{
    const std::string& name = settings_.name;
    switch (error.word) {
        case Word::no_answer:
        case Word::timed_out:
            return "no node answers at " + name + " (" + error.text +
                   "): start it, or correct the address";
        case Word::unauthorized:
            return name +
                   " refuses user and password: correct them (http://user:password@host:port"
                   ", or --cookie FILE of the node)";
        case Word::forbidden:
            return name + " refuses this machine's address: allow it at the node (rpcallowip)";
        case Word::no_method:
            return name + " does not offer getblocktemplate (" + error.text +
                   "): it is no node to mine at, or mining is switched off there";
        case Word::not_a_node:
            return "what answers at " + name + " is no node (" + error.text +
                   "): correct host and port";
        case Word::busy:
        case Word::node: break;
    }
    std::string text = name + ": " + error.text;
    if (error.code == kNotConnected) text += " (the node needs a peer before it gives templates)";
    return text;
}

bool TemplateSession::hopeless(const RpcError& error, u32 failures) const
{
    if (ever_worked_) return false;
    if (error.word == Word::unauthorized) return settings_.fixed_password && failures >= 2;
    return error.word == Word::forbidden || error.word == Word::no_method ||
           error.word == Word::not_a_node;
}

// --- the line that waits for news

std::optional<RpcCall> TemplateSession::Watch::next_call(TimePoint now)
{
    TemplateSession& s = session_;
    if (s.over_ || now < at_) return std::nullopt;
    asked_at_ = now;
    if (s.newest_ == nullptr || s.away_since_ || std::exchange(template_wanted_, false)) {
        asked_ = Asked::template_now;
        return RpcCall{"getblocktemplate", s.template_params(""), s.settings_.limits.call_max};
    }
    long_poll_sent_ = s.newest_->long_poll_id;
    if (long_poll_sent_.empty()) {
        asked_ = Asked::best_block;
        return RpcCall{"getbestblockhash", "[]", s.settings_.limits.call_max};
    }
    asked_ = Asked::template_when_new;
    return RpcCall{"getblocktemplate", s.template_params(long_poll_sent_),
                   s.settings_.limits.long_poll_max};
}

void TemplateSession::Watch::on_reply(const RpcReply& reply, TimePoint now)
{
    if (session_.over_) return;  // it was under way when the session ended
    auto answer = read_rpc_reply(reply);
    if (answer) return on_answer(*answer, now);
    const bool no_news =
        asked_ == Asked::template_when_new && answer.error().word == Word::timed_out;
    if (no_news)
        at_ = now;
    else
        on_failure(answer.error(), now);
}

void TemplateSession::Watch::on_answer(const json::value& result, TimePoint now)
{
    TemplateSession& s = session_;
    failures_ = 0;
    at_ = now;
    if (asked_ == Asked::best_block) {
        const std::string best = text_of(result);
        const bool known = to_hex_reversed(s.newest_->prev.bytes) == best;
        if (known) at_ = now + s.settings_.limits.poll_every;
        template_wanted_ = !known;
        return;
    }
    const u64 epoch = s.epoch_;
    if (!s.take(result, asked_at_, now)) return;
    if (s.newest_ == nullptr || s.away_since_) {  // an answer, but nothing to work on
        at_ = now + s.settings_.limits.retry_max;
        return;
    }
    const bool nothing_new =
        asked_ == Asked::template_when_new && s.newest_->long_poll_id == long_poll_sent_;
    const bool answered_early = asked_ == Asked::template_when_new && s.epoch_ == epoch;
    const bool no_long_poll = !answered_early && s.newest_->long_poll_id.empty();
    if (nothing_new || no_long_poll)
        at_ = now + s.settings_.limits.poll_every;
    else if (answered_early)
        at_ = std::max(now, asked_at_ + kLongPollPause);
}

void TemplateSession::Watch::on_failure(const RpcError& error, TimePoint now)
{
    TemplateSession& s = session_;
    s.rest(now);
    if (!asks_to_wait(error)) ++failures_;
    std::string text = s.advice(error);
    if (s.hopeless(error, failures_)) return s.end(Phase::hopeless, std::move(text));
    const TemplateLimits& limits = s.settings_.limits;
    const u32 tries = s.ever_worked_ ? limits.later_tries : limits.first_tries;
    if (tries != 0 && failures_ >= tries) return s.end(Phase::gave_up, std::move(text));
    Duration wait = limits.retry_first;
    for (u32 i = 1; i < failures_ && wait < limits.retry_max; ++i) wait *= 2;
    at_ = now + std::min(wait, limits.retry_max);
    s.say(Phase::waiting, std::move(text), at_);
}

// --- the line that asks which algorithm this is, and for fresh times

std::optional<RpcCall> TemplateSession::Ask::next_call(TimePoint now)
{
    TemplateSession& s = session_;
    if (s.over_ || now < at_) return std::nullopt;
    const Duration call_max = s.settings_.limits.call_max;
    asked_at_ = now;
    switch (step_) {
        case Step::best_hash: return RpcCall{"getbestblockhash", "[]", call_max};
        case Step::header: return RpcCall{"getblockheader", "[\"" + best_ + "\",false]", call_max};
        case Step::whole_block: return RpcCall{"getblock", "[\"" + best_ + "\",0]", call_max};
        case Step::refresh: break;
    }
    if (s.newest_ == nullptr || now < s.newest_at_ + s.settings_.limits.refresh_every) {
        at_ = std::max(now, s.newest_at_) + (s.newest_ ? s.settings_.limits.poll_every : 1s);
        return std::nullopt;
    }
    return RpcCall{"getblocktemplate", s.template_params(""), call_max};
}

void TemplateSession::Ask::on_reply(const RpcReply& reply, TimePoint now)
{
    TemplateSession& s = session_;
    if (s.over_) return;
    const auto answer = read_rpc_reply(reply);
    at_ = now;
    if (step_ == Step::refresh) {
        if (answer) s.take(*answer, asked_at_, now);
        at_ = now + s.settings_.limits.poll_every;  // a failure is the watching line's to tell
        return;
    }
    if (!answer) {
        const bool unknown_call =
            answer.error().word == Word::node || answer.error().word == Word::no_method;
        if (unknown_call && step_ == Step::header)
            step_ = Step::whole_block;
        else if (unknown_call && !asks_to_wait(answer.error()))
            on_probe({});
        else
            at_ = now + s.settings_.limits.poll_every;
        return;
    }
    if (step_ == Step::best_hash) {
        best_ = text_of(*answer);
        step_ = hash_from_hex(best_) ? Step::header : Step::refresh;
        if (step_ == Step::refresh) on_probe({});
        return;
    }
    on_probe(*answer);
    if (!s.over_ && !s.published_ && s.newest_ != nullptr) s.publish(now);
}

/// The newest block's bytes, or nothing when the node does not give them.
void TemplateSession::Ask::on_probe(const json::value& hex)
{
    TemplateSession& s = session_;
    step_ = Step::refresh;
    const auto bytes = from_hex(text_of(hex));
    const AlgorithmProbe probe =
        bytes ? probe_algorithm(*bytes, s.settings_.algorithm.personalization) : AlgorithmProbe{};
    if (auto text = disagreement(s.settings_.algorithm, probe))
        return s.end(Phase::hopeless, s.settings_.name + ": " + *text);
    if (probe.word == AlgorithmProbe::Word::found && s.algorithm_ != probe.algorithm) {
        s.algorithm_ = probe.algorithm;
        s.published_ = false;
        ++s.epoch_;
    }
    if (s.algorithm_) return;
    s.end(Phase::hopeless,
          s.settings_.name +
              ": its newest block does not tell which Equihash it uses: say --algo "
              "N,K (and --pers) or --coin");
}

}  // namespace adit::stratum::client
