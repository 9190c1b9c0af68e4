#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "kernels/base/clock.hpp"
#include "node/p2p/messages.hpp"

namespace adit::node::p2p {

using namespace std::chrono_literals;

inline constexpr Duration kHandshakeTime = 5s;  ///< from the first byte to verack both ways
inline constexpr Duration kPingInterval = 120s;
inline constexpr Duration kSilenceMax = 1200s;  ///< no pong, or no traffic at all
inline constexpr int kMisbehaviourMax = 100;    ///< points at which a peer is sent away

enum class Direction { inbound, outbound };

/// Why a connection ended: words for logs and getpeerinfo.
enum class CloseReason {
    remote_closed,
    handshake_timeout,
    silence,
    wire_error,
    malformed_message,
    wrong_chain,
    no_chain_id,
    obsolete_version,
    self_connection,
    duplicate,
    misbehaviour,
    evicted,
    stalled,
    no_useful_chain,
    shutdown,
};
std::string_view to_string(CloseReason reason);

/// What a session says of this node.
struct SessionConfig {
    Magic magic{};
    Hash256 chain_id;
    bool foreign_peers = false;  ///< the chain's spec lets peers in that send no chain id
    u64 services = kServiceNetwork | kServiceBodies;
    std::string user_agent;
    i32 height = 0;     ///< of our tip
    bool relay = true;  ///< false: blocks only
    u64 nonce = 0;      ///< of this connection
    NetAddress you;
    u16 listen_port = 0;  ///< where we take connections; 0: nowhere, or none of the peer's business
    UnixTime time = 0;
    /// Whether a nonce is of one of this node's own outbound connections.
    std::function<bool(u64)> is_own_nonce;
};

/// The handshake is done: what the peer said of itself.
struct PeerReady {
    Version version;
};
/// A message after the handshake; pings and the handshake's own are answered here and never come
/// out.
struct PeerMessage {
    Message message;
    std::size_t bytes = 0;  ///< of its payload
};
/// The connection is over; nothing follows.
struct PeerClosed {
    CloseReason reason{};
    std::string detail;
    bool discourage = false;  ///< the address earned a ban
};
using PeerEvent = std::variant<PeerReady, PeerMessage, PeerClosed>;

/// Counted from the connection's start.
struct PeerCounters {
    u64 bytes_in = 0;
    u64 bytes_out = 0;
    u64 messages_in = 0;
    u64 unknown_messages = 0;
};

/// A conversation with one peer: frames, handshake, pings, misbehaviour. Knows nothing of chains.
/// Bytes and time in, bytes and events out; owns no socket, timer or thread.
class PeerSession {
public:
    PeerSession(Direction direction, SessionConfig config, TimePoint now);

    /// What came in, cut anywhere. The owner takes the events after each call, so that they are
    /// bounded by the bytes it hands in at once.
    void on_bytes(ByteView bytes, TimePoint now);
    void on_tick(TimePoint now);
    void on_remote_closed();

    /// Queues a message; ignored once closed. Before the handshake's end only the session itself
    /// speaks.
    void send(const Message& message);
    /// A block as the store has it: serving needs no parsing.
    void send_stored_block(ByteView block);
    /// A `bodies` message of `count` entries: hash and transactions, as the store has them.
    void send_stored_bodies(std::size_t count, ByteView entries);

    /// Adds points for `why`; at kMisbehaviourMax the session closes and asks for the address's
    /// discouragement.
    void misbehave(int points, std::string_view why);
    void close(CloseReason reason, std::string detail = {});

    Bytes take_output();
    std::size_t output_bytes() const { return output_.size(); }  ///< waiting to be taken
    std::optional<PeerEvent> next_event();
    TimePoint wake_at() const;  ///< when on_tick is next worth a call

    Direction direction() const { return direction_; }
    bool ready() const { return state_ == State::ready; }
    bool closed() const { return state_ == State::closed; }
    const Version& peer_version() const { return peer_version_; }  ///< meaningful once ready
    const PeerCounters& counters() const { return counters_; }
    int misbehaviour() const { return misbehaviour_; }
    std::optional<Duration> ping_time() const { return ping_time_; }
    std::optional<Duration> ping_time_min() const { return ping_time_min_; }
    TimePoint started_at() const { return started_at_; }

private:
    enum class State { greeting, acknowledging, ready, closed };

    void say_version();
    void on_frame(const Frame& frame, TimePoint now);
    void on_version(const Version& version);
    void on_chain_id(const ChainId& chain_id);
    void on_verack(TimePoint now);
    void on_pong(const Pong& pong, TimePoint now);
    void write(const Message& message);
    void write(std::string_view command, ByteView payload);

    Direction direction_;
    SessionConfig config_;
    State state_ = State::greeting;
    FrameReader reader_;
    Bytes output_;
    std::deque<PeerEvent> events_;
    Version peer_version_;
    bool version_sent_ = false;
    bool chain_id_seen_ = false;
    int misbehaviour_ = 0;
    PeerCounters counters_;
    TimePoint started_at_;
    TimePoint heard_at_;
    TimePoint ping_due_;
    std::optional<TimePoint> ping_sent_at_;
    u64 ping_nonce_ = 0;
    std::optional<Duration> ping_time_;
    std::optional<Duration> ping_time_min_;
};

}  // namespace adit::node::p2p
