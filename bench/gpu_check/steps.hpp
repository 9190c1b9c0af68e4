#pragma once

#include "bench/gpu_check/run.hpp"

// The steps of a run; each result is in the record as soon as it is known.
namespace adit::gpu_check {

// truth.cpp

/// The known answer of every set.
void self_tests(Run& run, const ListedDevice& device);

/// What the device finds in a range of nonces, against all there is: found must be a subset of the
/// CPU's and at least 99 % of it.
void digests(Run& run, const ListedDevice& device);

/// E5: nonces 255 to 354 of the input that the field's solvers are compared by have 184 solutions.
void published_yield(Run& run, const ListedDevice& device);

// kernel_times.cpp

/// E1: what the card does of one thing alone. CUDA devices only; others say so.
void micro_rates(Run& run, const ListedDevice& device);

/// Kernel after kernel: E2 (the hash, alone and with its scatter) and E3 (the rounds) of (200,9)
/// and (144,5) in every way that changes kernels, and the usual way of every set.
void kernel_times(Run& run, const ListedDevice& device);

/// Each kernel's time for one nonce, the best of a few passes where passes are short. An error
/// where the device is no GPU.
Result<std::vector<solver::Phase>, DeviceError> time_kernels(const Run& run,
                                                             const ListedDevice& device,
                                                             const Params& params,
                                                             const std::string& way);

// rates.cpp

/// One turn of a solver in one way ("": the usual one).
struct Rated {
    double it_s = 0;
    double sol_s = 0;
    double host_cpu_percent = 0;  ///< of one core, this process's; of a CPU device its work as well
    u64 dropped = 0;              ///< rows
    u64 nonces = 0;
};

/// Ever more nonces, until they take half a turn.
Result<Rated, DeviceError> rate(const Run& run, const ListedDevice& device, const Params& params,
                                const std::string& way);

/// Every set on every device, devices in turn, twice: A B A B. OpenCL against CUDA, where both see
/// a card.
void rates(Run& run);

/// E4: batches, flights, graphs.
void rates_of_ways(Run& run, const ListedDevice& device);

// peers.cpp

/// E5, its second half: every --peer in turn with our solver on the same device, three rounds,
/// A B A B A B. What a peer does wrong is told and fails nothing. At most a third of the run's
/// time.
void peers(Run& run);

// stops.cpp

/// How long a solver takes to return when it is stopped within a long batch, beside the longest
/// kernel of one nonce of its set: what has begun runs to its end, nothing begins after it. A
/// launch of several nonces takes as many times as long.
void stops(Run& run, const ListedDevice& device);

}  // namespace adit::gpu_check
