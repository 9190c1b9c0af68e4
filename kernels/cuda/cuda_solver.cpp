#include "kernels/cuda/cuda_solver.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/base/check.hpp"
#include "kernels/dialect/collect.hpp"
#include "kernels/equihash/leaves.hpp"

namespace adit::cuda {
namespace {

using dialect::kControlWords;
using dialect::kSolutionsMax;
using dialect::kTallyWords;
using dialect::Tally;
using solver::DeviceError;

constexpr u32 kReadAhead = 6;  ///< solutions of a nonce read back without asking; more are rare

}  // namespace

CudaSolver::CudaSolver(int device, const KernelSet& kernels, solver::SolverInfo info)
    : device_(device),
      kernels_(kernels),
      layout_(*kernels.layout),
      info_(std::move(info)),
      hash_params_(equihash::leaf_hash_params(info_.params, info_.personalization)),
      results_words_(kTallyWords + kReadAhead * layout_.indices)
{
    const auto places = dialect::plan_places(layout_);
    ADIT_CHECK(places && places->segments == 1);
    places_ = *places;
}

CudaSolver::~CudaSolver()
{
    cudaSetDevice(device_);
    for (Flight& flight : flights_)
        if (flight.stream.get() != nullptr) cudaStreamSynchronize(flight.stream.get());
}

Result<std::unique_ptr<CudaSolver>, DeviceError> CudaSolver::make(int device,
                                                                  const KernelSet& kernels,
                                                                  const Knobs& knobs,
                                                                  solver::SolverInfo info)
{
    std::unique_ptr<CudaSolver> made(new CudaSolver(device, kernels, std::move(info)));
    const u32 batch_max = kernels.layout->policy.batch;
    made->batch_ = knobs.batch == 0 ? batch_max : std::min(knobs.batch, batch_max);
    made->use_graph_ = knobs.graph && !kernels.layout->policy.overlap;
    Steps steps;
    steps(cudaSetDevice, device);
    steps(cudaStreamCreateWithFlags, made->control_.out(), cudaStreamNonBlocking);
    steps(cudaMallocHost, made->words_.out(), 2 * sizeof(u32));
    if (steps.good()) {
        static_cast<u32*>(made->words_.get())[0] = 0;
        static_cast<u32*>(made->words_.get())[1] = 1;
    }
    // The first batch is needed, with overlap the second too, and shrinks before the device is
    // called too small; others are welcome.
    const bool overlap = made->layout_.policy.overlap;
    const u32 needed = overlap ? 2 : 1;
    const u32 wanted = overlap ? 2 : knobs.flights;
    while (made->flights_.size() < wanted && steps.good()) {
        Flight flight;
        const cudaError_t error = made->open_flight(flight);
        if (error == cudaSuccess) {
            made->flights_.push_back(std::move(flight));
            continue;
        }
        cudaGetLastError();  // an allocation that failed is no lasting harm
        if (made->flights_.size() >= needed) break;
        if (error != cudaErrorMemoryAllocation || made->batch_ == 1) {
            steps([error] { return error; });
            break;
        }
        made->flights_.clear();
        made->batch_ = std::max(1u, made->batch_ / 2);
    }
    if (steps.error() == cudaErrorMemoryAllocation)
        return DeviceError{DeviceError::Word::out_of_memory,
                           fmt::format("{} has no {} MB free for ({})", made->info_.device_name,
                                       made->places_.arena_bytes(1) / 1'000'000 + 1,
                                       to_string(made->info_.params))};
    if (!steps.good()) return made->lost(steps.error());
    made->info_.memory_bytes = made->places_.arena_bytes(made->batch_) * made->flights_.size();
    return made;
}

/// From one nonce's share to the next, in bytes. A batch of one has no next, and the runtime
/// refuses pitches past 2^31, which the shares of the largest sets are.
std::size_t CudaSolver::nonce_pitch(std::size_t row_bytes) const
{
    return batch_ == 1 ? row_bytes : std::size_t{4} * places_.nonce_words[0];
}

u8* CudaSolver::at(const Flight& flight, const dialect::Place& place) const
{
    return static_cast<u8*>(flight.memory.get()) + 4 * (u64{kControlWords} + place.at);
}

cudaError_t CudaSolver::open_flight(Flight& flight)
{
    const u32 k = layout_.params.k;
    const dialect::Policy& policy = layout_.policy;
    const auto add = [&](std::string name, const void* function, u32 blocks, u32 group, u32 shared,
                         bool hashes, u32 slice_blocks = 0) {
        flight.launches.push_back({std::move(name), function, blocks, group, shared, hashes,
                                   slice_blocks != 0 ? slice_blocks : blocks});
    };
    add("hash", kernels_.hash, layout_.hash_blocks, policy.hash_group,
        layout_.rounds[0].shared_bytes, true);
    for (u32 r = 1; r < k; ++r)
        add(fmt::format("round {}", r), kernels_.rounds[r], layout_.tables[r - 1].buckets,
            policy.round_group, layout_.rounds[r].shared_bytes, false,
            layout_.tables[r - 1].slice_buckets);
    add("last", kernels_.last, layout_.tables[k - 1].buckets, policy.last_group,
        layout_.rounds[k].shared_bytes, false);
    add("expand", kernels_.expand, policy.expand_blocks, policy.expand_group,
        layout_.expand_shared_bytes, true);
    if (kernels_.hash_alone != nullptr)
        flight.probes.push_back(
            {"hash alone", kernels_.hash_alone, layout_.hash_blocks, policy.hash_group, 0, true});

    Steps steps;
    for (const Launch& one : flight.launches)
        steps([&] {
            return cudaFuncSetAttribute(one.function, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                        static_cast<int>(one.shared_bytes));
        });
    for (u32 r = 1; layout_.policy.overlap && r < k; ++r)
        steps([&] {
            return cudaFuncSetAttribute(kernels_.overlaps[r],
                                        cudaFuncAttributeMaxDynamicSharedMemorySize,
                                        static_cast<int>(overlap_shared_bytes(r)));
        });
    steps(cudaStreamCreateWithFlags, flight.stream.out(), cudaStreamNonBlocking);
    steps(cudaEventCreateWithFlags, flight.done.out(),
          cudaEventDisableTiming | cudaEventBlockingSync);
    steps([&] { return cudaMalloc(flight.memory.out(), places_.arena_bytes(batch_)); });
    steps([&] {
        return cudaMallocHost(flight.results.out(), std::size_t{4} * batch_ * results_words_);
    });
    if (!steps.good()) return steps.error();
    flight.arena.base = static_cast<u32*>(flight.memory.get()) + kControlWords;
    flight.arena.stop = static_cast<u32*>(flight.memory.get());
    flight.arena.nonce_words = places_.nonce_words[0];
    flight.arena.places = places_;
    flight.midstates.resize(policy.batch);
    // On a stream, and waited for: those here do not wait for the one without a name.
    steps(cudaMemsetAsync, flight.memory.get(), 0, std::size_t{4} * kControlWords,
          flight.stream.get());
    steps(cudaStreamSynchronize, flight.stream.get());
    if (use_graph_) steps([&] { return build_graph(flight); });
    return steps.error();
}

/// After the flight's event: adds what it found; the flight is free again.
cudaError_t CudaSolver::finish(Flight& flight, solver::SolveReport& report)
{
    Steps steps;
    u32* const results = static_cast<u32*>(flight.results.get());
    for (std::size_t i = 0; i < flight.inputs.size() && steps.good(); ++i) {
        const std::span<u32> one(results + i * results_words_, results_words_);
        const auto tallies = std::span<const u32, kTallyWords>(one.first(kTallyWords));
        std::span<u32> leaves = one.subspan(kTallyWords);
        std::vector<u32> all;
        const u32 count = std::min(tallies[Tally::solutions], kSolutionsMax);
        if (count > kReadAhead) {
            all.resize(std::size_t{count} * layout_.indices);
            steps([&] {
                return cudaMemcpy(
                    all.data(),
                    at(flight, places_.solutions) + 4 * i * std::size_t{places_.nonce_words[0]},
                    4 * all.size(), cudaMemcpyDeviceToHost);
            });
            leaves = all;
        }
        if (steps.good()) dialect::collect(layout_, flight.inputs[i], tallies, leaves, report);
    }
    flight.inputs.clear();
    return steps.error();
}

cudaError_t CudaSolver::set_stop_words(bool stop)
{
    Steps steps;
    steps(cudaSetDevice, device_);
    const u32* const word = static_cast<u32*>(words_.get()) + (stop ? 1 : 0);
    for (const Flight& flight : flights_)
        steps([&] {
            return cudaMemcpyAsync(flight.memory.get(), word, 4, cudaMemcpyHostToDevice,
                                   control_.get());
        });
    return steps.error();
}

DeviceError CudaSolver::lost(cudaError_t error) const
{
    return {DeviceError::Word::lost, fmt::format("{} ({}) stopped working: {}", info_.device_id,
                                                 info_.device_name, cudaGetErrorString(error))};
}

/// Each flight is a pipeline of its own.
cudaError_t CudaSolver::solve_in_turns(solver::NonceBatches& batches, const std::stop_token& stop,
                                       solver::SolveReport& report)
{
    Steps steps;
    const auto launch_next = [&](Flight& flight) {
        flight.inputs = batches.take(batch_);
        return start(flight);
    };
    for (Flight& flight : flights_)
        if (!batches.empty() && !stop.stop_requested()) steps([&] { return launch_next(flight); });
    for (std::size_t turn = 0; steps.good() && !flights_[turn].inputs.empty();
         turn = (turn + 1) % flights_.size()) {
        Flight& flight = flights_[turn];
        steps(cudaEventSynchronize, flight.done.get());
        if (!steps.good() || stop.stop_requested()) break;
        steps([&] { return finish(flight, report); });
        if (!batches.empty()) steps([&] { return launch_next(flight); });
    }
    return steps.error();
}

Result<solver::SolveReport, DeviceError> CudaSolver::solve(const equihash::PowInput& input,
                                                           const solver::NonceRange& range,
                                                           std::stop_token stop)
{
    solver::SolveReport report;
    solver::NonceBatches batches(input, range);
    Steps steps;
    steps(cudaSetDevice, device_);
    {
        // Blocks that have not begun when the job ends leave at once; what is under way then is
        // lost.
        std::stop_callback on_stop(stop, [this] { set_stop_words(true); });
        steps([&] {
            return layout_.policy.overlap ? solve_overlapped(batches, stop, report)
                                          : solve_in_turns(batches, stop, report);
        });
    }
    for (Flight& flight : flights_) {
        if (flight.inputs.empty() && flight.hashed.empty()) continue;
        flight.inputs.clear();
        flight.hashed.clear();
        steps(cudaStreamSynchronize, stream_of(flight));
    }
    if (stop.stop_requested()) {
        steps([&] { return set_stop_words(false); });
        steps(cudaStreamSynchronize, control_.get());
    }
    if (!steps.good()) return lost(steps.error());
    return report;
}

}  // namespace adit::cuda
