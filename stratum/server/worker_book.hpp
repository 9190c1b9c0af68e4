#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "stratum/proto/errors.hpp"
#include "stratum/proto/share_rate.hpp"

namespace adit::stratum::server {

/// One worker as the pool sees it, over all of its connections.
struct WorkerStats {
    std::string name;
    std::array<u64, kRulings> rulings{};
    u64 blocks = 0;
    double solutions = 0;  ///< credited
    u32 connections = 0;
    TimePoint last_share{};
    ShareRate rate{std::chrono::minutes(30)};
};

/// Counters for people; the ledger is what counts. Forgets workers that have been away longest when
/// there are too many.
class WorkerBook {
public:
    static constexpr std::size_t kWorkersMax = 20'000;

    void connected(const std::string& worker, TimePoint now);
    void disconnected(const std::string& worker);
    void ruled(const std::string& worker, Ruling ruling, TimePoint now);
    void credited(const std::string& worker, const U256& target, bool is_block, TimePoint now);

    std::unordered_map<std::string, WorkerStats>& workers() { return workers_; }

private:
    WorkerStats& of(const std::string& worker, TimePoint now);
    std::unordered_map<std::string, WorkerStats> workers_;
};

}  // namespace adit::stratum::server
