#include "kernels/opencl/opencl_solver.hpp"

#include <chrono>

// What is queued for a batch, and what it takes kernel by kernel.
namespace adit::opencl {

using dialect::kTallyWords;
using solver::DeviceError;

/// Bytes into its segment, control words included.
u64 OpenclSolver::bytes_at(const dialect::Place& place, u32 nonce) const
{
    const u64 control = place.segment == 0 ? dialect::kControlWords : 0;
    return 4 * (control + place.at + u64{places_.nonce_words[place.segment]} * nonce);
}

cl_int OpenclSolver::enqueue(Flight& flight, const Launch& launch, u32 nonces)
{
    cl_int error = CL_SUCCESS;
    dialect::for_each_slice(launch.blocks, launch.slice_blocks, [&](u32 first, u32 blocks) {
        if (error != CL_SUCCESS) return;
        error = flight.queue.enqueueNDRangeKernel(
            launch.kernel, cl::NDRange(std::size_t{first} * launch.group, 0),
            cl::NDRange(std::size_t{blocks} * launch.group, nonces), cl::NDRange(launch.group, 1));
    });
    return error;
}

/// What must be there before the hashing of `inputs`: their midstates, and counters at zero.
cl_int OpenclSolver::prepare(Flight& flight, std::span<const equihash::PowInput> inputs)
{
    // A flight's first batch may still be waiting in the queue when its second one is prepared.
    cl_int error = CL_SUCCESS;
    if (flight.midstates_written() != nullptr) error = wait({flight.midstates_written});
    if (error != CL_SUCCESS) return error;
    for (std::size_t i = 0; i < inputs.size(); ++i)
        flight.midstates_host[i] = hash::header_midstate(hash_params_, inputs[i].view());
    error = flight.queue.enqueueWriteBuffer(
        flight.midstates, CL_FALSE, 0, inputs.size() * sizeof(hash::HeaderMidstate),
        flight.midstates_host.data(), nullptr, &flight.midstates_written);
    for (u32 i = 0; i < inputs.size() && error == CL_SUCCESS; ++i)
        error = flight.queue.enqueueFillBuffer(flight.segments[places_.fills.segment], cl_uint{0},
                                               bytes_at(places_.fills, i),
                                               4 * (layout_.fill_words + kTallyWords));
    return error;
}

/// Tallies and the first solutions of flight.inputs, when all before it is done.
cl_int OpenclSolver::read_back(Flight& flight)
{
    cl_int error = CL_SUCCESS;
    flight.read.assign(flight.inputs.size(), {});
    for (u32 i = 0; i < flight.inputs.size() && error == CL_SUCCESS; ++i)
        error = flight.queue.enqueueReadBuffer(
            flight.segments[places_.tallies.segment], CL_FALSE, bytes_at(places_.tallies, i),
            4 * results_words_, flight.results.data() + std::size_t{i} * results_words_, nullptr,
            &flight.read[i]);
    return error == CL_SUCCESS ? flight.queue.flush() : error;
}

/// Queues everything for flight.inputs: zeroed counters, kernels, results.
cl_int OpenclSolver::start(Flight& flight)
{
    cl_int error = prepare(flight, flight.inputs);
    for (const Launch& launch : flight.launches)
        if (error == CL_SUCCESS)
            error = enqueue(flight, launch, static_cast<u32>(flight.inputs.size()));
    return error == CL_SUCCESS ? read_back(flight) : error;
}

Result<std::vector<solver::Phase>, DeviceError> OpenclSolver::time_phases(
    const equihash::PowInput& input)
{
    Flight& flight = flights_.front();
    flight.inputs = {input};
    cl_int error = start(flight);  // memory touched, kernels ready
    for (const Launch& probe : flight.probes)
        if (error == CL_SUCCESS) error = enqueue(flight, probe, 1);
    if (error == CL_SUCCESS) error = flight.queue.finish();
    if (error == CL_SUCCESS)
        error = flight.queue.enqueueFillBuffer(flight.segments[places_.fills.segment], cl_uint{0},
                                               bytes_at(places_.fills, 0),
                                               4 * (layout_.fill_words + kTallyWords));
    if (error == CL_SUCCESS) error = flight.queue.finish();
    std::vector<solver::Phase> phases;
    const auto time = [&](const Launch& launch) {
        if (error != CL_SUCCESS) return;
        const auto begun = std::chrono::steady_clock::now();
        error = enqueue(flight, launch, 1);
        if (error == CL_SUCCESS) error = flight.queue.finish();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
        phases.push_back({launch.name, took.count()});
    };
    for (const Launch& probe : flight.probes) time(probe);
    for (const Launch& launch : flight.launches) time(launch);
    flight.inputs.clear();
    if (error != CL_SUCCESS) return lost(error);
    return phases;
}

}  // namespace adit::opencl
