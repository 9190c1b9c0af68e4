#include "node/p2p/peer_session.hpp"

#include <gtest/gtest.h>

#include <map>

namespace adit::node::p2p {
namespace {

const Magic kSessionMagic{0xad, 0x17, 0x00, 0x01};

Hash256 id_of(u8 chain)
{
    Hash256 id;
    id.bytes[0] = chain;
    return id;
}

SessionConfig config_of(u8 chain, u64 nonce)
{
    SessionConfig config;
    config.magic = kSessionMagic;
    config.chain_id = id_of(chain);
    config.user_agent = "/adit:test/";
    config.nonce = nonce;
    config.height = 7;
    return config;
}

/// Two sessions on a wire without delay.
struct Pair {
    TimePoint now{};
    PeerSession out;
    PeerSession in;
    std::string log;

    explicit Pair(SessionConfig outbound, SessionConfig inbound)
        : out(Direction::outbound, std::move(outbound), now),
          in(Direction::inbound, std::move(inbound), now)
    {
        settle();
    }

    void settle()
    {
        for (bool moved = true; moved;) {
            moved = false;
            for (auto [from, to] : {std::pair{&out, &in}, std::pair{&in, &out}}) {
                const Bytes bytes = from->take_output();
                moved |= !bytes.empty();
                to->on_bytes(bytes, now);
            }
            note("out", out);
            note("in", in);
        }
    }

    void note(const char* who, PeerSession& session)
    {
        while (auto event = session.next_event()) {
            log += std::string(who) + ":";
            if (std::holds_alternative<PeerReady>(*event)) log += "ready ";
            if (const auto* m = std::get_if<PeerMessage>(&*event))
                log += std::string(command_of(m->message)) + " ";
            if (const auto* c = std::get_if<PeerClosed>(&*event))
                log += std::string(to_string(c->reason)) + " ";
        }
    }

