#pragma once

#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <variant>

#include "kernels/base/random.hpp"
#include "stratum/server/address_guard.hpp"
#include "stratum/server/prefix_pool.hpp"
#include "stratum/server/server_session.hpp"
#include "stratum/server/share_judge.hpp"
#include "stratum/server/worker_book.hpp"

namespace adit::stratum::server {

struct ServerOptions {
    std::string agent;
    std::string password;  ///< empty: any will do
    GuardLimits guard;
    VardiffOptions vardiff;
    double start_solutions = 64;  ///< of a newcomer's shares
    std::size_t line_bytes_max = 10'240;
    std::size_t output_bytes_max = 256 * 1024;  ///< of a miner who does not read
    std::size_t open_shares_max = 8192;         ///< of all miners; then reading pauses
    Duration login_max = std::chrono::seconds(30);
    Duration idle_max = std::chrono::minutes(15);   ///< without a share
    Duration parked_max = std::chrono::minutes(5);  ///< for a miner to come back to its session
    std::size_t parked_count_max = 10'000;
};

/// A share between its line and its answer.
struct OpenShare {
    u64 connection = 0;
    RequestId request;
    std::string worker;
    Candidate candidate;
    Judgement judgement;
    TimePoint came{};
};

/// What a pool has to say to its people.
struct BlockFound {
    Share share;  ///< for the node
    std::string worker;
};
struct PoolNote {
    bool warning = false;
    std::string text;
};
using PoolEvent = std::variant<BlockFound, PoolNote>;

/// A pool: work in, miners' lines in; jobs, answers, shares for the ledger and blocks for the node
/// out. Pure: the shell owns sockets and threads, verifies candidates (`judge_dearly`) where it
/// likes, and writes the ledger. A share is answered only after `on_stored`. One thread.
class PoolServer {
public:
    /// @param first_job  larger than any before, over restarts (the Unix time in units of 4 ms)
    PoolServer(ServerOptions options, u64 seed, u64 first_job);

    // connections
    Result<u64, AddressGuard::Answer> accept(const std::string& address, TimePoint now);
    void on_bytes(u64 connection, std::string_view bytes, TimePoint now);
    void on_closed(u64 connection, TimePoint now);
    void on_tick(TimePoint now);             ///< about once a second
    bool wants_bytes(u64 connection) const;  ///< false: let its bytes wait in the socket
    std::optional<u64> next_with_output();   ///< a connection to be written to, or closed
    std::string take_output(u64 connection);
    bool closing(u64 connection) const;  ///< close it when its output is written

    // work and shares
    void on_work(WorkPtr work, TimePoint now);  ///< null: none is good any more
    std::optional<OpenShare> next_to_judge();
    void on_judged(OpenShare share, TimePoint now);
    std::vector<OpenShare> take_to_store(std::size_t count_max);
    /// `fresh[i]`: the ledger did not have it yet.
    void on_stored(std::vector<OpenShare> shares, const std::vector<bool>& fresh, TimePoint now);
    void on_store_failed(const std::vector<OpenShare>& shares, TimePoint now);
    std::optional<PoolEvent> next_event();

    /// No newcomers, no more lines read; every share that came is judged, stored and answered.
    void drain();
    bool drained() const;

    WorkerBook& workers() { return workers_; }
    std::size_t connections() const { return sessions_.size(); }
    std::size_t open_shares() const { return open_shares_; }
    ServerJobPtr newest_job() const { return jobs_.newest(); }

private:
    struct Parked {
        MinerState state;
        TimePoint until;
    };

    void on_line(ServerSession& session, std::string_view line, TimePoint now);
    void on_subscribe(ServerSession& session, const RequestId& id, const Subscribe& m,
                      TimePoint now);
    void on_authorize(ServerSession& session, const RequestId& id, const Authorize& m,
                      TimePoint now);
    void on_submit(ServerSession& session, const RequestId& id, Submit m, TimePoint now);
    void on_suggestion(ServerSession& session, const RequestId& id, double solutions);
    Result<Candidate, Refusal> judge(ServerSession& session, const Submit& m);
    void refuse(u64 connection, const RequestId& id, const std::string& worker,
                const Refusal& refusal, TimePoint now);
    void answer(u64 connection, const std::string& line);
    void fail(ServerSession& session, TimePoint now);
    void close(ServerSession& session, const char* why);
    void steer(ServerSession& session, TimePoint now);
    void mark(ServerSession& session);
    MinerState new_miner(TimePoint now);
    void release_parked(TimePoint now);
    ServerSession* find(u64 connection);

    ServerOptions options_;
    Random random_;
    AddressGuard guard_;
    PrefixPool prefixes_;
    JobBook jobs_;
    WorkerBook workers_;
    std::unordered_map<u64, std::unique_ptr<ServerSession>> sessions_;
    std::map<std::string, Parked> parked_;
    std::deque<u64> dirty_;
    std::deque<OpenShare> to_judge_;
    std::deque<OpenShare> to_store_;
    std::deque<PoolEvent> events_;
    std::size_t open_shares_ = 0;
    u64 next_connection_ = 1;
    bool draining_ = false;
};

}  // namespace adit::stratum::server
