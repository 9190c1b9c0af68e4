#include "node/p2p/peer_keeper.hpp"

#include <gtest/gtest.h>

#include "tests/unit/node/p2p_support.hpp"

namespace adit::node::p2p {
namespace {

constexpr UnixTime kUnixNow = 1'700'000'000;

/// A keeper, what it knows, and connections that always come about.
class PeerKeeperTest : public testing::Test {
protected:
    void heard_of(const Endpoint& endpoint)
    {
        book_.add(endpoint, kServiceNetwork, endpoint, kUnixNow, kUnixNow);
    }
    /// Dials for so long, a look every 100 ms. @return what was dialled, in order
    std::vector<PeerKeeper::Dial> dial_for(Duration time)
    {
        std::vector<PeerKeeper::Dial> all;
        for (const TimePoint end = now_ + time; now_ < end; now_ += 100ms)
            for (const auto& dial : keeper_.dials(peers_, book_, false, now_, unix_now())) {
                all.push_back(dial);
                if (dial.kind != PeerKind::feeler)  // they leave at once
                    test::add_ready(peers_, next_id_++, dial.kind, dial.endpoint, now_);
            }
        return all;
    }
    UnixTime unix_now() const
    {
        return kUnixNow +
               std::chrono::duration_cast<std::chrono::seconds>(now_.time_since_epoch()).count();
    }
    std::size_t count(PeerKind kind) const
    {
        return static_cast<std::size_t>(std::count_if(
            peers_.begin(), peers_.end(), [&](const auto& p) { return p.second.kind == kind; }));
    }

