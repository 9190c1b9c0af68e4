#include "node/consensus/genesis.hpp"

#include <gtest/gtest.h>

#include "node/consensus/check_header.hpp"
#include "node/consensus/spec_file.hpp"
#include "node/script/templates.hpp"
#include "tests/unit/node/book_solver.hpp"

namespace adit::node::consensus {
namespace {

ChainSpec regtest() { return *find_spec("regtest"); }

TEST(Genesis, OfRegtestIsWhatItsMessageAndTimeGive)
{
    const ChainSpec spec = regtest();
    test::BookSolver solver(spec.params);
    const Block draft = draft_genesis(spec, "adit regtest, 21 November 2026", 1'795'219'200);
    const auto solved = solve_genesis(spec, draft, solver, {});
    ASSERT_TRUE(solved && *solved);
    EXPECT_EQ(**solved, spec.genesis);
}

TEST(Genesis, CarriesItsMessageAndPaysNobody)
{
    const ChainSpec spec = regtest();
    const std::string longest(kGenesisMessageBytesMax, 'm');
    const Block draft = draft_genesis(spec, longest, 5);
    ASSERT_EQ(draft.transactions.size(), 1u);
    const Transaction& coinbase = draft.transactions[0];
    EXPECT_TRUE(coinbase.is_coinbase());
    EXPECT_LE(coinbase.inputs[0].script_sig.size(), 100u);
    EXPECT_NE(as_text(coinbase.inputs[0].script_sig).find(longest), std::string_view::npos);
    ASSERT_EQ(coinbase.outputs.size(), 1u);
    EXPECT_EQ(coinbase.outputs[0].value, 0);
    EXPECT_TRUE(script::is_unspendable(coinbase.outputs[0].script_pubkey));
    EXPECT_EQ(draft.header.merkle_root, merkle_root_of(draft.transactions).root);
    EXPECT_EQ(draft.header.bits, spec.difficulty.limit_bits);
    EXPECT_EQ(draft.header.time, 5u);
}

TEST(Genesis, IsSolvedAtAHarderLimitToo)
{
    ChainSpec spec = regtest();
    spec.difficulty.limit = spec.difficulty.limit >> 4;
    spec.difficulty.limit_bits = 0x2000'f0f0;
    test::BookSolver solver(spec.params);
    const auto solved = solve_genesis(spec, draft_genesis(spec, "harder", 9), solver, {});
    ASSERT_TRUE(solved && *solved);
    EXPECT_TRUE(check_header(spec, (*solved)->header));
}

TEST(Genesis, StopsWhenAsked)
{
    const ChainSpec spec = regtest();
    test::BookSolver solver(spec.params);
    std::stop_source stop;
    stop.request_stop();
    const auto solved = solve_genesis(spec, draft_genesis(spec, "x", 9), solver, stop.get_token());
    ASSERT_TRUE(solved);
    EXPECT_FALSE(*solved);
}

/// Finds nothing and fails at once.
class LostSolver final : public solver::Solver {
public:
    explicit LostSolver(const equihash::Params& params) { info_.params = params; }
    const solver::SolverInfo& info() const noexcept override { return info_; }
    Result<solver::SolveReport, solver::DeviceError> solve(const equihash::PowInput&,
                                                           const solver::NonceRange&,
                                                           std::stop_token) override
    {
        return solver::DeviceError{solver::DeviceError::Word::lost, "gone"};
    }

private:
    solver::SolverInfo info_;
};

TEST(Genesis, PassesTheSolversFailureOn)
{
    const ChainSpec spec = regtest();
    LostSolver solver(spec.params);
    const auto solved = solve_genesis(spec, draft_genesis(spec, "x", 9), solver, {});
    ASSERT_FALSE(solved);
    EXPECT_EQ(solved.error().word, solver::DeviceError::Word::lost);
}

}  // namespace
}  // namespace adit::node::consensus
