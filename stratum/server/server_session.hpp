#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "stratum/proto/line_framer.hpp"
#include "stratum/server/job_book.hpp"
#include "stratum/server/vardiff.hpp"

namespace adit::stratum::server {

/// The targets a miner was given, newest last. Each job is sent under one of them, and its shares
/// are judged by that one, whatever came since.
class TargetHistory {
public:
    static constexpr std::size_t kKept = 8;

    void push(const U256& target);
    bool empty() const { return count_ == 0; }
    u8 generation() const { return generation_; }
    const U256& newest() const { return targets_[generation_ % kKept]; }
    /// Null when that generation was never given out, or too long ago.
    const U256* find(u8 generation) const;

private:
    std::array<U256, kKept> targets_{};
    u8 generation_ = 0;
    std::size_t count_ = 0;
};

/// What a miner keeps when it comes back to its session.
struct MinerState {
    NoncePart nonce_1;
    TargetHistory targets;
    Vardiff vardiff{1, {}};
};

/// One miner's connection as the pool knows it: what was agreed, and what is to be written.
class ServerSession {
public:
    static constexpr std::size_t kWorkersMax = 8;
    static constexpr std::size_t kOpenSharesMax = 64;  ///< unanswered; more have to wait

    ServerSession(u64 number, std::string address, std::size_t line_bytes_max, TimePoint now);

    u64 number() const { return number_; }
    const std::string& address() const { return address_; }
    LineFramer& framer() { return framer_; }

    bool subscribed() const { return state_.has_value(); }
    MinerState& state() { return *state_; }
    void subscribe(const MinerState& state, std::string name);
    const std::string& name() const { return name_; }  ///< to take the session up again

    bool authorized() const { return !workers_.empty(); }
    bool authorized(std::string_view worker) const;
    const std::vector<std::string>& workers() const { return workers_; }
    /// False when this connection names too many workers.
    [[nodiscard]] bool authorize(std::string worker);

    /// Sends `job` under the miner's target, which is said first when it is news.
    void send_job(const ServerJob& job, bool clean);
    void send(std::string_view lines) { output_ += lines; }

    std::string take_output() { return std::exchange(output_, {}); }
    std::size_t output_bytes() const { return output_.size(); }

    u32 open_shares = 0;
    bool closing = false;  ///< to be closed when its output is written
    bool dirty = false;    ///< known to have output
    TimePoint connected_at;
    TimePoint share_at;  ///< of the last submit

private:
    u64 number_;
    std::string address_;
    LineFramer framer_;
    std::optional<MinerState> state_;
    bool target_sent_ = false;
    std::string name_;
    std::vector<std::string> workers_;
    std::string output_;
};

}  // namespace adit::stratum::server
