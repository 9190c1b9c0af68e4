#pragma once

#include <algorithm>

#include "kernels/solver/solver.hpp"

namespace adit::solver {

/// The nonces of a range as inputs, batch after batch in their order.
class NonceBatches {
public:
    NonceBatches(const equihash::PowInput& input, const NonceRange& range)
        : input_(input), range_(range)
    {}
    bool empty() const { return taken_ == range_.count; }

    /// The next ones, `most` unless fewer are left.
    std::vector<equihash::PowInput> take(u32 most)
    {
        std::vector<equihash::PowInput> inputs(std::min<u64>(most, range_.count - taken_), input_);
        for (auto& one : inputs) place_counter(one, range_, range_.first + taken_++);
        return inputs;
    }

private:
    equihash::PowInput input_;
    NonceRange range_;
    u64 taken_ = 0;
};

}  // namespace adit::solver
