#pragma once

#include "kernels/base/result.hpp"
#include "miner/bench/report.hpp"

namespace adit::miner::bench {

/// One device's line of a written report, read back.
struct Measurement {
    Machine machine;
    std::string params, personalization;
    std::string device, name, driver, variant;
    std::string digest;  ///< empty: none
    u64 first_nonce = 0, runs = 0;
    u32 threads = 0;
    Interval runs_per_s;
    Interval solutions_per_s;
    bool valid = false;
};

/// What is wrong with a report, in one line.
struct ReadError {
    std::string text;
};

/// Every device of a JSON report.
Result<std::vector<Measurement>, ReadError> read_report(std::string_view text);

/// A held against B.
struct Comparison {
    Interval runs_ratio;       ///< A / B of runs a second
    Interval solutions_ratio;  ///< of solutions a second; equal to the above for the same nonces
    bool same_input = false;   ///< (n, k), personalization and nonces
    bool same_machine = false;
    bool contradiction = false;            ///< same input, another digest: one of the two is wrong
    std::vector<std::string> differences;  ///< in words: "threads: 1 and 2"
};

/// Both must have solved the same (n, k): otherwise there is nothing to compare.
Result<Comparison, ReadError> compare(const Measurement& a, const Measurement& b);

/// For people; the first line is the answer.
std::string text_of(const Comparison& comparison, const Measurement& a, const Measurement& b);

}  // namespace adit::miner::bench
