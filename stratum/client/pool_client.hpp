#pragma once

#include <memory>

#include "stratum/client/client_session.hpp"
#include "stratum/client/failover.hpp"
#include "stratum/client/pool_url.hpp"
#include "stratum/client/reject_diagnosis.hpp"
#include "stratum/proto/share_rate.hpp"

namespace adit::stratum::client {

struct ClientOptions {
    std::vector<PoolUrl> pools;  ///< stratum ones, in order of preference; at least one
    std::string agent;
    AlgorithmChoice algorithm;
    std::optional<U256> suggest_target;
    SessionLimits limits;
    FailoverOptions failover;
    u32 tries_max = 0;  ///< dials in a row without a job before it gives up; 0: never
    /// Another source of work waits for its turn: this one gives up when each pool has failed
    /// `failover.tries_before_next` times.
    bool hands_over = false;
    Duration
        max_latency{};  ///< of share answers, on average; above it the next pool's turn. 0: any
    Duration dial_max = std::chrono::seconds(20);
    /// How long devices go on with the last job of a lost connection: it is worth something only if
    /// the pool takes the session up again.
    Duration dead_work_grace = std::chrono::seconds(10);
    Duration share_wait_max = std::chrono::minutes(15);  ///< for a link to come back
    Duration rate_window = std::chrono::hours(1);
};

// ── what comes in ───────────────────────────────────────────────────────────────────────────────

struct Connected {
    u64 dial = 0;
};
struct DialFailed {
    u64 dial = 0;
    std::string text;
};
struct Received {
    u64 dial = 0;
    std::string bytes;
};
struct Closed {
    u64 dial = 0;
    std::string text;  ///< why, when it is known
};
struct Tick {};
struct Found {
    Share share;
};
/// Everything that can happen to a client: a recording of these replays it.
using ClientInput = std::variant<Connected, DialFailed, Received, Closed, Tick, Found>;

// ── what goes out ───────────────────────────────────────────────────────────────────────────────

struct Dial {
    u64 dial = 0;          ///< its name from here on
    std::size_t pool = 0;  ///< index in the options, for TLS and log-in
    std::string host;
    u16 port = 0;
};
struct Hang {
    u64 dial = 0;
};
struct WorkIs {
    WorkPtr work;  ///< null: rest
};
struct StateIs {
    SourceState state;
};
struct Note {
    bool warning = false;
    std::string text;
};
struct Diagnose {
    RejectEvidence evidence;  ///< for `diagnose`, on another thread
};
using ClientOutput = std::variant<Dial, Hang, WorkIs, StateIs, Note, Diagnose, Ruled>;

/// Shares of one pool, counted.
struct PoolStats {
    std::array<u64, kRulings> rulings{};
    u64 connections = 0;
    std::deque<Duration> latencies;  ///< of the last answers, oldest first
    static constexpr std::size_t kLatenciesKept = 256;
};

/// A miner's dealings with all of its pools: which one to talk to, over which of at most two
/// connections (the second looks whether the first pool is back), and what to work on. Pure: the
/// shell dials, reads and writes, and feeds what happens.
class PoolClient {
public:
    PoolClient(ClientOptions options, u64 seed);

    void feed(ClientInput input, TimePoint now);
    std::optional<ClientOutput> next_output();
    std::string take_bytes(u64 dial);  ///< for the shell to write
    TimePoint wake_at() const;         ///< when a Tick is next worth a call

    RateEstimate rate(TimePoint now) { return rate_.estimate(now); }
    const PoolStats& stats(std::size_t pool) const { return stats_[pool]; }
    std::size_t shares_open() const;
    std::size_t pool_in_use() const { return main_.pool; }

private:
    struct Link {
        u64 dial = 0;  ///< 0: none
        std::size_t pool = 0;
        bool up = false;
        bool works = false;   ///< a job came over it
        bool proved = false;  ///< took a share, or has worked for a while
        TimePoint dialled_at{};
        TimePoint works_since{};
        std::string said;  ///< the pool's last words for people
    };
    struct Address {
        std::string host;
        u16 port = 0;
    };

    Link* link_of(u64 dial);
    void start_dial(Link& link, std::size_t pool, TimePoint now);
    void let_go(Link& link, TimePoint now);
    void lost(Link& link, const std::string& why, TimePoint now);
    static std::string last_words(const Link& link, const std::string& why);
    void break_off(Link& link, const std::string& why, TimePoint now);

    void tick(TimePoint now);
    void prove_main();
    void dial_what_is_due(TimePoint now);
    void let_old_things_go(TimePoint now);
    void drain(TimePoint now);
    void on_event(Link& link, SessionEvent& event, TimePoint now);
    void on_work(Link& link, NewWork& fresh, TimePoint now);
    void on_first_work(Link& link, TimePoint now);
    void on_move(Link& link, const Reconnect& to, TimePoint now);
    void on_ruled(std::size_t pool, Ruled ruled, TimePoint now);
    void look_into_rejects(std::size_t pool, const Ruled& ruled);
    void take_share(Share share, TimePoint now);
    bool too_slow() const;
    void say(SourceState::Phase phase, std::string text, TimePoint next_try = {});
    void note(bool warning, std::size_t pool, const std::string& text);
    std::string name(std::size_t pool) const { return to_string(options_.pools[pool]); }
    TimePoint main_dial_at() const;

    ClientOptions options_;
    Random random_;
    Failover failover_;
    std::vector<ClientSession> sessions_;  ///< one a pool
    std::vector<Address> addresses_;       ///< where each pool is now (client.reconnect)
    std::vector<PoolStats> stats_;
    ShareRate rate_;
    Link main_;
    Link probe_;                          ///< looks whether the first pool is back
    std::optional<TimePoint> redial_at_;  ///< main_.pool again, because it said so
    u64 next_dial_ = 1;
    u32 dials_in_a_row_ = 0;
    u32 dials_before_work_ = 0;  ///< what it was when the first job came
    bool gave_up_ = false;
    std::string last_trouble_;

    WorkPtr work_;
    std::optional<std::size_t> work_pool_;
    u64 epoch_ = 0;
    bool ever_worked_ = false;
    std::optional<TimePoint> work_dead_at_;    ///< when the last job of a lost link is let go
    std::optional<TimePoint> shares_dead_at_;  ///< when shares stop waiting for a link
    std::deque<Duration> latencies_;           ///< of the last answers over this link
    RejectEvidence evidence_;
    std::size_t accepted_since_reject_ = 0;
    std::deque<ClientOutput> outputs_;
};

}  // namespace adit::stratum::client
