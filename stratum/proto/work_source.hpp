#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/base/clock.hpp"
#include "kernels/base/u256.hpp"
#include "kernels/equihash/params.hpp"
#include "kernels/equihash/pow_input.hpp"
#include "kernels/equihash/solution.hpp"

/// The door between those who give work (a node's getblocktemplate, a pool, a recording) and those
/// who do it (the miner's farm). Neither knows more of the other than this page.
namespace adit::stratum {

/// What only the source understands of its work (a template's transactions, a pool's session).
struct WorkOrigin {
    virtual ~WorkOrigin() = default;
};

/// One payment of the block this work would become, for people.
struct Payment {
    std::string role;  ///< "miner", "treasury", "secure nodes", "super nodes"
    i64 amount = 0;    ///< base units, 10^-8 coin
};

/// A header to complete: what a miner works on. Never changes once published; shares keep the work
/// they belong to alive.
struct Work {
    std::string id;  ///< the source's own word for it (a pool's job id), for logs
    u64 epoch = 0;   ///< work of a later epoch voids all earlier; never falls in one source
    equihash::Params params;
    equihash::Personalization personalization;
    equihash::PowInput input;       ///< the nonce begins with the source's prefix, the rest is zero
    u32 prefix_bytes = 0;           ///< leading nonce bytes that belong to the source, 0 … 31
    U256 share_target;              ///< a share's header hash is at most this
    U256 block_target;              ///< a block's header hash is at most this (from bits)
    bool pays_shares = false;       ///< a pool's: every share counts. A node's: only blocks do
    u32 height = 0;                 ///< of the block it would become; 0: unknown
    TimePoint arrived;              ///< when its last byte was read
    std::vector<Payment> payments;  ///< empty: unknown
    std::shared_ptr<const WorkOrigin> origin;
};
using WorkPtr = std::shared_ptr<const Work>;

/// A solution that the judge has passed: a true Equihash solution whose header hash meets the
/// share target.
struct Share {
    WorkPtr work;
    std::array<u8, equihash::kNonceBytes> nonce{};
    equihash::MinimalSolution solution;
    Hash256 hash;           ///< of the header with its solution, internal order
    bool is_block = false;  ///< meets the block target too
    std::string device_id;  ///< who found it: "cpu", "cuda:0"
    TimePoint found;
};

enum class ShareOutcome {
    accepted,
    stale,           ///< its work was void by the time it arrived
    duplicate,       ///< the source knows it already
    low_difficulty,  ///< the source wants a smaller hash
    rejected,        ///< any other reason, see `reason`
    dropped,         ///< never answered, and no longer worth sending
};
std::string_view to_string(ShareOutcome outcome);  ///< "accepted", "low-difficulty" …

struct ShareVerdict {
    Share share;
    ShareOutcome outcome{};
    std::string reason;  ///< the source's own words, empty when accepted
    Duration latency{};  ///< from sending it to the answer
};

/// Where the source stands, for people and for the start-up checks of commands.
struct SourceState {
    enum class Phase {
        connecting,
        working,   ///< work comes
        waiting,   ///< tries again at `next_try`
        hopeless,  ///< trying again cannot help (wrong password, another kind of server)
        gave_up,   ///< the allowed number of tries was made
    };
    Phase phase = Phase::connecting;
    std::string text;  ///< one line: what is missing and what to change; empty while working
    TimePoint next_try;
};

/// Hears what a source says. Called from the source's own thread, one call at a time; returns at
/// once (microseconds: posts to queues and inboxes).
class SourceListener {
public:
    virtual ~SourceListener() = default;
    /// The newest, latest wins. Null: nothing is worth working on until the next call.
    virtual void on_work(WorkPtr work) = 0;
    virtual void on_verdict(const ShareVerdict& verdict) = 0;
    virtual void on_state(const SourceState& state) = 0;
};

/// Gives work and takes shares.
class WorkSource {
public:
    virtual ~WorkSource() = default;

    /// "http://127.0.0.1:8232", "stratum+ssl://eu.pool.example:3333"; without any password.
    virtual std::string name() const = 0;

    /// Begins, on a thread of its own. `listener` outlives the source. Once.
    virtual void start(SourceListener& listener) = 0;

    /// Any thread, returns at once. Each share gets exactly one verdict, unless the source is
    /// stopped first; until then it is kept over lost connections while it is worth something.
    virtual void submit(Share share) = 0;

    /// Ends the thread; waits up to `grace` for the answers to shares already taken.
    virtual void stop(Duration grace) = 0;
};

}  // namespace adit::stratum
