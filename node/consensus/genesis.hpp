#pragma once

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

/// Tries nonces from 0 up until a solution's hash meets the draft's own bits. `solver` must work on
/// the chain's parameters. The same draft gives the same block with every solver that misses
/// nothing: the lowest nonce wins, and its lowest hash.
/// @return nullopt when stopped
Result<std::optional<Block>, solver::DeviceError> solve_genesis(const ChainSpec& spec,
                                                                const Block& draft,
                                                                solver::Solver& solver,
                                                                const std::stop_token& stop);

}  // namespace adit::node::consensus
