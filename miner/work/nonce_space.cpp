#include "miner/work/nonce_space.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"
#include "kernels/base/endian.hpp"

namespace adit::miner::work {
namespace {

constexpr u32 kCounterBytesMax = 8;
constexpr u32 kSaltBytes = 8;

}  // namespace

NonceSpace::NonceSpace(u32 prefix_bytes, u32 workers)
    : offset_(prefix_bytes),
      counter_bytes_(std::min<u32>(kCounterBytesMax, equihash::kNonceBytes - prefix_bytes)),
      workers_(workers)
{
    ADIT_CHECK(prefix_bytes < equihash::kNonceBytes);
    ADIT_CHECK(workers > 0);
}

solver::NonceRange NonceSpace::slice(u32 worker) const
{
    ADIT_CHECK(worker < workers_);
    // The last value of a full 64-bit counter goes unused: so `count` fits its 64 bits.
    const u64 values = counter_bytes_ == 8 ? ~u64{0} : u64{1} << (8 * counter_bytes_);
    const u64 share = values / workers_;
    const u64 rest = values % workers_;
    solver::NonceRange range;
    range.counter_offset = offset_;
    range.counter_bytes = counter_bytes_;
    range.first = share * worker + std::min<u64>(worker, rest);
    range.count = share + (worker < rest ? 1 : 0);
    return range;
}

void NonceSpace::place_salt(equihash::PowInput& input, u64 salt) const
{
    const u32 at = offset_ + counter_bytes_;
    if (at + kSaltBytes > equihash::kNonceBytes) return;
    store_le<u64>(input.header.data() + equihash::kNonceOffset + at, salt);
}

std::optional<solver::NonceRange> NonceCursor::take(u64 count)
{
    const u64 until_wrap = slice_.first + slice_.count - next_;
    const u64 granted = std::min({count, slice_.count - tried_, until_wrap});
    if (granted == 0) return std::nullopt;
    solver::NonceRange range = slice_;
    range.first = next_;
    range.count = granted;
    tried_ += granted;
    next_ += granted;
    if (next_ == slice_.first + slice_.count) next_ = slice_.first;
    return range;
}

}  // namespace adit::miner::work
