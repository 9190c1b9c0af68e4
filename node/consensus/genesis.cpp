#include "node/consensus/genesis.hpp"

#include <mutex>
#include <thread>

#include "kernels/base/check.hpp"
#include "node/consensus/check_header.hpp"
#include "node/script/templates.hpp"

namespace adit::node::consensus {
namespace {

constexpr u64 kNoncesPerCall = 4;

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

/// What the solvers' threads share. Batches are handed out in order, so once one holds the block
/// only those before it, under way already, can hold a lower nonce.
class Search {
public:
    Search(const ChainSpec& spec, const Block& draft, std::stop_token stop,
           const std::function<void(u64)>& on_progress)
        : spec_(spec), draft_(draft), stop_(std::move(stop)), on_progress_(on_progress)
    {}

    void run(solver::Solver& solver)
    {
        const equihash::PowInput input = pow_input_of(draft_.header);
        while (const auto batch = next_batch()) {
            const auto report = solver.solve(input, *batch, stop_);
            const std::scoped_lock lock(mutex_);
            if (!report) {
                failure_ = report.error();
                return;
            }
            // Another run would have come further in this batch: better no answer than two.
            if (report->nonces_done < batch->count) cut_short_ = true;
            if (auto block = best_of(spec_, draft_, report->found);
                block && (!found_ || batch->first < found_in_)) {
                found_ = std::move(block);
                found_in_ = batch->first;
            }
            nonces_done_ += report->nonces_done;
            if (on_progress_) on_progress_(nonces_done_);
        }
    }

    Result<std::optional<Block>, solver::DeviceError> outcome()
    {
        if (failure_) return *failure_;
        if (cut_short_) return std::optional<Block>{};
        return std::move(found_);
    }

private:
    std::optional<solver::NonceRange> next_batch()
    {
        const std::scoped_lock lock(mutex_);
        if (found_ || failure_ || stop_.stop_requested()) return std::nullopt;
        solver::NonceRange batch;
        batch.first = next_;
        batch.count = kNoncesPerCall;
        next_ += kNoncesPerCall;
        return batch;
    }

    const ChainSpec& spec_;
    const Block& draft_;
    const std::stop_token stop_;
    const std::function<void(u64)>& on_progress_;
    std::mutex mutex_;  // guards what follows
    u64 next_ = 0;
    u64 nonces_done_ = 0;
    u64 found_in_ = 0;
    std::optional<Block> found_;
    std::optional<solver::DeviceError> failure_;
    bool cut_short_ = false;
};

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

Result<std::optional<Block>, solver::DeviceError> solve_genesis(
    const ChainSpec& spec, const Block& draft, std::span<solver::Solver* const> solvers,
    std::stop_token stop, const std::function<void(u64)>& on_progress)
{
    for (const solver::Solver* solver : solvers) {
        ADIT_CHECK(solver->info().params == spec.params);
        ADIT_CHECK(solver->info().personalization == spec.personalization);
    }
    Search search{spec, draft, stop, on_progress};
    {
        std::vector<std::jthread> threads;
        for (solver::Solver* solver : solvers)
            threads.emplace_back([&search, solver] { search.run(*solver); });
    }
    return search.outcome();
}

}  // namespace adit::node::consensus
