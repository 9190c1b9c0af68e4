#pragma once

#include "node/chain/chainstate.hpp"
#include "node/p2p/block_fetch.hpp"
#include "node/p2p/diffusion.hpp"
#include "node/p2p/header_sync.hpp"
#include "node/p2p/peer_keeper.hpp"
#include "node/p2p/transaction_pool.hpp"
#include "node/p2p/tx_fetch.hpp"

/// The whole of a node's peers, without a socket: sessions, sync, relay, addresses. The daemon and
/// the simulator run this very class.
namespace adit::node::p2p {

inline constexpr std::size_t kUnwrittenBytesMax = 4 << 20;  ///< a slower reader is sent away
inline constexpr std::size_t kServePauseBytes = 1 << 20;  ///< no further block while so much waits
inline constexpr std::chrono::milliseconds kTickInterval{
    100};                                            ///< the rooms' clocks; sessions have their own
inline constexpr std::size_t kUnpublishedMax = 128;  ///< blocks connected before a sync to disk
inline constexpr Duration kUnpublishedTime = 500ms;
inline constexpr std::size_t kAnnouncedHeadersMax = 8;  ///< a longer branch is announced by its tip
inline constexpr std::size_t kGetBlocksMax = 500;
inline constexpr double kAddressesPerSecond = 0.1;  ///< taken from one peer on average
inline constexpr double kAddressBurst = 1'000;
inline constexpr Duration kAddressMean = 30s;  ///< batches of others' addresses
inline constexpr Duration kOwnAddressMean = 24h;
inline constexpr UnixTime kTipStale_s = 30 * 60;  ///< no block for so long: one peer more

struct NetworkConfig {
    std::string user_agent;
    RelayPolicy relay_policy = RelayPolicy::diffusion;
    KeeperLimits limits;
    /// Told to others; nullopt: the address at which each of them sees us, when we listen.
    std::optional<Endpoint> own_endpoint;
    u16 listen_port = 0;  ///< 0: we take no connections
};

/// A peer as getpeerinfo shows it.
struct PeerInfo {
    PeerId id = 0;
    PeerKind kind{};
    Endpoint endpoint;
    bool ready = false;
    Version version;
    PeerCounters counters;
    Duration connected_for{};
    std::optional<Duration> ping_time;
    std::optional<Duration> ping_time_min;
    int misbehaviour = 0;
    std::optional<u32> synced_headers;  ///< height of its best header we know
    std::optional<u32> synced_blocks;   ///< height of the last block in common
    std::vector<u32> in_flight;         ///< heights
};

/// Told what happens, for logs. The chain thread.
class NetworkListener {
public:
    virtual ~NetworkListener() = default;
    virtual void on_peer_ready(const PeerInfo&) {}
    virtual void on_peer_gone(const Endpoint&, PeerKind, CloseReason, const std::string& /*detail*/)
    {}
};

/// Runs on the chain thread. Every call may write to the transport; call `on_tick` at wake_at().
class Network final : public chain::ChainListener {
public:
    /// @param pool  null: no transactions are relayed
    Network(NetworkConfig config, const Hash256& chain_id, chain::Chainstate& chain,
            TransactionPool* pool, AddrBook book, Transport& transport, const Clock& clock,
            u64 seed);
    ~Network() override;

    // From the transport.
    /// A stranger connected. @return false: close it, nothing more will be said of it
    bool on_accepted(PeerId id, const Endpoint& from);
    void on_dialled(PeerId id);
    void on_dial_failed(PeerId id);
    void on_bytes(PeerId id, ByteView bytes);
    void on_written(PeerId id, std::size_t bytes);
    void on_closed(PeerId id);
    void on_tick();
    TimePoint wake_at() const;
    /// Ids for connections that come in; those we dial get theirs here too.
    PeerId next_id() { return next_id_++; }

    // From the operator and the rest of the node.
    void add_peer(const Endpoint& endpoint) { keeper_.add_manual(endpoint); }
    void try_peer(const Endpoint& endpoint) { keeper_.try_once(endpoint); }
    bool remove_peer(const Endpoint& endpoint) { return keeper_.remove_manual(endpoint); }
    bool disconnect(const Endpoint& endpoint);
    void add_seed(const Endpoint& endpoint);
    /// A transaction of our own, or one the pool took by another way, shall be told.
    void relay(const TxId& txid);
    void shut_down();

    std::vector<PeerInfo> peers() const;
    std::size_t connections() const { return peers_.size(); }
    PeerKeeper& keeper() { return keeper_; }
    AddrBook& addresses() { return book_; }
    u64 bytes_received() const { return bytes_received_; }
    u64 bytes_sent() const { return bytes_sent_; }
    /// Block-only peers, to be dialled first after a restart.
    std::vector<Endpoint> anchors() const;
    void set_listener(NetworkListener* listener) { listener_ = listener; }
    bool caught_up() const { return header_sync_.caught_up(); }

    void on_tip_changed(const chain::TipChange& change) override;

private:
    Peer& add(PeerId id, PeerKind kind, const Endpoint& endpoint);
    void start_session(Peer& peer, Direction direction);
    void drain(Peer& peer);
    void flush(Peer& peer);
    void drop(PeerId id, CloseReason reason, const std::string& detail);
    void on_ready(Peer& peer);
    void on_message(Peer& peer, const PeerMessage& event);
    void on_inventory(Peer& peer, const Inv& inv);
    void on_block(Peer& peer, const Block& block, std::size_t bytes);
    void on_bodies(Peer& peer, const Bodies& bodies, std::size_t bytes);
    void on_transaction(Peer& peer, const Transaction& tx);
    void on_addresses(Peer& peer, const Addr& addr);
    void on_not_found(Peer& peer, const NotFound& message);
    void settle_duplicates(const Endpoint& endpoint);
    void serve(Peer& peer);
    void serve_headers(Peer& peer, const Locator& locator);
    void serve_inventory(Peer& peer, const Locator& locator);
    void serve_addresses(Peer& peer);
    bool serve_block(Peer& peer, const BlockHash& hash);
    const chain::BlockNode* servable(const BlockHash& hash) const;
    std::optional<TimedAddress> own_address_for(const Peer& peer) const;
    const chain::BlockNode* start_of(const Locator& locator) const;
    void announce(Peer& peer, const chain::TipChange& change);
    void publish_if_due();
    void send_addresses(Peer& peer, TimePoint now);
    PeerInfo info_of(const Peer& peer) const;
    bool tip_is_stale() const;

    NetworkConfig config_;
    Hash256 chain_id_;
    chain::Chainstate& chain_;
    TransactionPool* pool_;
    AddrBook book_;
    Transport& transport_;
    const Clock& clock_;
    Random random_;
    PeerKeeper keeper_;
    HeaderSync header_sync_;
    BlockFetch block_fetch_;
    TxFetch tx_fetch_;
    Diffusion diffusion_;
    Peers peers_;
    std::map<PeerId, u64> own_nonces_;  ///< of our outbound connections
    NetworkListener* listener_ = nullptr;
    PeerId next_id_ = 1;
    TimePoint tick_due_{};
    std::size_t unpublished_ = 0;
    TimePoint unpublished_since_{};
    TimePoint tip_changed_at_;
    u64 bytes_received_ = 0;
    u64 bytes_sent_ = 0;
};

}  // namespace adit::node::p2p
