#pragma once

#include "stratum/proto/messages.hpp"
#include "stratum/proto/work_source.hpp"

namespace adit::stratum {

/// What a pool's session keeps of a job besides the `Job` itself.
struct PoolOrigin final : JobOrigin {
    JobId id;
    NoncePart nonce_1;
    u64 session = 0;  ///< which connection it came over; counts up through the program's life
};

/// Null when `job` does not come from a pool.
const PoolOrigin* pool_origin(const Job& job);

/// The 32 bytes of the block before, and of the merkle root, as they stand in the header.
ByteView previous_hash(const Job& job);

/// What mining.notify becomes once session, target and algorithm are known. `epoch` and `arrived`
/// are for the caller to fill.
Job make_job(const Notify& notify, const NoncePart& nonce_1, const U256& share_target,
             const Algorithm& algorithm, u64 session);

/// The mining.submit of a solution; nullopt when job or nonce are not of a pool's making.
std::optional<Submit> make_submit(const Job& job, std::string_view worker, ByteView nonce,
                                  const equihash::MinimalSolution& solution);

}  // namespace adit::stratum
