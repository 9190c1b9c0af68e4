#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"

namespace adit::gpu_check {

/// What a peer did, and how that is known, for the record.
struct PeerRate {
    double sol_s = 0;
    std::string from;
};

/// Reads a foreign solver's rate out of what it prints, whoever wrote it. The first of these that
/// it prints counts, of each the last:
///   1. "11 solutions in 10499.4 ms": the quotient, which a printed rate only rounds (silentarmy);
///   2. a number before Sol/s, Sols/s or S/s (nheqminer and most others);
///   3. "184 total solutions" over the sum of its "… completed in 0.012 seconds" (tromp on CUDA);
///   4. such a count over the wall time of the whole process, its start and set-up included.
/// Bytes may come split anywhere. One thread.
class PeerOutput {
public:
    void take(std::string_view bytes);

    /// After the last byte. `wall_s`: of the whole process. nullopt: it told neither rate nor
    /// count.
    std::optional<PeerRate> rate(double wall_s);

    /// Whether it printed a rate by itself (2), as benchmarks without an end do now and then.
    bool told_rate() const { return told_.has_value(); }

    /// The last line that is not blank, printable and no longer than a line of the record.
    const std::string& last_line() const { return last_line_; }

private:
    void hear_line();

    std::string line_;
    std::string last_line_;
    std::optional<PeerRate> quotient_, told_;
    std::optional<u64> solutions_;
    double own_s_ = 0;  ///< the sum of "completed in …"
};

}  // namespace adit::gpu_check
