#pragma once

#include <span>

#include "kernels/solver/backend.hpp"

namespace adit::solver {

/// A fixed input and all that must come out of it. Inputs are headers of bytes (7 * i + seed) mod
/// 256 with the nonce as a 32-byte little-endian counter; the answers are complete sets
/// (tests/vectors/equihash/solver-generated.json), each solution accepted by two implementations.
struct KnownAnswer {
    equihash::Params params;
    std::string_view personalization;
    u8 seed = 0;
    u64 first_nonce = 0;
    u64 nonces = 1;
    u32 solutions = 0;
    std::string_view digest;  ///< `digest_of` all of them, in hex

    equihash::PowInput input() const;
    NonceRange range() const;
};

/// Before a device may mine `params`: a question of one nonce, or of a few where they are cheap.
/// Takes a CPU thread milliseconds at (48,5), a third of a second at (200,9), seconds from 2^25
/// rows on; a GPU tenths of a second at most.
const KnownAnswer& quick_answer(const equihash::Params& params);

/// The long form (`adit selftest`): several questions of every known (n, k), smallest sets first.
std::span<const KnownAnswer> long_answers();

/// Asks one solver made for the answer's (n, k) and personalization. The error's detail says in
/// one line what was wrong: a solution the judge refuses, one missing, rows dropped. A stop leaves
/// the question open and counts as no error.
Result<void, DeviceError> check_answer(Solver& solver, const KnownAnswer& answer,
                                       const std::stop_token& stop = {});

/// Makes a solver for the answer (`options` give lane and placement; parameters and
/// personalization come from the answer), asks it, and lets it go.
Result<void, DeviceError> self_test(Backend& backend, const DeviceInfo& device,
                                    SolverOptions options, const KnownAnswer& answer,
                                    const std::stop_token& stop = {});

}  // namespace adit::solver
