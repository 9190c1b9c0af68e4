#pragma once

#include <unordered_map>

#include "node/chain/chainstate.hpp"
#include "node/p2p/peer.hpp"

/// Who is asked for which body: each block from one peer, along that peer's best chain, within a
/// window. A peer with nothing left to ask takes over what another has kept waiting.
namespace adit::node::p2p {

inline constexpr u32 kFetchWindow = 1024;               ///< blocks above the last common one
inline constexpr std::size_t kBlocksInFlight = 16;      ///< a peer, of large blocks
inline constexpr std::size_t kBlocksInFlightMax = 128;  ///< a peer, of small ones
inline constexpr std::size_t kBytesInFlight = 1 << 20;  ///< as many small ones as make this up
inline constexpr Duration kStallTime = 2s;              ///< nothing from a peer while others idle
inline constexpr Duration kStallTimeMax = 64s;          ///< the longest it grows to
inline constexpr int kTakenOverMax = 3;  ///< times that a peer's single block comes from another
inline constexpr u32 kUnrequestedAheadMax = 288;  ///< unasked blocks are kept so far above the tip

class BlockFetch {
public:
    BlockFetch(chain::Chainstate& chain, const Clock& clock) : chain_(chain), clock_(clock) {}

    /// Asks for what this peer has and we need.
    void fill(Peer& peer, Peers& peers);
    /// The block has come, from anybody, in so many bytes. @return whether it had been asked for
    bool on_block(const BlockHash& hash, std::size_t bytes, Peers& peers);
    /// The peer does not have it.
    void on_not_found(Peer& peer, const BlockHash& hash);
    /// The peer is gone: what it was asked for is free again.
    void on_gone(const Peer& peer);
    /// Sends late peers away.
    void on_tick(Peers& peers);

    std::size_t in_flight() const { return asked_.size(); }

private:
    using Window = std::vector<const chain::BlockNode*>;

    Window window_of(const Peer& peer) const;
    void advance_last_common(Peer& peer) const;
    std::size_t in_flight_max() const;
    bool somebody_better(const Peers& peers) const;
    void ask(Peer& peer, const chain::BlockNode& block, GetData& request);
    bool is_late(const Peer& holder, const chain::BlockNode& block) const;
    void take_over(Peer& peer, const Window& window, Peers& peers, GetData& request);

    chain::Chainstate& chain_;
    const Clock& clock_;
    std::unordered_map<BlockHash, PeerId, HashOfHash> asked_;
    Duration stall_time_ = kStallTime;
    std::size_t mean_bytes_ = kBytesInFlight / kBlocksInFlight;  ///< of the blocks that came lately
};

}  // namespace adit::node::p2p
