#pragma once

#include <string>
#include <vector>

#include "kernels/cuda/handles.hpp"
#include "kernels/cuda/kernel_set.hpp"
#include "kernels/dialect/device_arena.hpp"
#include "kernels/solver/nonce_batches.hpp"

namespace adit::cuda {

/// What may be tuned without compiling anything.
struct Knobs {
    u32 batch = 0;    ///< nonces of one launch; 0: as the policy says
    u32 flights = 2;  ///< batches under way at once
    bool graph = true;
};

/// One NVIDIA device working on one (n, k): batches of nonces under way at once, each with memory,
/// a stream and a captured graph of its own, so that one's hashing runs beside the other's rounds.
/// The host sleeps while it waits.
class CudaSolver final : public solver::Solver {
public:
    /// `device` is the runtime's ordinal. Allocates everything, or says what was refused.
    static Result<std::unique_ptr<CudaSolver>, solver::DeviceError> make(int device,
                                                                         const KernelSet& kernels,
                                                                         const Knobs& knobs,
                                                                         solver::SolverInfo info);
    ~CudaSolver() override;

    const solver::SolverInfo& info() const noexcept override { return info_; }
    Result<solver::SolveReport, solver::DeviceError> solve(const equihash::PowInput& input,
                                                           const solver::NonceRange& batch,
                                                           std::stop_token stop) override;

    /// One batch, kernel after kernel between events: where the device's time goes.
    Result<std::vector<solver::Phase>, solver::DeviceError> time_phases(
        const equihash::PowInput& input);

private:
    struct Launch {
        std::string name;
        const void* function = nullptr;
        u32 blocks = 0;
        u32 group = 0;
        u32 shared_bytes = 0;
        bool hashes = false;             ///< takes the midstates too
        u32 slice_blocks = 0;            ///< of one launch; more blocks are several launches
        cudaGraphNode_t node = nullptr;  ///< of the last one
    };
    struct Flight {
        Stream stream;
        Event done;
        DeviceMemory memory;
        PinnedMemory results;  ///< of each nonce: tallies, then the first solutions
        Graph nodes;  ///< what `graph` was made of: it lives as long, since launches name its nodes
        GraphExec graph;
        std::vector<Launch> launches;
        std::vector<Launch> probes;  ///< in builds for measuring; never part of the work
        dialect::cuda::Arena arena;
        std::vector<hash::HeaderMidstate> midstates;  ///< as many as the kernels' parameter holds
        std::vector<equihash::PowInput> inputs;       ///< empty: not under way
        std::vector<equihash::PowInput> hashed;  ///< when overlapped: those whose rounds come next
    };

    CudaSolver(int device, const KernelSet& kernels, solver::SolverInfo info);
    cudaError_t open_flight(Flight& flight);
    cudaError_t build_graph(Flight& flight);
    cudaError_t start(Flight& flight);
    void each_slice(Flight& flight, const Launch& launch, const auto& launch_one);
    cudaKernelNodeParams node_params(const Launch& launch, void** arguments, u32 blocks) const;
    cudaError_t launch(Flight& flight, const Launch& launch, u32 nonces);
    void set_midstates(Flight& flight, std::span<const equihash::PowInput> inputs) const;
    u32 overlap_shared_bytes(u32 round) const;
    cudaError_t start_overlapped(Flight& flight, Flight& next);
    cudaError_t solve_in_turns(solver::NonceBatches& batches, const std::stop_token& stop,
                               solver::SolveReport& report);
    cudaError_t solve_overlapped(solver::NonceBatches& batches, const std::stop_token& stop,
                                 solver::SolveReport& report);
    cudaStream_t stream_of(const Flight& flight) const;
    cudaError_t clear(Flight& flight, u32 nonces);
    cudaError_t read_back(Flight& flight, u32 nonces);
    cudaError_t finish(Flight& flight, solver::SolveReport& report);
    cudaError_t set_stop_words(bool stop);
    std::size_t nonce_pitch(std::size_t row_bytes) const;
    u8* at(const Flight& flight, const dialect::Place& place) const;
    solver::DeviceError lost(cudaError_t error) const;

    int device_;
    const KernelSet& kernels_;
    const dialect::Layout& layout_;
    dialect::Places places_;
    solver::SolverInfo info_;
    hash::Blake2bParams hash_params_;
    u32 batch_ = 1;
    bool use_graph_ = true;
    u32 results_words_ = 0;  ///< of one nonce, read back in any case
    Stream control_;         ///< writes stop words past the streams that work
    PinnedMemory words_;     ///< a one and a zero, to copy from
    std::vector<Flight> flights_;
};

}  // namespace adit::cuda