    void advance(Duration by)
    {
        now += by;
        out.on_tick(now);
        in.on_tick(now);
        settle();
    }
};

TEST(PeerSession, ShakesHandsAndPassesMessages)
{
    Pair pair(config_of(1, 10), config_of(1, 20));
    EXPECT_EQ(pair.log, "out:ready in:ready ");
    EXPECT_EQ(pair.in.peer_version().user_agent, "/adit:test/");
    pair.out.send(GetAddr{});
    pair.in.send(Inv{});
    pair.settle();
    EXPECT_EQ(pair.log, "out:ready in:ready out:inv in:getaddr ");
}

TEST(PeerSession, PartsFromAnotherChain)
{
    Pair pair(config_of(1, 10), config_of(2, 20));
    EXPECT_NE(pair.log.find("wrong_chain"), std::string::npos) << pair.log;
    EXPECT_EQ(pair.log.find("ready"), std::string::npos) << pair.log;
}

TEST(PeerSession, PartsFromItself)
{
    SessionConfig inbound = config_of(1, 20);
    inbound.is_own_nonce = [](u64 nonce) { return nonce == 10; };
    Pair pair(config_of(1, 10), inbound);
    EXPECT_EQ(pair.log, "in:self_connection ");
}

/// A peer played by hand: what each opening leads to.
std::string opening(bool foreign_peers, const std::vector<Message>& messages)
{
    SessionConfig config = config_of(1, 20);
    config.foreign_peers = foreign_peers;
    PeerSession session(Direction::inbound, config, TimePoint{});
    for (const Message& message : messages)
        session.on_bytes(write_message(kSessionMagic, message), TimePoint{});
    std::string log;
    while (auto event = session.next_event()) {
        if (std::holds_alternative<PeerReady>(*event)) log += "ready ";
        if (const auto* m = std::get_if<PeerMessage>(&*event))
            log += std::string(command_of(m->message)) + " ";
        if (const auto* c = std::get_if<PeerClosed>(&*event))
            log += std::string(to_string(c->reason)) + " ";
    }
    return log + std::to_string(session.misbehaviour());
}

TEST(PeerSession, KnowsEveryOpening)
{
    const Version hello{};
    Version old;
    old.protocol = kProtocolVersionMin - 1;
    struct Row {
        bool foreign_peers;
        std::vector<Message> messages;
        std::string story;
    };
    const std::vector<Row> rows{
        {false, {hello, ChainId{id_of(1)}, Verack{}}, "ready 0"},
        {false, {hello, Verack{}}, "no_chain_id 0"},
        {true, {hello, Verack{}}, "ready 0"},
        {true, {hello, ChainId{id_of(2)}, Verack{}}, "wrong_chain 0"},
        {false, {old}, "obsolete_version 0"},
        {false, {Verack{}}, "1"},
        {false, {ChainId{id_of(1)}}, "1"},
        {false, {GetAddr{}}, "1"},
        {false,
         {Ping{1}, Ping{2}, hello, ChainId{id_of(1)}, Verack{}, GetAddr{}},
         "ready getaddr 2"},
        {false, {hello, hello}, "1"},
        {false, {hello, ChainId{id_of(1)}, ChainId{id_of(1)}, Verack{}}, "ready 1"},
        {false, {hello, ChainId{id_of(1)}, Verack{}, Verack{}, hello}, "ready 2"},
        {false,
         {hello, ChainId{id_of(1)}, Verack{}, Unknown{"sendcmpct"}, GetAddr{}},
         "ready getaddr 0"},
    };
    for (std::size_t i = 0; i < rows.size(); ++i)
        EXPECT_EQ(opening(rows[i].foreign_peers, rows[i].messages), rows[i].story) << "row " << i;
}

TEST(PeerSession, GivesALateHandshakeUp)
{
    PeerSession session(Direction::inbound, config_of(1, 20), TimePoint{});
    session.on_tick(TimePoint{} + kHandshakeTime - 1ms);
    EXPECT_FALSE(session.closed());
    EXPECT_EQ(session.wake_at(), TimePoint{} + kHandshakeTime);
    session.on_bytes(ByteView(kSessionMagic).first(1),
                     TimePoint{} + kHandshakeTime - 1ms);  // a byte buys no time
    session.on_tick(TimePoint{} + kHandshakeTime);
    EXPECT_TRUE(session.closed());
}

TEST(PeerSession, PingsAndMeasures)
{
    Pair pair(config_of(1, 10), config_of(1, 20));
    EXPECT_FALSE(pair.out.ping_time());
    pair.advance(0s);
    EXPECT_TRUE(pair.out.ping_time());
    const u64 messages = pair.in.counters().messages_in;
    pair.advance(kPingInterval);
    EXPECT_EQ(pair.in.counters().messages_in, messages + 2);  // a ping, and the pong of its own
    for (int i = 0; i < 30; ++i) pair.advance(kPingInterval);
    EXPECT_FALSE(pair.out.closed());
}

TEST(PeerSession, LeavesASilentPeer)
{
    Pair pair(config_of(1, 10), config_of(1, 20));
    for (Duration gone{}; gone < kSilenceMax; gone += 60s) {
        EXPECT_FALSE(pair.out.closed());
        pair.now += 60s;
        pair.out.on_tick(pair.now);
        pair.out.take_output();
    }
    EXPECT_TRUE(pair.out.closed());
}

TEST(PeerSession, SendsAMisbehavingPeerAway)
{
    Pair pair(config_of(1, 10), config_of(1, 20));
    pair.in.misbehave(50, "high-hash");
    EXPECT_FALSE(pair.in.closed());
    pair.in.misbehave(50, "high-hash");
    EXPECT_TRUE(pair.in.closed());
    const auto event = pair.in.next_event();
    ASSERT_TRUE(event);
    EXPECT_TRUE(std::get<PeerClosed>(*event).discourage);
    EXPECT_EQ(std::get<PeerClosed>(*event).detail, "high-hash");
}

TEST(PeerSession, TellsTheSameStoryHoweverTheBytesAreCut)
{
    Bytes stream;
    for (const Message& message :
         std::initializer_list<Message>{Version{}, ChainId{id_of(1)}, Verack{}, Ping{4}, GetAddr{}})
        append(stream, write_message(kSessionMagic, message));
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        PeerSession session(Direction::inbound, config_of(1, 20), TimePoint{});
        session.on_bytes(ByteView(stream).first(cut), TimePoint{});
        session.on_bytes(ByteView(stream).subspan(cut), TimePoint{});
        int events = 0;
        while (session.next_event()) ++events;
        EXPECT_EQ(events, 2) << cut;
        EXPECT_EQ(session.counters().messages_in, 5u) << cut;
    }
}

TEST(PeerSession, EndsOnGarbageWithoutHoardingIt)
{
    PeerSession session(Direction::inbound, config_of(1, 20), TimePoint{});
    session.on_bytes(Bytes(100'000, 'x'), TimePoint{});
    EXPECT_TRUE(session.closed());
    session.send(GetAddr{});
    EXPECT_EQ(session.output_bytes(), 0u);
}

}  // namespace
}  // namespace adit::node::p2p
