#include "stratum/proto/pool_job.hpp"

#include <algorithm>

#include "kernels/base/compact.hpp"
#include "kernels/base/endian.hpp"
#include "stratum/proto/share.hpp"

namespace adit::stratum {

const PoolOrigin* pool_origin(const Job& job)
{
    return dynamic_cast<const PoolOrigin*>(job.origin.get());
}

ByteView previous_hash(const Job& job) { return job.input.view().subspan(4, 32); }

Job make_job(const Notify& notify, const NoncePart& nonce_1, const U256& share_target,
             const Algorithm& algorithm, u64 session)
{
    auto origin = std::make_shared<PoolOrigin>();
    origin->id = notify.job;
    origin->nonce_1 = nonce_1;
    origin->session = session;

    Job job;
    job.id = notify.job.text;
    job.params = algorithm.params;
    job.personalization = algorithm.personalization;
    std::copy(notify.header.begin(), notify.header.end(), job.input.header.begin());
    nonce_1.place(job.input);
    job.prefix_bytes = static_cast<u32>(nonce_1.size());
    job.share_target = share_target;
    const CompactTarget block = decode_compact(load_le<u32>(notify.header.data() + 104));
    if (block.usable()) job.block_target = block.target;
    job.origin = std::move(origin);
    return job;
}

std::optional<Submit> make_submit(const Job& job, std::string_view worker, ByteView nonce,
                                  const equihash::MinimalSolution& solution)
{
    const PoolOrigin* origin = pool_origin(job);
    if (origin == nullptr) return std::nullopt;
    const auto nonce_2 = origin->nonce_1.nonce_2_of(nonce);
    if (!nonce_2) return std::nullopt;
    Submit message;
    message.worker = worker;
    message.job = origin->id;
    std::copy_n(job.input.header.begin() + 100, 4, message.time.begin());
    message.nonce_2.assign(nonce_2->begin(), nonce_2->end());
    message.solution = with_length(solution);
    return message;
}

}  // namespace adit::stratum
