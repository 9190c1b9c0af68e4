#include <algorithm>

#include "kernels/cuda/cuda_solver.hpp"

// Batches whose rounds run in one launch with the hashing of the next batch (dialect/rounds.eqk):
// two flights on one stream.
namespace adit::cuda {

/// Of a launch that has blocks of both kinds.
u32 CudaSolver::overlap_shared_bytes(u32 round) const
{
    return std::max(layout_.rounds[0].shared_bytes, layout_.rounds[round].shared_bytes);
}

/// Everything for flight.inputs, which are hashed already, and the hashing of next.hashed.
cudaError_t CudaSolver::start_overlapped(Flight& flight, Flight& next)
{
    const u32 nonces = static_cast<u32>(flight.inputs.size());
    Steps steps;
    dialect::for_each_share(layout_, [&](dialect::Share share) {
        if (next.hashed.empty()) share.tiles = 0;
        void* arguments[]{&flight.arena,       &next.arena,    next.midstates.data(),
                          &share.first_bucket, &share.buckets, &share.first_tile,
                          &share.tiles};
        steps([&] {
            return cudaLaunchKernel(kernels_.overlaps[share.round],
                                    dim3(share.buckets + share.tiles, nonces),
                                    dim3(layout_.policy.round_group), arguments,
                                    overlap_shared_bytes(share.round), stream_of(flight));
        });
    });
    const std::size_t rounds = layout_.params.k;  // the hash and k - 1 rounds are launched already
    for (std::size_t i = rounds; i < flight.launches.size(); ++i)
        steps([&] { return launch(flight, flight.launches[i], nonces); });
    steps([&] { return read_back(flight, nonces); });
    steps(cudaEventRecord, flight.done.get(), stream_of(flight));
    return steps.error();
}

cudaError_t CudaSolver::solve_overlapped(solver::NonceBatches& batches, const std::stop_token& stop,
                                         solver::SolveReport& report)
{
    Steps steps;
    const auto take = [&](Flight& flight) {
        flight.hashed = batches.take(batch_);
        set_midstates(flight, flight.hashed);
        const u32 nonces = static_cast<u32>(flight.hashed.size());
        if (nonces != 0) steps([&] { return clear(flight, nonces); });
    };
    const auto gather = [&](Flight& flight) {
        if (flight.inputs.empty()) return;
        steps(cudaEventSynchronize, flight.done.get());
        if (!stop.stop_requested()) steps([&] { return finish(flight, report); });
    };
    if (!stop.stop_requested()) {
        Flight& first = flights_.front();
        take(first);
        const u32 nonces = static_cast<u32>(first.hashed.size());
        if (nonces != 0) steps([&] { return launch(first, first.launches.front(), nonces); });
    }
    // While a flight's rounds run, the other's are queued behind them.
    std::size_t turn = 0;
    for (; steps.good() && !flights_[turn].hashed.empty(); turn = 1 - turn) {
        Flight& flight = flights_[turn];
        Flight& next = flights_[1 - turn];
        gather(flight);
        if (!steps.good() || stop.stop_requested()) return steps.error();
        flight.inputs = std::exchange(flight.hashed, {});
        take(next);
        steps([&] { return start_overlapped(flight, next); });
    }
    gather(flights_[turn]);
    if (!stop.stop_requested()) gather(flights_[1 - turn]);
    return steps.error();
}

}  // namespace adit::cuda
