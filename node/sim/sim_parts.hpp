#pragma once

#include "node/sim/sim_network.hpp"

/// What sim_network.cpp (nodes and their story) and sim_links.cpp (what lies between them) share.
namespace adit::node::sim {

inline constexpr NodeIndex kPuppet = ~NodeIndex{0};

class SimNetwork::SkewedClock final : public Clock {
public:
    SkewedClock(const EventQueue& events, UnixTime start, Duration skew)
        : events_(events), start_(start), skew_(skew)
    {}
    TimePoint now() const override { return events_.now(); }
    UnixTime unix_time() const override
    {
        return start_ + std::chrono::duration_cast<std::chrono::seconds>(
                            events_.now().time_since_epoch() + skew_)
                            .count();
    }

private:
    const EventQueue& events_;
    UnixTime start_;
    Duration skew_;
};

class SimNetwork::SimTransport final : public p2p::Transport {
public:
    SimTransport(SimNetwork& network, NodeIndex node) : network_(network), node_(node) {}
    void dial(p2p::PeerId id, const p2p::Endpoint& to) override { network_.dial(node_, id, to); }
    void write(p2p::PeerId id, Bytes bytes) override
    {
        network_.write(node_, id, std::move(bytes));
    }
    void close(p2p::PeerId id) override { network_.close(node_, id); }
    void abort(p2p::PeerId id) override { network_.close(node_, id); }

private:
    SimNetwork& network_;
    NodeIndex node_;
};

/// One direction's and the other's end of a connection.
struct SimNetwork::Link {
    struct End {
        NodeIndex node = 0;
        p2p::PeerId id = 0;
        TimePoint line_free{};  ///< when what it wrote so far has left
        TimePoint arrives{};    ///< when the last of it arrives: order is kept
    };
    End ends[2];
    Puppet* puppet = nullptr;  ///< stands at ends[0]
    bool open = true;
};

struct SimNetwork::Node {
    SimNodeOptions options;
    p2p::Endpoint endpoint;
    std::unique_ptr<chain::Store> store = chain::make_memory_store();
    std::unique_ptr<SkewedClock> clock;
    std::unique_ptr<SimTransport> transport;
    std::unique_ptr<chain::Chainstate> chain;
    std::unique_ptr<p2p::Network> network;
    Bytes saved_addresses;
    std::vector<p2p::Endpoint> saved_anchors;
    std::vector<p2p::Endpoint> manual;
    u64 generation = 0;  ///< counts lives, so that events of an earlier one fall flat
    TimePoint woken_at = TimePoint::max();
};

}  // namespace adit::node::sim
