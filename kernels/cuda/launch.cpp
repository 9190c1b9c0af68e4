#include "kernels/cuda/cuda_solver.hpp"

// What is queued for a batch, as a captured graph or kernel by kernel, and what each kernel takes.
namespace adit::cuda {

using dialect::kTallyWords;
using solver::DeviceError;

/// Batches that overlap share one.
cudaStream_t CudaSolver::stream_of(const Flight& flight) const
{
    return layout_.policy.overlap ? flights_.front().stream.get() : flight.stream.get();
}

/// Fill counters and tallies of `nonces` nonces.
cudaError_t CudaSolver::clear(Flight& flight, u32 nonces)
{
    const std::size_t bytes = std::size_t{4} * (layout_.fill_words + kTallyWords);
    return cudaMemset2DAsync(at(flight, places_.fills), nonce_pitch(bytes), 0, bytes, nonces,
                             stream_of(flight));
}

cudaError_t CudaSolver::read_back(Flight& flight, u32 nonces)
{
    const std::size_t bytes = std::size_t{4} * results_words_;
    return cudaMemcpy2DAsync(flight.results.get(), bytes, at(flight, places_.tallies),
                             nonce_pitch(bytes), bytes, nonces, cudaMemcpyDeviceToHost,
                             stream_of(flight));
}

/// Calls launch_one(the kernel's arguments, blocks) for each slice of `launch`.
void CudaSolver::each_slice(Flight& flight, const Launch& launch, const auto& launch_one)
{
    dialect::for_each_slice(launch.blocks, launch.slice_blocks, [&](u32 first, u32 blocks) {
        dialect::cuda::Arena arena = flight.arena;
        arena.first_block = first;
        void* arguments[]{&arena, flight.midstates.data()};
        launch_one(arguments, blocks);
    });
}

cudaKernelNodeParams CudaSolver::node_params(const Launch& launch, void** arguments,
                                             u32 blocks) const
{
    cudaKernelNodeParams params{};
    params.func = const_cast<void*>(launch.function);
    params.gridDim = dim3(blocks, batch_);
    params.blockDim = dim3(launch.group);
    params.sharedMemBytes = launch.shared_bytes;
    params.kernelParams = arguments;
    return params;
}

cudaError_t CudaSolver::launch(Flight& flight, const Launch& launch, u32 nonces)
{
    Steps steps;
    each_slice(flight, launch, [&](void** arguments, u32 blocks) {
        steps(cudaLaunchKernel, launch.function, dim3(blocks, nonces), dim3(launch.group),
              arguments, launch.shared_bytes, stream_of(flight));
    });
    return steps.error();
}

/// A full batch as one launch: clear, kernels, read back. Only the midstates change from run to
/// run.
cudaError_t CudaSolver::build_graph(Flight& flight)
{
    Steps steps;
    cudaGraphNode_t before = nullptr;
    cudaMemsetParams clear_params{};
    clear_params.dst = at(flight, places_.fills);
    clear_params.elementSize = 4;
    clear_params.width = layout_.fill_words + kTallyWords;
    clear_params.pitch = nonce_pitch(4 * clear_params.width);
    clear_params.height = batch_;
    steps(cudaGraphCreate, flight.nodes.out(), 0u);
    steps([&] {
        return cudaGraphAddMemsetNode(&before, flight.nodes.get(), nullptr, 0, &clear_params);
    });
    for (Launch& one : flight.launches) {
        each_slice(flight, one, [&](void** arguments, u32 blocks) {
            const cudaKernelNodeParams params = node_params(one, arguments, blocks);
            steps([&] {
                return cudaGraphAddKernelNode(&one.node, flight.nodes.get(), &before, 1, &params);
            });
            before = one.node;
        });
    }
    cudaMemcpy3DParms copy{};
    const std::size_t row_bytes = std::size_t{4} * results_words_;
    const std::size_t nonce_bytes = nonce_pitch(row_bytes);
    copy.srcPtr = {at(flight, places_.tallies), nonce_bytes, nonce_bytes, batch_};
    copy.dstPtr = {flight.results.get(), row_bytes, row_bytes, batch_};
    copy.extent = {row_bytes, batch_, 1};
    copy.kind = cudaMemcpyDeviceToHost;
    cudaGraphNode_t copied = nullptr;
    steps([&] { return cudaGraphAddMemcpyNode(&copied, flight.nodes.get(), &before, 1, &copy); });
    steps([&] { return cudaGraphInstantiate(flight.graph.out(), flight.nodes.get(), 0); });
    return steps.error();
}

void CudaSolver::set_midstates(Flight& flight, std::span<const equihash::PowInput> inputs) const
{
    for (std::size_t i = 0; i < inputs.size(); ++i)
        flight.midstates[i] = hash::header_midstate(hash_params_, inputs[i].view());
}

cudaError_t CudaSolver::start(Flight& flight)
{
    const u32 nonces = static_cast<u32>(flight.inputs.size());
    set_midstates(flight, flight.inputs);
    Steps steps;
    if (nonces == batch_ && use_graph_) {
        for (const Launch& one : flight.launches) {
            if (!one.hashes) continue;
            each_slice(flight, one, [&](void** arguments, u32 blocks) {
                const cudaKernelNodeParams params = node_params(one, arguments, blocks);
                steps([&] {
                    return cudaGraphExecKernelNodeSetParams(flight.graph.get(), one.node, &params);
                });
            });
        }
        steps(cudaGraphLaunch, flight.graph.get(), flight.stream.get());
    } else {
        steps([&] { return clear(flight, nonces); });
        for (const Launch& one : flight.launches)
            steps([&] { return launch(flight, one, nonces); });
        steps([&] { return read_back(flight, nonces); });
    }
    steps(cudaEventRecord, flight.done.get(), flight.stream.get());
    return steps.error();
}

Result<std::vector<solver::Phase>, DeviceError> CudaSolver::time_phases(
    const equihash::PowInput& input)
{
    Flight& flight = flights_.front();
    flight.inputs.assign(batch_, input);
    Steps steps;
    steps(cudaSetDevice, device_);
    steps([&] { return start(flight); });  // memory touched, kernels loaded
    for (const Launch& probe : flight.probes) steps([&] { return launch(flight, probe, batch_); });
    steps(cudaStreamSynchronize, flight.stream.get());
    std::vector<const Launch*> timed;
    for (const Launch& probe : flight.probes) timed.push_back(&probe);
    for (const Launch& one : flight.launches) timed.push_back(&one);
    std::vector<Event> marks(timed.size() + 1);
    for (Event& mark : marks) steps(cudaEventCreateWithFlags, mark.out(), 0u);
    steps([&] { return clear(flight, batch_); });
    steps(cudaEventRecord, marks[0].get(), flight.stream.get());
    for (std::size_t i = 0; i < timed.size(); ++i) {
        steps([&] { return launch(flight, *timed[i], batch_); });
        steps(cudaEventRecord, marks[i + 1].get(), flight.stream.get());
    }
    steps(cudaStreamSynchronize, flight.stream.get());
    std::vector<solver::Phase> phases;
    for (std::size_t i = 0; i < timed.size(); ++i) {
        float ms = 0;
        steps([&] { return cudaEventElapsedTime(&ms, marks[i].get(), marks[i + 1].get()); });
        phases.push_back({timed[i]->name, ms / 1e3 / batch_});
    }
    flight.inputs.clear();
    if (!steps.good()) return lost(steps.error());
    return phases;
}

}  // namespace adit::cuda
