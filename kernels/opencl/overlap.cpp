#include <fmt/format.h>

#include "kernels/opencl/opencl_solver.hpp"

// Batches whose rounds run in one launch with the hashing of the next batch (dialect/rounds.eqk):
// two flights on one queue, so that they overlap on devices that run queues one after the other.
namespace adit::opencl {

/// One queue for both, and kernels that see both.
cl_int OpenclSolver::join_flights(const cl::Program& program)
{
    flights_[1].queue = flights_[0].queue;
    cl_int error = CL_SUCCESS;
    for (std::size_t i = 0; i < 2; ++i)
        for (u32 r = 1; r < layout_.params.k && error == CL_SUCCESS; ++r) {
            const Flight& next = flights_[1 - i];
            cl::Kernel kernel(program, fmt::format("adit_overlap_{}", r).c_str(), &error);
            for (u32 at = 0; at < dialect::kSegmentsMax && error == CL_SUCCESS; ++at) {
                error = kernel.setArg(at, flights_[i].segments[at]);
                if (error == CL_SUCCESS)
                    error = kernel.setArg(dialect::kSegmentsMax + at, next.segments[at]);
            }
            if (error == CL_SUCCESS)
                error = kernel.setArg(2 * dialect::kSegmentsMax, next.midstates);
            flights_[i].overlaps.push_back(std::move(kernel));
        }
    return error;
}

/// Everything for flight.inputs, which are hashed already, and the hashing of next.hashed.
cl_int OpenclSolver::start_overlapped(Flight& flight, const Flight& next)
{
    const u32 nonces = static_cast<u32>(flight.inputs.size());
    const u32 group = layout_.policy.round_group;
    cl_int error = CL_SUCCESS;
    dialect::for_each_share(layout_, [&](const dialect::Share& share) {
        cl::Kernel& kernel = flight.overlaps[share.round - 1];
        const u32 tiles = next.hashed.empty() ? 0 : share.tiles;
        u32 argument = 2 * dialect::kSegmentsMax + 1;
        for (const u32 value : {share.first_bucket, share.buckets, share.first_tile, tiles})
            if (error == CL_SUCCESS) error = kernel.setArg(argument++, value);
        if (error == CL_SUCCESS)
            error = flight.queue.enqueueNDRangeKernel(
                kernel, cl::NullRange,
                cl::NDRange(std::size_t{share.buckets + tiles} * group, nonces),
                cl::NDRange(group, 1));
    });
    const std::size_t rounds = layout_.params.k;  // the hash and k - 1 rounds are launched already
    for (std::size_t i = rounds; i < flight.launches.size() && error == CL_SUCCESS; ++i)
        error = enqueue(flight, flight.launches[i], nonces);
    return error == CL_SUCCESS ? read_back(flight) : error;
}

cl_int OpenclSolver::solve_overlapped(solver::NonceBatches& batches, const std::stop_token& stop,
                                      solver::SolveReport& report)
{
    cl_int error = CL_SUCCESS;
    const auto take = [&](Flight& flight) {
        flight.hashed = batches.take(layout_.policy.batch);
        return flight.hashed.empty() ? CL_SUCCESS : prepare(flight, flight.hashed);
    };
    const auto gather = [&](Flight& flight) {
        if (flight.inputs.empty() || error != CL_SUCCESS) return;
        error = wait(flight.read);
        if (error == CL_SUCCESS && !stop.stop_requested()) error = finish(flight, report);
    };
    std::size_t turn = 0;
    if (!stop.stop_requested()) {
        Flight& first = flights_.front();
        error = take(first);
        if (error == CL_SUCCESS && !first.hashed.empty())
            error = enqueue(first, first.launches.front(), static_cast<u32>(first.hashed.size()));
    }
    // While a flight's rounds run, the other's are queued behind them.
    for (; error == CL_SUCCESS && !flights_[turn].hashed.empty(); turn = 1 - turn) {
        Flight& flight = flights_[turn];
        Flight& next = flights_[1 - turn];
        gather(flight);
        if (error != CL_SUCCESS || stop.stop_requested()) return error;
        flight.inputs = std::exchange(flight.hashed, {});
        error = take(next);
        if (error == CL_SUCCESS) error = start_overlapped(flight, next);
    }
    gather(flights_[turn]);
    if (!stop.stop_requested()) gather(flights_[1 - turn]);
    return error;
}

}  // namespace adit::opencl
