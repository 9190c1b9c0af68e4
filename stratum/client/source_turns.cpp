#include "stratum/client/source_turns.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"

namespace adit::stratum::client {
namespace {

using Phase = SourceState::Phase;

constexpr Duration kProvedAfter = std::chrono::seconds(60);

/// Work as it goes out: its epoch counts over all sources.
struct TurnOrigin final : WorkOrigin {
    u64 turn = 0;
    std::size_t source = 0;
    WorkPtr inner;
};

}  // namespace

SourceTurns::SourceTurns(TurnOptions options, u64 seed)
    : options_(std::move(options)),
      random_(seed),
      failover_(options_.names.size(), options_.failover, random_),
      tallies_(options_.names.size()),
      hopeless_(options_.names.size())
{}

std::optional<TurnOutput> SourceTurns::next_output()
{
    if (outputs_.empty()) return std::nullopt;
    TurnOutput output = std::move(outputs_.front());
    outputs_.pop_front();
    return output;
}

// ── turns ───────────────────────────────────────────────────────────────────────────────────────

SourceTurns::Turn* SourceTurns::turn_of(u64 number)
{
    if (number == 0) return nullptr;
    if (main_.number == number) return &main_;
    return probe_.number == number ? &probe_ : nullptr;
}

void SourceTurns::begin(Turn& turn, std::size_t source, TimePoint now)
{
    turn = Turn{};
    turn.number = next_turn_++;
    turn.source = source;
    turn.since = now;
    ++tallies_[source].turns;
    outputs_.push_back(BeginTurn{turn.number, source});
}

bool SourceTurns::has_open(u64 number) const
{
    return std::any_of(open_.begin(), open_.end(),
                       [&](const Open& open) { return open.turn == number; });
}

bool SourceTurns::is_leaving(u64 number) const
{
    return std::any_of(leaving_.begin(), leaving_.end(),
                       [&](const Leaving& leaving) { return leaving.number == number; });
}

/// It is no longer asked for work, but stays while its shares may still be answered.
void SourceTurns::retire(Turn& turn, TimePoint now)
{
    const u64 number = std::exchange(turn, Turn{}).number;
    if (!has_open(number)) return end(number);
    const bool blocks = std::any_of(open_.begin(), open_.end(), [&](const Open& open) {
        return open.turn == number && !open.share.work->pays_shares;
    });
    leaving_.push_back({number, now + (blocks ? options_.block_linger : options_.pool_linger)});
}

void SourceTurns::end(u64 number)
{
    std::erase_if(leaving_, [&](const Leaving& leaving) { return leaving.number == number; });
    for (auto at = open_.begin(); at != open_.end();) {
        if (at->turn != number) {
            ++at;
            continue;
        }
        Open open = std::move(*at);
        at = open_.erase(at);
        rule(open.source, {std::move(open.share),
                           ShareOutcome::dropped,
                           options_.names[open.source] + " was left before it answered",
                           {}});
    }
    outputs_.push_back(EndTurn{number});
}

void SourceTurns::failed(const std::string& why, Phase how, TimePoint now)
{
    const std::size_t source = main_.source;
    last_trouble_ = why;
    hopeless_[source] = how == Phase::hopeless;
    if (work_turn_ == main_.number && !work_dead_at_)
        work_dead_at_ = now + options_.dead_work_grace;
    retire(main_, now);
    failover_.failed(source, now);
    ++turns_in_vain_;
    if (probe_.number != 0 && failover_.next() == probe_.source) main_ = std::exchange(probe_, {});
    if (main_.number != 0) return;
    const bool all_hopeless =
        std::find(hopeless_.begin(), hopeless_.end(), false) == hopeless_.end();
    over_ = (all_hopeless && !ever_worked_) ||
            (options_.turns_max > 0 && turns_in_vain_ >= options_.turns_max);
    if (!over_) return say(Phase::waiting, last_trouble_, failover_.dial_at());
    if (std::exchange(work_turn_, 0) != 0) outputs_.push_back(WorkIs{nullptr});
    work_dead_at_.reset();
    say(all_hopeless ? Phase::hopeless : Phase::gave_up, last_trouble_);
}

void SourceTurns::prove()
{
    main_.proved = true;
    failover_.proved();
}

// ── time ────────────────────────────────────────────────────────────────────────────────────────

void SourceTurns::on_tick(TimePoint now)
{
    for (const Leaving& leaving : std::vector(leaving_))
        if (leaving.until <= now) end(leaving.number);
    if (work_dead_at_ && *work_dead_at_ <= now) {
        work_dead_at_.reset();
        work_turn_ = 0;
        outputs_.push_back(WorkIs{nullptr});
    }
    if (over_) return;
    if (main_.works && !main_.proved && now - main_.since >= kProvedAfter) prove();
    if (main_.number != 0 && !main_.works && now - main_.since >= options_.patience)
        failed(options_.names[main_.source] + ": no work in a long time", Phase::waiting, now);
    if (probe_.number != 0 && now - probe_.since >= options_.patience) {
        retire(probe_, now);
        failover_.looked_home(now);
    }
    if (over_) return;
    if (main_.number == 0 && failover_.dial_at() <= now) {
        begin(main_, failover_.next(), now);
        say(Phase::connecting, last_trouble_);
    }
    const auto look_at = failover_.look_home_at();
    if (main_.works && main_.source != 0 && probe_.number == 0 && look_at && *look_at <= now)
        begin(probe_, 0, now);
}

TimePoint SourceTurns::wake_at() const
{
    TimePoint wake = TimePoint::max();
    const auto earlier = [&](TimePoint at) { wake = std::min(wake, at); };
    for (const Leaving& leaving : leaving_) earlier(leaving.until);
    if (work_dead_at_) earlier(*work_dead_at_);
    if (over_) return wake;
    if (main_.number == 0) earlier(failover_.dial_at());
    if (main_.number != 0 && !main_.works) earlier(main_.since + options_.patience);
    if (main_.works && !main_.proved) earlier(main_.since + kProvedAfter);
    if (probe_.number != 0) earlier(probe_.since + options_.patience);
    if (main_.works && main_.source != 0 && probe_.number == 0 && failover_.look_home_at())
        earlier(*failover_.look_home_at());
    return wake;
}

// ── what sources say ────────────────────────────────────────────────────────────────────────────

void SourceTurns::on_work(u64 number, const WorkPtr& work, TimePoint now)
{
    Turn* turn = turn_of(number);
    if (turn == nullptr) return;
    if (!work) {
        if (std::exchange(turn->works, false)) turn->since = now;
        if (work_turn_ != number) return;
        work_turn_ = 0;
        work_dead_at_.reset();
        return outputs_.push_back(WorkIs{nullptr});
    }
    if (turn == &probe_) {
        note(false, probe_.source, "is back");
        if (main_.number != 0) retire(main_, now);
        main_ = std::exchange(probe_, {});
        turn = &main_;
    }
    if (!std::exchange(turn->works, true)) {
        turn->since = now;
        turn->proved = false;
        failover_.works(turn->source, now);
        hopeless_[turn->source] = false;
        turns_in_vain_ = 0;
        last_trouble_.clear();
        if (turn->source != used_) note(false, turn->source, "gives work now");
        used_ = turn->source;
        ever_worked_ = true;
        rate_.start(now);
        say(Phase::working, "");
    }
    publish(*turn, work);
}

void SourceTurns::publish(Turn& turn, const WorkPtr& work)
{
    if (work_turn_ != turn.number || turn.epoch != work->epoch) ++epoch_;
    turn.epoch = work->epoch;
    work_turn_ = turn.number;
    work_dead_at_.reset();
    auto origin = std::make_shared<TurnOrigin>();
    origin->turn = turn.number;
    origin->source = turn.source;
    origin->inner = work;
    auto outer = std::make_shared<Work>(*work);
    outer->epoch = epoch_;
    outer->origin = std::move(origin);
    outputs_.push_back(WorkIs{std::move(outer)});
}

void SourceTurns::on_state(u64 number, const SourceState& state, TimePoint now)
{
    Turn* turn = turn_of(number);
    if (turn == nullptr) return;
    const bool over = state.phase == Phase::hopeless || state.phase == Phase::gave_up;
    if (turn == &probe_) {
        if (!over && state.phase != Phase::waiting) return;
        retire(probe_, now);
        return failover_.looked_home(now);
    }
    if (over) return failed(state.text, state.phase, now);
    // Of a turn that has no work yet, the work itself says that there is some.
    if (state.phase == Phase::working && !turn->works) return;
    outputs_.push_back(StateIs{state});
}

// ── shares ──────────────────────────────────────────────────────────────────────────────────────

void SourceTurns::submit(Share share)
{
    const auto* origin = dynamic_cast<const TurnOrigin*>(share.work->origin.get());
    ADIT_CHECK(origin != nullptr);
    const u64 number = origin->turn;
    if (turn_of(number) == nullptr && !is_leaving(number))
        return rule(origin->source, {std::move(share),
                                     ShareOutcome::dropped,
                                     options_.names[origin->source] + " was left",
                                     {}});
    Share inner = share;
    inner.work = origin->inner;
    open_.push_back({number, origin->source, std::move(share)});
    outputs_.push_back(PassShare{number, std::move(inner)});
}

void SourceTurns::on_verdict(u64 number, const ShareVerdict& verdict, TimePoint now)
{
    const auto found = std::find_if(open_.begin(), open_.end(), [&](const Open& open) {
        return open.turn == number && open.share.nonce == verdict.share.nonce &&
               open.share.hash == verdict.share.hash;
    });
    if (found == open_.end()) return;
    Open open = std::move(*found);
    open_.erase(found);
    const bool accepted = verdict.outcome == ShareOutcome::accepted;
    if (accepted && main_.number == number) prove();
    if (accepted && open.share.work->pays_shares)
        rate_.accepted(open.share.work->share_target, now);
    rule(open.source, {std::move(open.share), verdict.outcome, verdict.reason, verdict.latency});
    if (is_leaving(number) && !has_open(number)) end(number);
}

void SourceTurns::rule(std::size_t source, ShareVerdict verdict)
{
    ++tallies_[source].outcomes[static_cast<std::size_t>(verdict.outcome)];
    outputs_.push_back(std::move(verdict));
}

void SourceTurns::say(Phase phase, std::string text, TimePoint next_try)
{
    outputs_.push_back(StateIs{SourceState{phase, std::move(text), next_try}});
}

void SourceTurns::note(bool warning, std::size_t source, const std::string& text)
{
    outputs_.push_back(Note{warning, options_.names[source] + ": " + text});
}

}  // namespace adit::stratum::client
