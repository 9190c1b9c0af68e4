#include "miner/work/batch_sizer.hpp"

#include <algorithm>

namespace adit::miner::work {

void BatchSizer::learn(u64 done, Duration took)
{
    if (done == 0) return;
    const double per_nonce =
        std::max(1e-7, std::chrono::duration<double>(took).count() / static_cast<double>(done));
    const double fitting = std::chrono::duration<double>(wanted_).count() / per_nonce;
    // At most four times more at once: the first batches carry start-up costs.
    const double bounded = std::min(fitting, static_cast<double>(nonces_) * 4);
    nonces_ = std::clamp<u64>(static_cast<u64>(bounded), 1, kNoncesMax);
}

}  // namespace adit::miner::work
