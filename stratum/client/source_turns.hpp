#pragma once

#include "stratum/client/pool_client.hpp"

namespace adit::stratum::client {

struct TurnOptions {
    std::vector<std::string> names;  ///< of the sources, in order of preference; at least one
    FailoverOptions failover{.tries_before_next = 1};
    u32 turns_max = 0;  ///< in a row without work before it gives up; 0: never
    /// A source that brings no work for so long has had its turn, whatever it says.
    Duration patience = std::chrono::seconds(60);
    Duration dead_work_grace = std::chrono::seconds(10);  ///< of a source that was left
    /// How long a source that was left is still heard, for answers to its shares: a pool's are
    /// under way or lost; a block is worth waiting for until its node is back.
    Duration pool_linger = std::chrono::seconds(10);
    Duration block_linger = std::chrono::minutes(10);
};

/// A source begins, under a name of its own for this turn.
struct BeginTurn {
    u64 turn = 0;
    std::size_t source = 0;
};
struct EndTurn {
    u64 turn = 0;
};
struct PassShare {
    u64 turn = 0;
    Share share;  ///< with the source's own work
};
using TurnOutput = std::variant<BeginTurn, EndTurn, PassShare, WorkIs, StateIs, Note, ShareVerdict>;

/// What became of one source's shares, over all of its turns.
struct SourceTally {
    static constexpr std::size_t kOutcomes = 6;
    std::array<u64, kOutcomes> outcomes{};
    u64 turns = 0;
    u64 of(ShareOutcome outcome) const { return outcomes[static_cast<std::size_t>(outcome)]; }
};

/// Several sources of work, nodes and pools mixed, that take turns: the first in order that works
/// is used, and while it is not the first, the first is looked at now and then. Each source tries
/// again by itself for a while; its turn is over when it gives up, or brings no work. Pure: the
/// shell begins and ends the sources and feeds what they say.
class SourceTurns {
public:
    SourceTurns(TurnOptions options, u64 seed);

    void on_work(u64 turn, const WorkPtr& work, TimePoint now);
    void on_state(u64 turn, const SourceState& state, TimePoint now);
    void on_verdict(u64 turn, const ShareVerdict& verdict, TimePoint now);
    void submit(Share share);
    void on_tick(TimePoint now);

    std::optional<TurnOutput> next_output();
    TimePoint wake_at() const;  ///< when on_tick is next worth a call

    std::size_t shares_open() const { return open_.size(); }
    std::size_t in_use() const { return used_; }
    RateEstimate rate(TimePoint now) { return rate_.estimate(now); }  ///< as a pool in use sees it
    const SourceTally& tally(std::size_t source) const { return tallies_[source]; }

private:
    struct Turn {
        u64 number = 0;  ///< 0: none
        std::size_t source = 0;
        bool works = false;
        bool proved = false;
        TimePoint since{};  ///< it began, or got its first work, or has none any more
        u64 epoch = 0;      ///< of its newest work
    };
    struct Leaving {
        u64 number = 0;
        TimePoint until;
    };
    struct Open {
        u64 turn = 0;
        std::size_t source = 0;
        Share share;
    };

    Turn* turn_of(u64 number);
    void begin(Turn& turn, std::size_t source, TimePoint now);
    void retire(Turn& turn, TimePoint now);
    void end(u64 number);
    void failed(const std::string& why, SourceState::Phase how, TimePoint now);
    void prove();
    void publish(Turn& turn, const WorkPtr& work);
    void rule(std::size_t source, ShareVerdict verdict);
    bool has_open(u64 number) const;
    bool is_leaving(u64 number) const;
    void say(SourceState::Phase phase, std::string text, TimePoint next_try = {});
    void note(bool warning, std::size_t source, const std::string& text);

    TurnOptions options_;
    Random random_;
    Failover failover_;
    std::vector<SourceTally> tallies_;
    ShareRate rate_{std::chrono::hours(1)};
    std::vector<bool> hopeless_;
    Turn main_;
    Turn probe_;  ///< looks whether the first source is back
    std::vector<Leaving> leaving_;
    std::deque<Open> open_;  ///< shares without a verdict
    u64 next_turn_ = 1;
    u32 turns_in_vain_ = 0;
    bool ever_worked_ = false;
    bool over_ = false;
    std::string last_trouble_;
    std::size_t used_ = 0;  ///< the source of the newest work
    u64 epoch_ = 0;
    u64 work_turn_ = 0;  ///< whose work is out; 0: nobody's
    std::optional<TimePoint> work_dead_at_;
    std::deque<TurnOutput> outputs_;
};

}  // namespace adit::stratum::client
