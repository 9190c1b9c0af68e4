#pragma once

#include <vector>

#include "node/chain/chainstate.hpp"
#include "node/p2p/messages.hpp"

namespace adit::node::p2p {

/// Messages of headers in one first pass: 8 million headers, 1.6 MB of memory.
inline constexpr std::size_t kPresyncMessagesMax = 50'000;

/// Proves that a peer's chain has the work the spec asks for before one header of it is stored.
/// The headers come twice, as in Bitcoin Core's headers presync (2022). In the first pass each is
/// checked by every rule, its Equihash solution, too, and let go: of a message of 160 only the last
/// hash is kept, and that commits to all of them. When the work is enough, they are asked for
/// again, compared with these hashes and given back to be stored, unchecked, for they are the same.
/// The chain thread.
class HeaderPresync {
public:
    /// @param start  a stored header; the peer's chain goes on from there
    HeaderPresync(const chain::Chainstate& chain, const chain::BlockNode& start);

    struct Outcome {
        std::optional<consensus::BlockError> refused;  ///< a header broke this rule
        bool failed = false;     ///< too little work, or not the chain it was: nothing comes of it
        std::size_t proven = 0;  ///< so many of these headers may be stored as they are
    };
    /// A message that follows `expected`, each header the next one's parent.
    Outcome on_headers(std::span<const BlockHeader> headers, UnixTime now);

    /// Everything that was proven has been given back.
    bool done() const { return fetching_ && given_back_ == last_hashes_.size(); }
    const BlockHash& expected() const { return expected_; }  ///< what the next message must follow
    Locator locator() const;                                 ///< asks for it
    std::size_t memory_bytes() const { return last_hashes_.capacity() * sizeof(BlockHash); }

private:
    Outcome prove(std::span<const BlockHeader> headers, UnixTime now);
    Outcome give_back(std::span<const BlockHeader> headers);
    consensus::Verdict check(const BlockHeader& header, UnixTime now) const;

    const chain::Chainstate& chain_;
    const chain::BlockNode& start_;
    BlockHash expected_;
    bool fetching_ = false;               ///< the second pass
    std::vector<BlockHash> last_hashes_;  ///< of each message of the first pass
    std::size_t given_back_ = 0;          ///< messages of the second pass

    // The end of the first pass's chain.
    Height height_;
    U256 work_;                                  ///< from genesis
    std::vector<consensus::Ancestor> ancestry_;  ///< newest first, as many as rules look at
};

}  // namespace adit::node::p2p
