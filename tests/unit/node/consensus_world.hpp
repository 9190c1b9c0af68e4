#pragma once

#include <map>

#include "kernels/base/check.hpp"
#include "kernels/base/compact.hpp"
#include "node/consensus/check_block.hpp"
#include "node/consensus/check_header.hpp"
#include "node/consensus/check_inputs.hpp"
#include "node/consensus/coinbase.hpp"
#include "node/consensus/difficulty.hpp"
#include "tests/unit/node/book_solver.hpp"

namespace adit::node::consensus {

/// All coins in a map.
class MemoryCoins final : public CoinView {
public:
    std::optional<Coin> find(const OutPoint& outpoint) const override
    {
        const auto found = coins.find(outpoint);
        return found == coins.end() ? std::nullopt : std::optional<Coin>(found->second);
    }
    void apply(const BlockEffect& effect)
    {
        for (const SpentCoin& made : effect.created) coins.emplace(made.outpoint, made.coin);
        for (const SpentCoin& spent : effect.spent) coins.erase(spent.outpoint);
    }
    void undo(const BlockEffect& effect)
    {
        for (const SpentCoin& spent : effect.spent) coins.emplace(spent.outpoint, spent.coin);
        for (const SpentCoin& made : effect.created) coins.erase(made.outpoint);
    }

    std::map<OutPoint, Coin> coins;
};

/// Blocks oldest first, and what the next header is held against.
class MemoryChain {
public:
    explicit MemoryChain(const ChainSpec& spec) { add(spec.genesis.header); }

    void add(const BlockHeader& header)
    {
        blocks_.insert(blocks_.begin(), {header.time, header.bits});
        tip_ = hash_of(header);
    }
    Height height() const { return Height(static_cast<u32>(blocks_.size() - 1)); }
    BlockHash tip() const { return tip_; }
    Ancestry ancestry(const ChainSpec& spec) const
    {
        const std::size_t count = std::min<std::size_t>(blocks_.size(), ancestors_needed(spec));
        return {height(), std::span(blocks_).first(count)};
    }

private:
    std::vector<Ancestor> blocks_;  // newest first
    BlockHash tip_;
};

/// Every rule there is, in the order a node asks them.
inline Result<BlockEffect, BlockError> judge(const ChainSpec& spec, const Block& block,
                                             const MemoryChain& chain, const CoinView& coins,
                                             UnixTime now, const ScriptCheck& scripts)
{
    const Height height = chain.ancestry(spec).next();
    ADIT_CHECKED(check_header(spec, block.header));
    if (block.header.prev != chain.tip()) return BlockError::prev_blk_not_found;
    ADIT_CHECKED(check_header_in_chain(spec, block.header, chain.ancestry(spec), now));
    ADIT_CHECKED(check_block(spec, block));
    ADIT_CHECKED(check_block_at(spec, block, height));
    return connect_block(spec, block, height, coins, scripts);
}

/// Nonce and solution for a header as it stands; the hash meets its bits, or misses them when that
/// is asked for.
inline void solve(const ChainSpec& spec, BlockHeader& header, bool meet_bits = true)
{
    test::BookSolver book(spec.params, spec.personalization);
    const U256 target = decode_compact(header.bits).target;
    for (solver::NonceRange batch;; ++batch.first) {
        const auto report = book.solve(pow_input_of(header), batch, {});
        for (const solver::FoundSolution& found : report->found) {
            header.nonce = found.nonce;
            header.solution = found.solution.bytes;
            if ((U256::from_le(hash_of(header)) <= target) == meet_bits) return;
        }
    }
}

/// Merkle root and proof of work anew, after a change of the body.
inline void seal(const ChainSpec& spec, Block& block)
{
    block.header.merkle_root = merkle_root_of(block.transactions).root;
    solve(spec, block.header);
}

}  // namespace adit::node::consensus
