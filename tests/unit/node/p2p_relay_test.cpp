#include <gtest/gtest.h>

#include "kernels/base/endian.hpp"
#include "node/p2p/diffusion.hpp"
#include "node/p2p/tx_fetch.hpp"
#include "tests/unit/node/p2p_support.hpp"

namespace adit::node::p2p {
namespace {

Hash256 txid_of(u64 number)
{
    Hash256 hash;
    store_le<u64>(hash.bytes.data(), number);
    return hash;
}

Endpoint host(u8 number) { return Endpoint::ipv4(number, 1, 1, 1, 8233); }

/// Three inbound peers, ids 1 … 3, and three outbound ones, 4 … 6.
class Relay {
public:
    explicit Relay(RelayPolicy policy) : diffusion_(policy, 7)
    {
        for (u8 id = 1; id <= 6; ++id)
            diffusion_.on_ready(
                test::add_ready(peers, id, id <= 3 ? PeerKind::inbound : PeerKind::full, host(id)),
                now);
    }

    void announce(const Hash256& txid) { diffusion_.announce(txid, peers, now); }

    /// One tick. @return how many transactions each peer hears of in it
    std::map<PeerId, std::size_t> tick()
    {
        diffusion_.on_tick(peers, now, [](const Hash256&, const Peer&) { return true; });
        std::map<PeerId, std::size_t> heard;
        for (auto& [id, peer] : peers)
            for (const Message& message : test::said(*peer.session))
                heard[id] += std::get<Inv>(message).items.size();
        now += 100ms;
        return heard;
    }

    /// A transaction is known from now on. @return seconds until each peer hears of it
    std::map<PeerId, double> delays(u64 number)
    {
        const TimePoint since = now;
        announce(txid_of(number));
        std::map<PeerId, double> after;
        while (after.size() < peers.size()) {
            const double waited = std::chrono::duration<double>(now - since).count();
            for (const auto& [id, count] : tick()) after[id] = waited;
        }
        return after;
    }

    Peers peers;
    TimePoint now{};

private:
    Diffusion diffusion_;
};

TEST(Diffusion, InboundPeersShareOneTimerAndOutboundOnesHaveTheirOwn)
{
    Relay relay(RelayPolicy::diffusion);
    double inbound = 0;
    double outbound = 0;
    int alike = 0;
    constexpr int kRounds = 2'000;
    for (u64 i = 0; i < kRounds; ++i) {
        // Quiet between them: no timer may lie in wait, run out, for the next one.
        for (int quiet = 0; quiet < 300; ++quiet) relay.tick();
        const auto delays = relay.delays(i);
        EXPECT_EQ(delays.at(1), delays.at(2));
        EXPECT_EQ(delays.at(1), delays.at(3));
        alike += delays.at(4) == delays.at(5) ? 1 : 0;
        inbound += delays.at(1);
        outbound += delays.at(4);
    }
    EXPECT_NEAR(inbound / kRounds, 5, 0.4);
    EXPECT_NEAR(outbound / kRounds, 2, 0.2);
    EXPECT_LT(alike, kRounds / 10) << "now and then two fire in one tick";
}

TEST(Diffusion, FloodTellsAtOnceAndFixedAfterTwoSeconds)
{
    for (const auto& [policy, seconds] :
         {std::pair{RelayPolicy::flood, 0.0}, std::pair{RelayPolicy::fixed, 2.0}}) {
        Relay relay(policy);
        for (u64 i = 0; i < 5; ++i) {
            for (int quiet = 0; quiet < 77; ++quiet) relay.tick();
            for (const auto& [id, delay] : relay.delays(i)) EXPECT_EQ(delay, seconds) << id;
        }
    }
}

TEST(Diffusion, NobodyHearsWhatHeKnowsOrTooMuchAtOnce)
{
    Relay relay(RelayPolicy::flood);
    relay.peers.at(4).know_transaction(txid_of(0));
    relay.peers.at(5).kind = PeerKind::block_only;
    for (u64 i = 0; i < 100; ++i) relay.announce(txid_of(i));
    std::map<PeerId, std::size_t> all;
    for (int round = 0; round < 3; ++round)
        for (const auto& [id, count] : relay.tick()) {
            EXPECT_LE(count, kAnnouncedARound);
            all[id] += count;
        }
    EXPECT_EQ(all[1], 100u);
    EXPECT_EQ(all[4], 99u);
    EXPECT_EQ(all.count(5), 0u) << "blocks alone";
}

TEST(RelayPolicies, HaveNames)
{
    for (const RelayPolicy policy :
         {RelayPolicy::diffusion, RelayPolicy::flood, RelayPolicy::fixed})
        EXPECT_EQ(parse_relay_policy(to_string(policy)), policy);
    EXPECT_FALSE(parse_relay_policy("trickle"));
}

TEST(TxFetch, AsksOnePeerAtATimeAndOutboundOnesFirst)
{
    Peers peers;
    test::add_ready(peers, 1, PeerKind::inbound, host(1));
    test::add_ready(peers, 2, PeerKind::full, host(2));
    for (auto& [id, peer] : peers) test::said(*peer.session);
    TxFetch fetch;
    TimePoint now{};
    const auto asked = [&](PeerId id) {
        std::size_t items = 0;
        for (const Message& message : test::said(*peers.at(id).session))
            items += std::get<GetData>(message).items.size();
        return items;
    };
    fetch.on_announced(peers.at(1), txid_of(9), now);
    fetch.on_tick(peers, now);
    EXPECT_EQ(asked(1), 0u) << "an outbound peer may know it, too";
    now += 1s;
    fetch.on_announced(peers.at(2), txid_of(9), now);
    fetch.on_tick(peers, now);
    EXPECT_EQ(asked(2), 1u);
    now += 30s;
    fetch.on_tick(peers, now);
    EXPECT_EQ(asked(1), 0u) << "one at a time";
    now += kTransactionTime;
    fetch.on_tick(peers, now);
    EXPECT_EQ(asked(1), 1u) << "the first has had its time";
    fetch.on_settled(txid_of(9));
    EXPECT_EQ(fetch.size(), 0u);
}

TEST(TxFetch, HoldsNoMoreThanItsLimits)
{
    Peers peers;
    Peer& peer = test::add_ready(peers, 1, PeerKind::full, host(1));
    test::said(*peer.session);
    TxFetch fetch;
    for (u64 i = 0; i < 2 * kAnnouncementsMax; ++i)
        fetch.on_announced(peer, txid_of(i), TimePoint{});
    fetch.on_tick(peers, TimePoint{});
    std::size_t asked = 0;
    for (const Message& message : test::said(*peer.session))
        asked += std::get<GetData>(message).items.size();
    EXPECT_EQ(asked, kTransactionsInFlight);
    EXPECT_LE(fetch.size(), kAnnouncementsMax + 1);
    fetch.on_gone(1);
    EXPECT_EQ(fetch.size(), 0u);
}

}  // namespace
}  // namespace adit::node::p2p
