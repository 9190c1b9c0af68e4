#pragma once

#include <cstdlib>
#include <memory>
#include <span>

#include "kernels/dialect/arena.hpp"
#include "kernels/hash/blake2b.hpp"
#include "kernels/opencl/device_list.hpp"
#include "kernels/opencl/program_cache.hpp"
#include "kernels/solver/nonce_batches.hpp"

namespace adit::opencl {

struct FreeMemory {
    void operator()(void* memory) const { std::free(memory); }
};
using HostMemory = std::unique_ptr<void, FreeMemory>;

/// One OpenCL device working on one (n, k): a few batches of nonces under way at once, each in an
/// arena and a queue of its own, so that the device never waits for the host.
class OpenclSolver final : public solver::Solver {
public:
    /// Allocates everything, or says what was refused.
    static Result<std::unique_ptr<OpenclSolver>, solver::DeviceError> make(
        const OpenclDevice& device, const cl::Context& context, const cl::Program& program,
        const Choice& choice, const dialect::Layout& layout, const dialect::Places& places,
        solver::SolverInfo info);
    ~OpenclSolver() override;

    const solver::SolverInfo& info() const noexcept override { return info_; }
    Result<solver::SolveReport, solver::DeviceError> solve(const equihash::PowInput& input,
                                                           const solver::NonceRange& batch,
                                                           std::stop_token stop) override;

    /// Kernels do not know the personalization: it may change between two calls of solve.
    void set_personalization(const equihash::Personalization& personalization);

    /// One nonce, kernel after kernel, each waited for: where the time goes.
    Result<std::vector<solver::Phase>, solver::DeviceError> time_phases(
        const equihash::PowInput& input);

private:
    struct Launch {
        cl::Kernel kernel;
        std::string name;  ///< for people: "hash", "round 1"
        u32 blocks = 0;
        u32 group = 0;
        u32 slice_blocks = 0;  ///< of one launch; more blocks are several launches
    };
    /// A batch's memory, queue and kernels, and the host's side of it.
    struct Flight {
        HostMemory memory[dialect::kSegmentsMax];  ///< of CPUs: what their segments lie in
        cl::CommandQueue queue;
        cl::Buffer segments[dialect::kSegmentsMax];
        cl::Buffer midstates;
        std::vector<Launch> launches;
        std::vector<Launch> probes;  ///< of programs made for measuring; never part of the work
        std::vector<cl::Kernel> overlaps;  ///< of round 1, 2 …, with the other flight's hashing
        std::vector<hash::HeaderMidstate> midstates_host;
        cl::Event midstates_written;  ///< those of the host may change again
        std::vector<u32> results;     ///< of each nonce: tallies, then the first solutions
        std::vector<cl::Event> read;
        std::vector<equihash::PowInput> inputs;  ///< empty: not under way
        std::vector<equihash::PowInput> hashed;  ///< when overlapped: those whose rounds come next
    };

    OpenclSolver(const OpenclDevice& device, const cl::Context& context,
                 const dialect::Layout& layout, const dialect::Places& places,
                 solver::SolverInfo info);
    cl_int open_flight(Flight& flight, const cl::Program& program, bool probe);
    cl::Buffer make_segment(HostMemory& memory, u64 bytes, cl_int* error) const;
    u64 bytes_at(const dialect::Place& place, u32 nonce) const;
    cl_int join_flights(const cl::Program& program);
    cl_int prepare(Flight& flight, std::span<const equihash::PowInput> inputs);
    cl_int read_back(Flight& flight);
    cl_int start(Flight& flight);
    cl_int start_overlapped(Flight& flight, const Flight& next);
    cl_int solve_in_turns(solver::NonceBatches& batches, const std::stop_token& stop,
                          solver::SolveReport& report);
    cl_int solve_overlapped(solver::NonceBatches& batches, const std::stop_token& stop,
                            solver::SolveReport& report);
    cl_int enqueue(Flight& flight, const Launch& launch, u32 nonces);
    cl_int finish(Flight& flight, solver::SolveReport& report);
    cl_int wait(const std::vector<cl::Event>& events) const;
    cl_int set_stop_word(u32 value);
    solver::DeviceError lost(cl_int error) const;

    DeviceFacts facts_;
    cl::Context context_;
    cl::Device device_;
    dialect::Layout layout_;
    dialect::Places places_;
    solver::SolverInfo info_;
    hash::Blake2bParams hash_params_;
    cl::CommandQueue control_;  ///< writes stop words past the queues that work
    std::vector<Flight> flights_;
    u32 results_words_ = 0;  ///< of one nonce, read back in any case
};

}  // namespace adit::opencl
