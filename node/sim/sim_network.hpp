#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "node/p2p/network.hpp"
#include "node/sim/event_queue.hpp"

/// Many full nodes in one thread and virtual time: the daemon's own Network and Chainstate on links
/// with latency, loss and cuts. One seed is one story.
namespace adit::node::sim {

using NodeIndex = std::size_t;

struct LinkModel {
    Duration latency_min = std::chrono::milliseconds(20);
    Duration latency_max = std::chrono::milliseconds(120);
    u32 loss_percent = 0;  ///< of packets; each costs its link a retransmission
    Duration retransmission = std::chrono::milliseconds(300);
    u64 bytes_per_second = 10'000'000;  ///< of a node's upload
};

/// How a node judges proof of work.
enum class WorkCheck {
    unseen,    ///< passes: difficulty and all other rules hold
    portable,  ///< in full, by the plain code path
    fastest,   ///< in full, by the fastest path this machine has
};

/// What a dishonest node does with a message it is about to send: lets it pass, changes it, or
/// (nullopt) swallows it.
using Tamper = std::function<std::optional<Bytes>(std::string_view command, Bytes payload)>;

struct SimNodeOptions {
    p2p::KeeperLimits limits;
    p2p::RelayPolicy relay_policy = p2p::RelayPolicy::diffusion;
    p2p::TransactionPool* pool = nullptr;
    Duration clock_skew{};  ///< its wall clock's error
    bool listens = true;
    WorkCheck work = WorkCheck::unseen;
    std::size_t coin_cache_bytes_max = 1u << 20;
    Tamper tamper;
};

struct SimOptions {
    LinkModel links{};
    Duration begins = std::chrono::hours(1);  ///< the story, after genesis
    /// Blocks are solved in earnest, for nodes that check. Small (n, k) only.
    bool solve = false;
};

class SimNetwork {
public:
    SimNetwork(const consensus::ChainSpec& spec, u64 seed, const SimOptions& options = {});
    ~SimNetwork();

    NodeIndex add_node(const SimNodeOptions& options = {});
    std::size_t size() const { return nodes_.size(); }

    /// Ends the node at once: connections break, what was not durable is lost.
    void kill(NodeIndex node);
    /// Starts it again on its store and its saved addresses.
    void start(NodeIndex node);
    bool alive(NodeIndex node) const;
    /// The dead node's anchors are lost.
    void forget_anchors(NodeIndex node);

    /// `from` keeps a connection to `to`.
    void connect(NodeIndex from, NodeIndex to);
    /// `node` has heard of `other`.
    void introduce(NodeIndex node, NodeIndex other);
    /// No packet passes between the two sides until `heal`; connections break as their ends notice.
    void cut(std::set<NodeIndex> side);
    void heal();

    /// The node makes a block on its tip, now. The miner's output of every block is anyone's to
    /// spend.
    Block mine(NodeIndex node, std::vector<Transaction> transactions = {});
    /// Gives the node blocks it shall have had before the story begins, each the child of the one
    /// before.
    void give(NodeIndex node, const std::vector<Block>& blocks);

    void run_for(Duration time);
    /// Runs until `done`, asking every 100 ms; false when `limit` passes first.
    bool run_until(const std::function<bool()>& done, Duration limit);

    p2p::Network& network(NodeIndex node);
    chain::Chainstate& chain(NodeIndex node);
    const chain::BlockNode* tip(NodeIndex node) { return chain(node).tip().block; }
    bool all_agree();  ///< every living node has the same tip
    p2p::Endpoint endpoint(NodeIndex node) const;
    TimePoint now() const { return events_.now(); }
    UnixTime unix_time() const;
    /// Every living node has the same tip, the same coins, sums that add up and no more peers than
    /// it may; else what is wrong.
    std::optional<std::string> broken_invariant();

    /// A hash over everything delivered so far: equal for equal seeds.
    u64 trace() const { return trace_; }

    /// A peer played by the test: its bytes go to `node`, what it answers comes to `on_bytes`. One
    /// that goes is never called again.
    struct Puppet {
        Puppet() = default;
        Puppet(const Puppet&) = delete;
        Puppet& operator=(const Puppet&) = delete;
        ~Puppet()
        {
            if (forget) forget();
        }

        std::function<void(ByteView)> on_bytes;
        std::function<void()> on_closed;
        std::function<void(Bytes)> send;  ///< set by attach, as are the next two
        std::function<void()> close;
        std::function<void()> forget;
    };
    /// Connects a puppet to a node as an inbound peer from `endpoint`. @return false: it was not
    /// let in
    bool attach(Puppet& puppet, NodeIndex node, const p2p::Endpoint& endpoint);
    /// Whoever dials `at` meets the puppet that `accept` gives.
    void host(const p2p::Endpoint& at, std::function<Puppet&()> accept);

private:
    struct Node;
    struct Link;
    class SimTransport;
    class SkewedClock;
    friend class SimTransport;

    void join(Puppet& puppet, NodeIndex node, p2p::PeerId id);
    void dial(NodeIndex from, p2p::PeerId id, const p2p::Endpoint& to);
    void write(NodeIndex from, p2p::PeerId id, Bytes bytes);
    void close(NodeIndex from, p2p::PeerId id);
    void deliver_closed(NodeIndex to, p2p::PeerId id, u64 generation);
    void wake(NodeIndex node);
    Bytes tampered(const Node& node, ByteView bytes) const;
    void solve(BlockHeader& header) const;
    UnixTime unix_start() const;
    bool separated(NodeIndex a, NodeIndex b) const;
    Duration latency(NodeIndex a, NodeIndex b);
    void note(u64 value) { trace_ = (trace_ ^ value) * 0x100000001b3; }

    consensus::ChainSpec spec_;
    Hash256 chain_id_;
    SimOptions options_;
    LinkModel links_model_;
    Random random_;
    EventQueue events_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::map<p2p::Endpoint, NodeIndex> by_endpoint_;
    std::map<p2p::Endpoint, std::function<Puppet&()>> hosts_;
    std::map<std::pair<NodeIndex, p2p::PeerId>, std::shared_ptr<Link>> links_;
    std::set<NodeIndex> side_;  ///< one side of the cut; empty: no cut
    u64 trace_ = 0xcbf29ce484222325;
    u64 blocks_made_ = 0;
};

}  // namespace adit::node::sim