    PeerKeeper keeper_{KeeperLimits{}, 3};
    AddrBook book_{Hash256{}, 5};
    Peers peers_;
    TimePoint now_{};
    PeerId next_id_ = 1;
};

TEST_F(PeerKeeperTest, OutboundPeersAreOfDifferentGroups)
{
    // An attacker's provider has a thousand of the addresses; eleven others have one each.
    for (int i = 0; i < 1'000; ++i)
        heard_of(Endpoint::ipv4(66, 6, static_cast<u8>(i / 250), static_cast<u8>(i % 250), 8233));
    for (u8 i = 0; i < 11; ++i) heard_of(Endpoint::ipv4(static_cast<u8>(50 + i), 1, 1, 1, 8233));
    dial_for(60s);
    EXPECT_EQ(count(PeerKind::full), 8u);
    EXPECT_EQ(count(PeerKind::block_only), 2u);
    std::set<std::array<u8, 18>> groups;
    for (const auto& [id, peer] : peers_) groups.insert(network_group(peer.endpoint));
    EXPECT_EQ(groups.size(), 10u);
}

TEST_F(PeerKeeperTest, AnchorsComeFirstAndAsBlockOnlyPeers)
{
    for (u8 i = 0; i < 20; ++i) heard_of(Endpoint::ipv4(static_cast<u8>(50 + i), 1, 1, 1, 8233));
    const Endpoint anchors[] = {Endpoint::ipv4(90, 1, 1, 1, 8233),
                                Endpoint::ipv4(91, 1, 1, 1, 8233)};
    keeper_.set_anchors({anchors[0], anchors[1]});
    const auto dials = dial_for(1s);
    ASSERT_GE(dials.size(), 3u);
    for (const std::size_t i : {0u, 1u}) {
        EXPECT_EQ(dials[i].kind, PeerKind::block_only);
        EXPECT_TRUE(dials[i].endpoint == anchors[0] || dials[i].endpoint == anchors[1]);
    }
    EXPECT_EQ(dials[2].kind, PeerKind::full);
}

TEST_F(PeerKeeperTest, AFeelerLooksInEveryTwoMinutesOrSo)
{
    for (int i = 0; i < 3'000; ++i)
        heard_of(Endpoint::ipv4(static_cast<u8>(20 + i / 50), static_cast<u8>(i % 50), 1, 1, 8233));
    dial_for(60s);
    int feelers = 0;
    for (const auto& dial : dial_for(4h)) feelers += dial.kind == PeerKind::feeler ? 1 : 0;
    EXPECT_NEAR(feelers, 120, 40);
}

TEST_F(PeerKeeperTest, NobodyIsDialledTwice)
{
    const Endpoint there = Endpoint::ipv4(50, 1, 1, 1, 8233);
    heard_of(there);
    // It came to us from a port of no meaning and said where it listens.
    Peer& inbound =
        test::add_ready(peers_, next_id_++, PeerKind::inbound, Endpoint::ipv4(50, 1, 1, 1, 40'000));
    inbound.listens_at = there;
    EXPECT_TRUE(dial_for(60s).empty());
    // What the operator asks for is dialled all the same, once.
    keeper_.add_manual(there);
    const auto dials = dial_for(60s);
    ASSERT_EQ(dials.size(), 1u);
    EXPECT_EQ(dials[0].kind, PeerKind::manual);
}

TEST_F(PeerKeeperTest, AManualPeerIsTriedAgainAndAgainWithLongerPauses)
{
    keeper_.add_manual(Endpoint::ipv4(50, 1, 1, 1, 8233));
    int dials = 0;
    for (; now_ < TimePoint{} + 10min; now_ += 100ms)
        dials += static_cast<int>(keeper_.dials(peers_, book_, false, now_, unix_now()).size());
    EXPECT_GE(dials, 10);
    EXPECT_LE(dials, 17) << "1, 2, 4 … 60 s";
}

TEST_F(PeerKeeperTest, LetsInAsManyAsThereIsRoomForAndNobodyBanned)
{
    using Admission = PeerKeeper::Admission;
    const Endpoint crowd = Endpoint::ipv4(66, 6, 6, 6, 40'000);
    for (int i = 0; i < 16; ++i) test::add_ready(peers_, next_id_++, PeerKind::inbound, crowd);
    EXPECT_EQ(keeper_.admit(peers_, crowd, kUnixNow), Admission::too_many_from_address);
    const Endpoint other = Endpoint::ipv4(50, 1, 1, 1, 40'000);
    EXPECT_EQ(keeper_.admit(peers_, other, kUnixNow), Admission::welcome);
    for (u8 i = 0; peers_.size() < 114; ++i)
        test::add_ready(peers_, next_id_++, PeerKind::inbound, Endpoint::ipv4(i, 1, 1, 1, 40'000));
    EXPECT_EQ(keeper_.admit(peers_, other, kUnixNow), Admission::evict_first)
        << "11 of 125 are for ours";

    keeper_.ban(other.ip, kUnixNow + 100, kUnixNow, false);
    EXPECT_EQ(keeper_.admit(peers_, other, kUnixNow + 99), Admission::banned);
    EXPECT_NE(keeper_.admit(peers_, other, kUnixNow + 100), Admission::banned);
    keeper_.ban(other.ip, kUnixNow + 1'000, kUnixNow, true);
    ASSERT_EQ(keeper_.bans(kUnixNow).size(), 1u);
    EXPECT_TRUE(keeper_.bans(kUnixNow)[0].manual);
    EXPECT_TRUE(keeper_.unban(other.ip));
    EXPECT_NE(keeper_.admit(peers_, other, kUnixNow), Admission::banned);
}

TEST_F(PeerKeeperTest, TheCrowdGivesWayNotTheOthers)
{
    // 30 honest peers from as many groups, there for long; then a crowd from one group.
    for (u8 i = 0; i < 30; ++i)
        test::add_ready(peers_, next_id_++, PeerKind::inbound,
                        Endpoint::ipv4(static_cast<u8>(20 + i), 1, 1, 1, 40'000), now_);
    now_ += 1h;
    const auto crowd = [&](u8 i) {
        now_ += 1s;
        test::add_ready(peers_, next_id_++, PeerKind::inbound, Endpoint::ipv4(66, 6, 1, i, 40'000),
                        now_);
    };
    for (u8 i = 0; i < 84; ++i) crowd(i);
    for (u8 i = 100; i < 200; ++i) {
        const PeerId victim = keeper_.victim(peers_);
        ASSERT_NE(victim, 0u);
        EXPECT_EQ(peers_.at(victim).endpoint.ip[12], 66);
        peers_.erase(victim);
        crowd(i);
    }
    EXPECT_EQ(std::count_if(peers_.begin(), peers_.end(),
                            [](const auto& p) { return p.second.endpoint.ip[12] != 66; }),
              30);
    // Whoever has not even shaken hands goes before anybody else.
    Peer& dallying = peers_[next_id_++];
    dallying.id = next_id_ - 1;
    dallying.session = std::make_unique<PeerSession>(Direction::inbound, SessionConfig{}, now_);
    EXPECT_EQ(keeper_.victim(peers_), dallying.id);
}

}  // namespace
}  // namespace adit::node::p2p
