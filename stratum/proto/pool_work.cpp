#include "stratum/proto/pool_work.hpp"

#include <algorithm>

#include "kernels/base/compact.hpp"
#include "kernels/base/endian.hpp"
#include "stratum/proto/share.hpp"

namespace adit::stratum {

const PoolOrigin* pool_origin(const Work& work)
{
    return dynamic_cast<const PoolOrigin*>(work.origin.get());
}

ByteView previous_hash(const Work& work) { return work.input.view().subspan(4, 32); }

Work make_work(const Notify& notify, const NoncePart& nonce_1, const U256& share_target,
               const Algorithm& algorithm, u64 session, u32 pool)
{
    auto origin = std::make_shared<PoolOrigin>();
    origin->job = notify.job;
    origin->nonce_1 = nonce_1;
    origin->session = session;
    origin->pool = pool;

    Work work;
    work.id = notify.job.text;
    work.params = algorithm.params;
    work.personalization = algorithm.personalization;
    std::copy(notify.header.begin(), notify.header.end(), work.input.header.begin());
    nonce_1.place(work.input);
    work.prefix_bytes = static_cast<u32>(nonce_1.size());
    work.share_target = share_target;
    work.pays_shares = true;
    const CompactTarget block = decode_compact(load_le<u32>(notify.header.data() + 104));
    if (block.usable()) work.block_target = block.target;
    work.origin = std::move(origin);
    return work;
}

std::optional<Submit> make_submit(const Work& work, std::string_view worker, ByteView nonce,
                                  const equihash::MinimalSolution& solution)
{
    const PoolOrigin* origin = pool_origin(work);
    if (origin == nullptr) return std::nullopt;
    const auto nonce_2 = origin->nonce_1.nonce_2_of(nonce);
    if (!nonce_2) return std::nullopt;
    Submit message;
    message.worker = worker;
    message.job = origin->job;
    std::copy_n(work.input.header.begin() + 100, 4, message.time.begin());
    message.nonce_2.assign(nonce_2->begin(), nonce_2->end());
    message.solution = with_length_prefix(solution.bytes);
    return message;
}

}  // namespace adit::stratum
