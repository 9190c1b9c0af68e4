#pragma once

#include <optional>
#include <unordered_set>

#include "stratum/proto/nonce_part.hpp"

namespace adit::stratum::server {

/// Hands out nonce prefixes so that no two connections search the same nonces. Begins at a number
/// drawn at start-up, so that a restarted pool does not hand out what its clients held before.
class PrefixPool {
public:
    static constexpr std::size_t kPrefixBytes = 4;

    explicit PrefixPool(u32 first) : next_(first) {}

    NoncePart take();
    /// Takes this one out again, for a miner who comes back to its session; false when it is out.
    bool take(const NoncePart& prefix);
    void give_back(const NoncePart& prefix);

    std::size_t out() const { return out_.size(); }

private:
    u32 next_;
    std::unordered_set<u32> out_;
};

}  // namespace adit::stratum::server
