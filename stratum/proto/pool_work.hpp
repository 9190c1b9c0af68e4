#pragma once

#include "stratum/proto/messages.hpp"
#include "stratum/proto/work_source.hpp"

namespace adit::stratum {

/// What a pool's session keeps of a job besides the `Work` itself.
struct PoolOrigin final : WorkOrigin {
    JobId job;
    NoncePart nonce_1;
    u64 session = 0;  ///< which connection it came over; counts up through the program's life
    u32 pool = 0;     ///< which of the configured pools, from 0
};

/// Null when `work` does not come from a pool.
const PoolOrigin* pool_origin(const Work& work);

/// The 32 bytes of the block before, as they stand in the header.
ByteView previous_hash(const Work& work);

/// What mining.notify becomes once session, target and algorithm are known. `epoch` and `arrived`
/// are for the caller to fill.
Work make_work(const Notify& notify, const NoncePart& nonce_1, const U256& share_target,
               const Algorithm& algorithm, u64 session, u32 pool);

/// The mining.submit of a solution; nullopt when work or nonce are not of a pool's making.
std::optional<Submit> make_submit(const Work& work, std::string_view worker, ByteView nonce,
                                  const equihash::MinimalSolution& solution);

}  // namespace adit::stratum
