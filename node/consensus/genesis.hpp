#pragma once

#include <functional>
#include <span>
#include <stop_token>

#include "kernels/solver/solver.hpp"
#include "node/consensus/spec.hpp"

/// Making the first block of a chain.
namespace adit::node::consensus {

/// Longest message a genesis coinbase carries, bytes.
inline constexpr std::size_t kGenesisMessageBytesMax = 75;

/// A genesis that still lacks nonce and solution: one coinbase that pays nothing and carries
/// `message`, the limit's bits.
Block draft_genesis(const ChainSpec& spec, std::string_view message, u32 time);

/// Tries nonces from 0 up until a solution's hash meets the draft's own bits, each solver on a
/// thread of its own. All must work on the chain's parameters. The same draft gives the same block
/// with any number of solvers, as long as they miss nothing: the lowest nonce wins, and its lowest
/// hash.
/// @param on_progress  told the nonces tried so far, from the solvers' threads, one at a time
/// @return nullopt when stopped
Result<std::optional<Block>, solver::DeviceError> solve_genesis(
    const ChainSpec& spec, const Block& draft, std::span<solver::Solver* const> solvers,
    std::stop_token stop, const std::function<void(u64)>& on_progress = {});

}  // namespace adit::node::consensus
