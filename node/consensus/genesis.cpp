#include "node/consensus/genesis.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"
#include "node/consensus/check_header.hpp"
#include "node/script/templates.hpp"

namespace adit::node::consensus {
namespace {

// Batches grow: an easy genesis is found at once, a hard one keeps many threads busy.
constexpr u64 kFirstBatchNonces = 4;
constexpr u64 kBatchNoncesMax = 256;

/// The block of the found solution that meets its bits; of several of one nonce that with the
/// lowest hash, so that the order in which a solver finds them does not matter.
std::optional<Block> best_of(const ChainSpec& spec, const Block& draft,
                             const std::vector<solver::FoundSolution>& found)
{
    std::optional<Block> best;
    for (const solver::FoundSolution& one : found) {
        if (best && best->header.nonce != one.nonce) break;  // nonces come in order
        Block block = draft;
        block.header.nonce = one.nonce;
        block.header.solution = one.solution.bytes;
        if (!check_header(spec, block.header)) continue;
        if (!best || U256::from_le(hash_of(block.header)) < U256::from_le(hash_of(best->header)))
            best = std::move(block);
    }
    return best;
}

}  // namespace

Block draft_genesis(const ChainSpec& spec, std::string_view message, u32 time)
{
    ADIT_CHECK(message.size() <= kGenesisMessageBytesMax);
    Transaction coinbase;
    coinbase.inputs.emplace_back().script_sig =
        script::ScriptBuilder().op(script::OP_0).push(as_bytes(message)).take();
    coinbase.outputs.push_back({0, script::null_data({})});

    Block block;
    block.header.version = spec.template_version;
    block.header.time = time;
    block.header.bits = spec.difficulty.limit_bits;
    block.transactions.push_back(std::move(coinbase));
    block.header.merkle_root = merkle_root_of(block.transactions).root;
    return block;
}

Result<std::optional<Block>, solver::DeviceError> solve_genesis(const ChainSpec& spec,
                                                                const Block& draft,
                                                                solver::Solver& solver,
                                                                const std::stop_token& stop)
{
    ADIT_CHECK(solver.info().params == spec.params);
    ADIT_CHECK(solver.info().personalization == spec.personalization);
    const equihash::PowInput input = pow_input_of(draft.header);
    solver::NonceRange batch;
    batch.count = kFirstBatchNonces;
    while (!stop.stop_requested()) {
        ADIT_TRY(const solver::SolveReport report, solver.solve(input, batch, stop));
        // A batch cut short is not asked: another run would have come further in it.
        if (report.nonces_done < batch.count) break;
        if (auto block = best_of(spec, draft, report.found)) return block;
        batch.first += batch.count;
        batch.count = std::min(2 * batch.count, kBatchNoncesMax);
    }
    return std::optional<Block>{};
}

}  // namespace adit::node::consensus
