#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_set>

#include "stratum/proto/messages.hpp"
#include "stratum/proto/work_source.hpp"

namespace adit::stratum::server {

/// One piece of work as it is offered to miners. Frozen but for the shares seen under it.
struct ServerJob {
    static constexpr std::size_t kSharesSeenMax = 1 << 20;

    u64 number = 0;
    WorkPtr work;
    bool new_block = false;   ///< its previous block differs from the job's before
    std::string notify_tail;  ///< mining.notify from behind the job id up to clean_jobs
    std::string hint_tail;    ///< and from behind clean_jobs to the line's end

    /// mining.notify under this id; `clean` as it is to be said.
    std::string notify_line(std::string_view id, bool clean) const;
    /// False when these very bytes were handed in before, or more shares than can be remembered.
    bool remember(const Hash256& share_hash)
    {
        return seen.size() < kSharesSeenMax && seen.insert(share_hash).second;
    }

    std::unordered_set<Hash256, HashOfHash> seen;
};
using ServerJobPtr = std::shared_ptr<ServerJob>;

/// The jobs of the present block, by number; earlier ones are gone. Bounded: of very many jobs on
/// one block, the oldest go.
class JobBook {
public:
    static constexpr std::size_t kJobsMax = 64;

    /// Numbers begin at `first`: a restarted pool names no job as it named another before.
    explicit JobBook(u64 first) : next_(first) {}

    /// Null when the header is the newest job's own: there is nothing new to do.
    ServerJobPtr add(WorkPtr work);
    /// No work is good any more.
    void clear() { jobs_.clear(); }

    ServerJobPtr newest() const { return jobs_.empty() ? nullptr : jobs_.back(); }
    ServerJobPtr find(u64 number) const;  ///< null: over, or never there

private:
    u64 next_;
    std::deque<ServerJobPtr> jobs_;
};

/// A job under one miner's target: "1a2f" + two digits for which of its targets. Shares are judged
/// by the target their job was sent with.
std::string job_id(u64 number, u8 generation);
struct ParsedJobId {
    u64 number = 0;
    u8 generation = 0;
};
std::optional<ParsedJobId> parse_job_id(std::string_view text);

}  // namespace adit::stratum::server
