#pragma once

#include "node/chain/chainstate.hpp"
#include "node/p2p/peer.hpp"

/// Headers first: learn the best chain's headers, and prove their work, before asking for bodies.
namespace adit::node::p2p {

inline constexpr UnixTime kTipIsOld_s = 24 * 3600;  ///< one peer is asked until the tip is younger
inline constexpr Duration kHeadersPatience = 2s;  ///< for an answer, then another is asked as well
inline constexpr Duration kHeadersPatienceMax = 30s;  ///< on a slow line
inline constexpr int kAskedInstead = 2;               ///< of a late one
inline constexpr Duration kHeadersTime = 60s;         ///< for an answer, then the peer is sent away
inline constexpr int kUnconnectingMax = 10;  ///< headers without a known parent, per 20 points
inline constexpr std::size_t kPresyncInboundMax = 4;  ///< inbound peers proving work at a time
inline constexpr Duration kPresyncPause = 1min;       ///< after one in vain, until the peer's next
/// A first pass for itself: so long and 1 ms for each header the chain may have; then others are
/// asked besides.
inline constexpr Duration kPresyncAlone = 10s;
inline constexpr Duration kBehindTime = 20min;  ///< an outbound peer's time to catch up with us
inline constexpr Duration kBehindAnswerTime = 2min;

/// The tip, ten single steps, then doubling ones, genesis last.
std::vector<BlockHash> locator_of(const chain::BlockNode& node);

class HeaderSync {
public:
    /// @param chain   the caller runs on its chain thread
    HeaderSync(chain::Chainstate& chain, const Clock& clock) : chain_(chain), clock_(clock) {}

    void on_ready(Peer& peer, const Peers& peers);
    /// @param others_sync  whether another peer is being asked, too
    void on_headers(Peer& peer, const Headers& message, bool others_sync);
    /// Whether some peer other than this one is being asked.
    static bool others_sync(const Peer& peer, const Peers& peers);
    /// A block we do not know was announced by hash.
    void on_announced(Peer& peer, const BlockHash& hash);
    void on_tick(Peers& peers);

    /// Whether the tip is recent enough, and has enough work, to take part in relaying and to ask
    /// everybody.
    bool caught_up() const;
    /// Whether children of this block that nobody asked for may be stored: its branch could be
    /// followed, and has the work that the spec asks for.
    bool worth_storing(const chain::BlockNode& parent) const;

private:
    void ask(Peer& peer, const chain::BlockNode& from);
    void ask(Peer& peer, Locator locator);
    void store(Peer& peer, std::span<const BlockHeader> headers, chain::HeaderCheck check);
    void begin_presync(Peer& peer, const chain::BlockNode& parent);
    void presync(Peer& peer, const std::vector<BlockHeader>& headers);
    void end_presync(Peer& peer);
    Duration presync_patience() const;
    bool has_least_work(const chain::BlockNode& node) const;
    /// Forks off so deep that its blocks could never be followed: nothing of it is stored.
    bool too_deep(const chain::BlockNode& parent) const;
    void note_best(Peer& peer, const chain::BlockNode& node);
    bool is_chain(const std::vector<BlockHeader>& headers) const;

    void start(Peer& peer);
    bool somebody_syncs(const Peers& peers) const;

    chain::Chainstate& chain_;
    const Clock& clock_;
    std::size_t presyncing_inbound_ = 0;  ///< as of the last tick, and those begun since
    Duration patience_ = kHeadersPatience;
    bool first_pass_done_ = false;  ///< a peer had no more headers for us
};

}  // namespace adit::node::p2p
