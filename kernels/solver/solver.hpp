#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "kernels/base/result.hpp"
#include "kernels/equihash/params.hpp"
#include "kernels/equihash/pow_input.hpp"
#include "kernels/equihash/solution.hpp"

namespace adit::solver {

/// Consecutive nonces. The 32-byte nonce is a counter of `counter_bytes` little-endian bytes at
/// `counter_offset` inside it; the other bytes stay as the PowInput has them (a pool's prefix, a
/// worker's share of the space).
struct NonceRange {
    u32 counter_offset = 0;  ///< 0 … 31
    u32 counter_bytes = 8;   ///< 1 … 8, offset + bytes <= 32
    u64 first = 0;           ///< first counter value
    u64 count = 1;           ///< nonces to try; first + count must fit the counter

    bool operator==(const NonceRange&) const = default;
};

/// Writes counter value `counter` of `range` into the nonce of `input`.
void place_counter(equihash::PowInput& input, const NonceRange& range, u64 counter);

/// One solution and the nonce it belongs to.
struct FoundSolution {
    std::array<u8, equihash::kNonceBytes> nonce{};
    equihash::MinimalSolution solution;

    auto operator<=>(const FoundSolution&) const = default;
};

/// One part of the work on a nonce, summed over the nonces tried to the end.
struct Phase {
    std::string name;  ///< "table 3", or a kernel's
    double seconds = 0;
    u64 bytes =
        0;  ///< rows and references read and written, as the algorithm counts them; 0: not told
};

/// What one `solve` did.
struct SolveReport {
    std::vector<FoundSolution> found;  ///< in the order of the nonces
    u64 nonces_done = 0;               ///< tried to the end; a stopped one does not count
    u64 rows_dropped = 0;         ///< rows lost to full buckets: a solution may have gone with them
    std::vector<Phase> phases{};  ///< in their order; empty where a device does not tell
};

/// What went wrong with a device. `word` is for logs and tests, `detail` for people.
struct DeviceError {
    enum class Word {
        not_found,
        out_of_memory,
        unsupported_params,
        build_failed,
        lost,
        self_test_failed
    };
    Word word{};
    std::string detail;
};
std::string_view to_string(DeviceError::Word word);

/// What a solver is and holds.
struct SolverInfo {
    std::string device_id;  ///< "cpu", "cuda:0", "ocl:1"
    std::string device_name;
    equihash::Params params;
    equihash::Personalization personalization;
    std::string variant;   ///< lane or kernel variant in use: "avx2", "portable", "sm_90" …
    u64 memory_bytes = 0;  ///< held while it lives
    u32 threads = 1;       ///< of the CPU, that share its nonce
};

/// One device (for the CPU: one thread) working on one (n, k) and personalization.
/// Driven by one thread; `stop` may come from any thread.
class Solver {
public:
    virtual ~Solver() = default;
    virtual const SolverInfo& info() const noexcept = 0;

    /// Tries the nonces of `batch` in order. When stopped it returns within the device's stop bound
    /// (CPU: 50 ms up to 2^22 rows, 300 ms above) with what it has found so far. Solutions come
    /// well formed, each once; the share filter verifies each before it leaves the house.
    virtual Result<SolveReport, DeviceError> solve(const equihash::PowInput& input,
                                                   const NonceRange& batch,
                                                   std::stop_token stop) = 0;
};

}  // namespace adit::solver
