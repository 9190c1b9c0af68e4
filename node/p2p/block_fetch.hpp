#pragma once

#include <unordered_map>

#include "node/chain/chainstate.hpp"
#include "node/p2p/peer.hpp"

/// Who is asked for which body: each block from one peer, along that peer's best chain, within a
/// window.
namespace adit::node::p2p {

inline constexpr u32 kFetchWindow = 1024;           ///< blocks above the last common one
inline constexpr std::size_t kBlocksInFlight = 16;  ///< a peer
inline constexpr Duration kStallTime = 2s;          ///< a peer holding up the window
inline constexpr Duration kStallTimeMax = 64s;      ///< the longest it grows to
inline constexpr u32 kUnrequestedAheadMax = 288;  ///< unasked blocks are kept so far above the tip

class BlockFetch {
public:
    BlockFetch(chain::Chainstate& chain, const Clock& clock) : chain_(chain), clock_(clock) {}

    /// Asks for what this peer has and we need.
    void fill(Peer& peer, Peers& peers);
    /// The block has come, from anybody. @return whether it had been asked for
    bool on_block(const BlockHash& hash, Peers& peers);
    /// The peer does not have it.
    void on_not_found(Peer& peer, const BlockHash& hash);
    /// The peer is gone: what it was asked for is free again.
    void on_gone(const Peer& peer);
    /// Sends stalling and late peers away.
    void on_tick(Peers& peers);

    std::size_t in_flight() const { return asked_.size(); }

private:
    void advance_last_common(Peer& peer) const;

    chain::Chainstate& chain_;
    const Clock& clock_;
    std::unordered_map<BlockHash, PeerId, HashOfHash> asked_;
    Duration stall_time_ = kStallTime;
};

}  // namespace adit::node::p2p
