#include "kernels/opencl/opencl_solver.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "kernels/base/check.hpp"
#include "kernels/dialect/collect.hpp"
#include "kernels/equihash/leaves.hpp"

namespace adit::opencl {
namespace {

using dialect::kSolutionsMax;
using dialect::kTallyWords;
using dialect::Tally;
using solver::DeviceError;

constexpr u32 kReadAhead = 6;  ///< solutions of a nonce read back without asking; more are rare

/// Steps of the look-and-sleep wait, where the driver would spin.
constexpr auto kLookAgain = std::chrono::microseconds(200);

DeviceError out_of_memory(const solver::SolverInfo& info, u64 bytes, cl_int error)
{
    return {DeviceError::Word::out_of_memory,
            fmt::format("{} refused {} MB for ({}), OpenCL error {}", info.device_name,
                        bytes / 1'000'000 + 1, to_string(info.params), error)};
}

}  // namespace

OpenclSolver::OpenclSolver(const OpenclDevice& device, const cl::Context& context,
                           const dialect::Layout& layout, const dialect::Places& places,
                           solver::SolverInfo info)
    : facts_(device.facts),
      context_(context),
      device_(device.device),
      layout_(layout),
      places_(places),
      info_(std::move(info)),
      results_words_(kTallyWords + kReadAhead * layout.indices)
{
    static_assert(kReadAhead <= kSolutionsMax);
    set_personalization(info_.personalization);
}

OpenclSolver::~OpenclSolver()
{
    for (Flight& flight : flights_)
        if (flight.queue() != nullptr) flight.queue.finish();
}

void OpenclSolver::set_personalization(const equihash::Personalization& personalization)
{
    info_.personalization = personalization;
    hash_params_ = equihash::leaf_hash_params(info_.params, personalization);
}

Result<std::unique_ptr<OpenclSolver>, DeviceError> OpenclSolver::make(
    const OpenclDevice& device, const cl::Context& context, const cl::Program& program,
    const Choice& choice, const dialect::Layout& layout, const dialect::Places& places,
    solver::SolverInfo info)
{
    std::unique_ptr<OpenclSolver> made(
        new OpenclSolver(device, context, layout, places, std::move(info)));
    const u64 flight_bytes = places.arena_bytes(layout.policy.batch);
    cl_int error = CL_SUCCESS;
    made->control_ = cl::CommandQueue(context, device.device, 0, &error);
    const u32 flights = layout.policy.overlap ? 2 : choice.flights;
    for (u32 i = 0; i < flights && error == CL_SUCCESS; ++i) {
        // A second batch is welcome, the first is needed.
        if (i > 0 && (i + 1) * flight_bytes > memory_for_several(device.facts)) break;
        made->flights_.emplace_back();
        error = made->open_flight(made->flights_.back(), program, choice.probe);
        if (error != CL_SUCCESS && i > 0) {
            made->flights_.pop_back();
            error = CL_SUCCESS;
            break;
        }
    }
    if (layout.policy.overlap && error == CL_SUCCESS)
        error = made->flights_.size() == 2 ? made->join_flights(program)
                                           : CL_MEM_OBJECT_ALLOCATION_FAILURE;
    if (error != CL_SUCCESS) return out_of_memory(made->info_, flight_bytes, error);
    made->info_.memory_bytes = flight_bytes * made->flights_.size();
    return made;
}

/// Memory of the device. A CPU gets it from us, in 2 MiB pages where the system grants them: rows
/// go to thousands of places, more than its translation tables hold small pages.
cl::Buffer OpenclSolver::make_segment(HostMemory& memory, u64 bytes, cl_int* error) const
{
    constexpr u64 kPage = u64{2} << 20;
    if (facts_.is_cpu) memory.reset(std::aligned_alloc(kPage, (bytes + kPage - 1) / kPage * kPage));
    if (memory == nullptr) return {context_, CL_MEM_READ_WRITE, bytes, nullptr, error};
    madvise(memory.get(), bytes, MADV_HUGEPAGE);
    return {context_, CL_MEM_READ_WRITE | CL_MEM_USE_HOST_PTR, bytes, memory.get(), error};
}

cl_int OpenclSolver::open_flight(Flight& flight, const cl::Program& program, bool probe)
{
    const u32 batch = layout_.policy.batch;
    const u32 k = layout_.params.k;
    cl_int error = CL_SUCCESS;
    flight.queue = cl::CommandQueue(context_, device_, 0, &error);
    for (u32 i = 0; i < dialect::kSegmentsMax && error == CL_SUCCESS; ++i) {
        const u64 bytes = i < places_.segments ? places_.segment_bytes(i, batch) : 0;
        if (bytes == 0) {
            flight.segments[i] = flight.segments[0];  // never used, but it must be something
            continue;
        }
        flight.segments[i] = make_segment(flight.memory[i], bytes, &error);
        // Drivers put off allocation until memory is touched: touch it now, while that is an
        // answer.
        if (error == CL_SUCCESS)
            error = flight.queue.enqueueFillBuffer(flight.segments[i], cl_uint{0}, bytes - 4, 4);
    }
    if (error != CL_SUCCESS) return error;
    error = flight.queue.enqueueFillBuffer(flight.segments[0], cl_uint{0}, 0,
                                           4 * dialect::kControlWords);
    flight.midstates_host.resize(batch);
    flight.results.resize(std::size_t{batch} * results_words_);
    if (error == CL_SUCCESS)
        flight.midstates = cl::Buffer(context_, CL_MEM_READ_ONLY,
                                      batch * sizeof(hash::HeaderMidstate), nullptr, &error);
    if (error == CL_SUCCESS) error = flight.queue.finish();

    const auto add = [&](std::vector<Launch>& to, const std::string& function, std::string name,
                         u32 blocks, u32 group, bool hashes, u32 slice_blocks = 0) {
        if (error != CL_SUCCESS) return;
        cl::Kernel kernel(program, function.c_str(), &error);
        for (u32 i = 0; i < dialect::kSegmentsMax && error == CL_SUCCESS; ++i)
            error = kernel.setArg(i, flight.segments[i]);
        if (hashes && error == CL_SUCCESS)
            error = kernel.setArg(dialect::kSegmentsMax, flight.midstates);
        to.push_back({std::move(kernel), std::move(name), blocks, group,
                      slice_blocks != 0 ? slice_blocks : blocks});
    };
    const dialect::Policy& policy = layout_.policy;
    auto& launches = flight.launches;
    add(launches, "adit_hash_leaves", "hash", layout_.hash_blocks, policy.hash_group, true);
    for (u32 r = 1; r < k; ++r)
        add(launches, fmt::format("adit_round_{}", r), fmt::format("round {}", r),
            layout_.tables[r - 1].buckets, policy.round_group, false,
            layout_.tables[r - 1].slice_buckets);
    add(launches, "adit_last", "last", layout_.tables[k - 1].buckets, policy.last_group, false);
    add(launches, "adit_expand", "expand", policy.expand_blocks, policy.expand_group, true);
    if (probe)
        add(flight.probes, "adit_hash_alone", "hash alone", layout_.hash_blocks, policy.hash_group,
            true);
    return error;
}

cl_int OpenclSolver::wait(const std::vector<cl::Event>& events) const
{
    if (!facts_.waits_by_spinning) return cl::Event::waitForEvents(events);
    for (const cl::Event& event : events)
        for (;;) {
            const cl_int status = event.getInfo<CL_EVENT_COMMAND_EXECUTION_STATUS>();
            if (status < 0) return status;
            if (status == CL_COMPLETE) break;
            std::this_thread::sleep_for(kLookAgain);
        }
    return CL_SUCCESS;
}

/// Waits for a flight and adds what it found; the flight is free again afterwards.
cl_int OpenclSolver::finish(Flight& flight, solver::SolveReport& report)
{
    cl_int error = wait(flight.read);
    for (std::size_t i = 0; i < flight.inputs.size() && error == CL_SUCCESS; ++i) {
        const std::span<u32> results(flight.results.data() + i * results_words_, results_words_);
        const auto tallies = std::span<const u32, kTallyWords>(results.first(kTallyWords));
        std::span<u32> leaves = results.subspan(kTallyWords);
        std::vector<u32> all;
        const u32 count = std::min(tallies[Tally::solutions], kSolutionsMax);
        if (count > kReadAhead) {
            all.resize(std::size_t{count} * layout_.indices);
            error = flight.queue.enqueueReadBuffer(
                flight.segments[places_.solutions.segment], CL_TRUE,
                bytes_at(places_.solutions, static_cast<u32>(i)), 4 * all.size(), all.data());
            leaves = all;
        }
        dialect::collect(layout_, flight.inputs[i], tallies, leaves, report);
    }
    flight.inputs.clear();
    return error;
}

/// A CPU's queues wait for kernels that run, its memory is ours: there the word is written at once,
/// too, and the queue is for runtimes that work on copies.
cl_int OpenclSolver::set_stop_word(u32 value)
{
    cl_int error = CL_SUCCESS;
    for (Flight& flight : flights_)
        if (flight.memory[0] != nullptr)
            std::atomic_ref(*static_cast<u32*>(flight.memory[0].get())).store(value);
    for (Flight& flight : flights_)
        if (error == CL_SUCCESS)
            error = control_.enqueueFillBuffer(flight.segments[0], cl_uint{value}, 0, 4);
    return error == CL_SUCCESS ? control_.flush() : error;
}

DeviceError OpenclSolver::lost(cl_int error) const
{
    return {DeviceError::Word::lost, fmt::format("{} ({}) stopped working, OpenCL error {}",
                                                 info_.device_id, info_.device_name, error)};
}

/// Each flight is a pipeline of its own.
cl_int OpenclSolver::solve_in_turns(solver::NonceBatches& batches, const std::stop_token& stop,
                                    solver::SolveReport& report)
{
    cl_int error = CL_SUCCESS;
    const auto launch = [&](Flight& flight) {
        flight.inputs = batches.take(layout_.policy.batch);
        return start(flight);
    };
    for (Flight& flight : flights_)
        if (error == CL_SUCCESS && !batches.empty() && !stop.stop_requested())
            error = launch(flight);
    for (std::size_t turn = 0; error == CL_SUCCESS && !flights_[turn].inputs.empty();
         turn = (turn + 1) % flights_.size()) {
        Flight& flight = flights_[turn];
        if (!stop.stop_requested()) error = wait(flight.read);
        if (error != CL_SUCCESS || stop.stop_requested()) break;
        error = finish(flight, report);
        if (error == CL_SUCCESS && !batches.empty()) error = launch(flight);
    }
    return error;
}

Result<solver::SolveReport, DeviceError> OpenclSolver::solve(const equihash::PowInput& input,
                                                             const solver::NonceRange& range,
                                                             std::stop_token stop)
{
    solver::SolveReport report;
    solver::NonceBatches batches(input, range);
    cl_int error = CL_SUCCESS;
    {
        // Blocks that have not begun when the job ends leave at once; what is under way then is
        // lost.
        std::stop_callback on_stop(stop, [this] { set_stop_word(1); });
        error = layout_.policy.overlap ? solve_overlapped(batches, stop, report)
                                       : solve_in_turns(batches, stop, report);
    }
    for (Flight& flight : flights_) {
        if (flight.inputs.empty() && flight.hashed.empty()) continue;
        const cl_int drained = flight.queue.finish();
        if (error == CL_SUCCESS) error = drained;
        flight.inputs.clear();
        flight.hashed.clear();
    }
    if (stop.stop_requested() && error == CL_SUCCESS) {
        error = set_stop_word(0);
        if (error == CL_SUCCESS) error = control_.finish();
    }
    if (error != CL_SUCCESS) return lost(error);
    return report;
}

}  // namespace adit::opencl
