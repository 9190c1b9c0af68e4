#include "miner/app/mining_run.hpp"

#include <fmt/format.h>

#include <utility>

#include "kernels/base/hex.hpp"
#include "kernels/base/random.hpp"
#include "kernels/equihash/verifier.hpp"
#include "miner/app/exit_code.hpp"

namespace adit::miner::app {
namespace {

using namespace std::chrono_literals;
using stats::DeviceState;
using stratum::ShareOutcome;
using Phase = stratum::SourceState::Phase;

constexpr std::chrono::milliseconds kLook{100};
constexpr Duration kShareLineEvery = 2s;
constexpr Duration kLastAnswers = 3s;  ///< how long the end waits for blocks under way

/// Blocks on one parent that may wait for a verdict: one that counts, and a few should it be
/// refused. On easy chains a device finds thousands before the next template is there.
constexpr u32 kCandidatesMax = 4;

std::string next_try_text(Duration until)
{
    if (until <= Duration::zero()) return "";
    return fmt::format("; next try in {:.1f} s", std::chrono::duration<double>(until).count());
}

bool verify(const equihash::Params& params, const equihash::Personalization& personalization,
            const equihash::PowInput& input, const equihash::MinimalSolution& solution)
{
    return equihash::verify(params, personalization, input.view(), solution.bytes).has_value();
}

}  // namespace

MiningRun::MiningRun(stratum::WorkSource& source, std::vector<farm::WorkerSpec> workers,
                     Console& console, const Clock& clock, RunSettings settings)
    : source_(source),
      console_(console),
      clock_(clock),
      settings_(std::move(settings)),
      started_(clock.now()),
      farm_(std::move(workers), verify, entropy_seed(), clock, *this)
{}

int MiningRun::run(const Interrupts& interrupts)
{
    farm_.start();
    source_.start(*this);
    const int code = wait_for_end(interrupts);
    farm_.stop();
    source_.stop(kLastAnswers);
    say_goodbye();
    return code;
}

int MiningRun::wait_for_end(const Interrupts& interrupts)
{
    TimePoint next_rates = clock_.now() + settings_.rate_every;
    TimePoint next_second = clock_.now();
    for (;;) {
        if (const int signal = interrupts.wait(kLook))
            return signal == SIGINT ? ExitCode::kInterrupted : ExitCode::kDone;
        {
            const std::lock_guard lock(mutex_);
            if (enough_) return ExitCode::kDone;
            if (source_state_.phase == Phase::hopeless) return ExitCode::kUsage;
            if (source_state_.phase == Phase::gave_up) return ExitCode::kNothingThere;
            if (!farm_.alive()) return ever_mined_ ? ExitCode::kFailed : ExitCode::kNothingThere;
        }
        if (const auto code = settings_.also_ends()) return *code;
        if (console_.closed()) return ExitCode::kFailed;
        const TimePoint now = clock_.now();
        if (now >= next_second) {
            settings_.on_rate(snapshot().rates.w60s.sol_s);
            next_second = now + 1s;
        }
        if (now >= next_rates) {
            console_.rates(snapshot());
            const std::string line = settings_.source_line ? settings_.source_line() : "";
            if (!line.empty()) console_.say("  " + line);
            next_rates = now + settings_.rate_every;
        }
    }
}

std::optional<int> MiningRun::looks_over() const
{
    if (console_.closed()) return ExitCode::kFailed;
    const bool alive = farm_.alive();
    const std::lock_guard lock(mutex_);
    if (enough_) return ExitCode::kDone;
    if (source_state_.phase == Phase::hopeless) return ExitCode::kUsage;
    if (source_state_.phase == Phase::gave_up) return ExitCode::kNothingThere;
    if (!alive) return ever_mined_ ? ExitCode::kFailed : ExitCode::kNothingThere;
    return std::nullopt;
}

std::string MiningRun::why_it_ended() const
{
    const stats::Snapshot s = snapshot();
    if (!s.source_state.text.empty()) return s.source_state.text;
    for (const stats::DeviceSnapshot& device : s.devices)
        if (device.state == DeviceState::retired)
            return "no device is left; " + device.id + ": " + device.reason;
    return "nobody reads standard output any more";
}

stats::Snapshot MiningRun::snapshot() const
{
    stats::Snapshot snapshot;
    farm_.describe(snapshot);
    snapshot.source = source_.name();
    const std::lock_guard lock(mutex_);
    snapshot.source_state = source_state_;
    snapshot.shares = shares_;
    return snapshot;
}

void MiningRun::say_goodbye() const
{
    const stats::Snapshot s = snapshot();
    if (s.nonces_total == 0) return;
    const std::string line = settings_.source_line ? settings_.source_line() : "";
    if (!line.empty()) console_.say(line);
    console_.say(fmt::format("mined for {}: {} block{}, {} solutions, {} wrong, {} stale",
                             duration_text(s.uptime), s.shares.blocks,
                             s.shares.blocks == 1 ? "" : "s", s.solutions.verified,
                             s.solutions.wrong, s.solutions.stale));
}

// --- from the source

void MiningRun::on_work(stratum::WorkPtr work) { farm_.on_work(std::move(work)); }

void MiningRun::on_state(const stratum::SourceState& state)
{
    bool was_waiting = false;
    {
        const std::lock_guard lock(mutex_);
        const Phase before = source_state_.phase;
        if (before == Phase::hopeless || before == Phase::gave_up) return;  // there is no way back
        if (state.phase == Phase::waiting) said_waiting_ = true;
        if (state.phase == Phase::working) was_waiting = std::exchange(said_waiting_, false);
        source_state_ = state;
    }
    if (state.phase == Phase::waiting)
        console_.warn("waiting: " + state.text + next_try_text(state.next_try - clock_.now()));
    if (state.phase == Phase::working && was_waiting) console_.warn("there is work again");
}

/// With a number of blocks wanted, candidates for one more are held back while the last ones are
/// still without their verdict: never more are mined than were asked for.
bool MiningRun::may_send(const stratum::Share& share)
{
    const std::lock_guard lock(mutex_);
    if (enough_) return false;
    if (share.is_block && !share.work->pays_shares) {
        const auto open = open_.find(share.work->epoch);
        const bool covered =
            settings_.blocks_wanted > 0 && shares_.blocks + open_.size() >= settings_.blocks_wanted;
        if (open == open_.end() && covered) return false;
        if (open != open_.end() && open->second >= kCandidatesMax) return false;
        ++open_[share.work->epoch];
    }
    ++shares_.found;
    return true;
}

void MiningRun::on_share(stratum::Share share)
{
    if (may_send(share)) source_.submit(std::move(share));
}

void MiningRun::on_verdict(const stratum::ShareVerdict& verdict)
{
    {
        const std::lock_guard lock(mutex_);
        ++shares_.by_outcome[static_cast<std::size_t>(verdict.outcome)];
        const auto open = open_.find(verdict.share.work->epoch);
        if (verdict.share.is_block && open != open_.end() && --open->second == 0) open_.erase(open);
        if (verdict.share.is_block && verdict.outcome == ShareOutcome::accepted) {
            ++shares_.blocks;
            taken_height_ = verdict.share.work->height;
        }
    }
    verdict.share.work->pays_shares ? tell_of_pool_verdict(verdict) : tell_of_verdict(verdict);
    const std::lock_guard lock(mutex_);
    enough_ = is_enough();
}

bool MiningRun::is_enough() const
{
    const u64 accepted = shares_.of(ShareOutcome::accepted);
    return (settings_.blocks_wanted > 0 && shares_.blocks >= settings_.blocks_wanted) ||
           (settings_.shares_wanted > 0 && accepted >= settings_.shares_wanted);
}

/// A pool's answers come by the dozen on easy targets: of each kind one line every few seconds.
void MiningRun::tell_of_pool_verdict(const stratum::ShareVerdict& verdict)
{
    const bool accepted = verdict.outcome == ShareOutcome::accepted;
    u64 count = 0;
    {
        const std::lock_guard lock(mutex_);
        count = accepted && verdict.share.is_block ? shares_.blocks : shares_.of(verdict.outcome);
        auto& last = last_lines_[{verdict.outcome, verdict.share.is_block}];
        const TimePoint now = clock_.now();
        if (last && now - *last < kShareLineEvery) return;
        last = now;
    }
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(verdict.latency).count();
    if (accepted && verdict.share.is_block)
        console_.say(fmt::format("block for the pool {} by {}  ({} so far)",
                                 to_hex_reversed(verdict.share.hash.bytes), verdict.share.device_id,
                                 count));
    else if (accepted)
        console_.say(fmt::format("share accepted in {} ms, found by {}  ({} so far)", ms,
                                 verdict.share.device_id, count));
    else
        console_.warn(fmt::format("share {}: {}  ({} so far)", to_string(verdict.outcome),
                                  verdict.reason, count));
}

void MiningRun::tell_of_verdict(const stratum::ShareVerdict& verdict)
{
    if (!verdict.share.is_block) return;
    if (verdict.outcome == ShareOutcome::accepted) {
        BlockNews news;
        news.share = verdict.share;
        const TimePoint now = clock_.now();
        {
            const std::lock_guard lock(mutex_);
            if (last_block_) news.since_last = now - *last_block_;
            last_block_ = now;
            news.count = shares_.blocks;
        }
        news.since_start = now - started_;
        return console_.block(news);
    }
    {  // two of ours at one height: the first stands, and nothing is amiss
        const std::lock_guard lock(mutex_);
        if (verdict.outcome == ShareOutcome::stale && verdict.share.work->height <= taken_height_)
            return;
    }
    console_.warn(fmt::format("block {} {} ({}) {:.16}…", verdict.share.work->height,
                              to_string(verdict.outcome), verdict.reason,
                              to_hex_reversed(verdict.share.hash.bytes)));
}

// --- from the farm

void MiningRun::on_device_state(const std::string& device_id, DeviceState state,
                                const std::string& reason)
{
    {
        const std::lock_guard lock(mutex_);
        ever_mined_ = ever_mined_ || state == DeviceState::mining;
        // A device's workers mostly fail together: one line is enough.
        const bool known = device_states_.contains(device_id) && device_states_[device_id] == state;
        device_states_[device_id] = state;
        if (known) return;
    }
    if (state == DeviceState::restarting)
        console_.warn("device " + device_id + " starts anew: " + reason);
    if (state == DeviceState::retired) console_.warn("device " + device_id + " is out: " + reason);
}

void MiningRun::on_wrong_solution(const std::string& device_id)
{
    console_.warn("device " + device_id + " gave a wrong solution; it was not sent");
}

}  // namespace adit::miner::app
