#include "kernels/solver/self_test.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "kernels/base/hex.hpp"
#include "kernels/equihash/encoding.hpp"
#include "kernels/equihash/reference_solver.hpp"
#include "kernels/solver/digest.hpp"
#include "tests/unit/equihash/vectors.hpp"

namespace adit::solver {
namespace {

using equihash::Params;
using equihash::Personalization;

/// The reference solver behind the Solver door, and what may go wrong with it.
class BookSolver final : public Solver {
public:
    BookSolver(const Params& params, const Personalization& personalization)
        : info_{"book", "reference solver", params, personalization, "plain", 0}
    {}
    const SolverInfo& info() const noexcept override { return info_; }

    Result<SolveReport, DeviceError> solve(const equihash::PowInput& input, const NonceRange& batch,
                                           std::stop_token stop) override
    {
        SolveReport report;
        equihash::PowInput at = input;
        for (u64 i = 0; i < batch.count && !stop.stop_requested(); ++i) {
            place_counter(at, batch, batch.first + i);
            for (const auto& indices :
                 equihash::solve_by_the_book(info_.params, info_.personalization, at.view())) {
                FoundSolution one;
                std::copy(at.nonce().begin(), at.nonce().end(), one.nonce.begin());
                one.solution = *equihash::to_minimal(info_.params, indices.values);
                report.found.push_back(one);
            }
            ++report.nonces_done;
        }
        spoil(report);
        return report;
    }

    std::function<void(SolveReport&)> spoil = [](SolveReport&) {};

private:
    SolverInfo info_;
};

BookSolver solver_for(const KnownAnswer& answer)
{
    return {answer.params, *Personalization::from_text(answer.personalization)};
}

/// What the published vectors hold for the answer's nonces.
std::vector<FoundSolution> published(const KnownAnswer& answer)
{
    static const auto solved = equihash::test::solved_inputs();
    std::vector<FoundSolution> known;
    for (u64 i = 0; i < answer.nonces; ++i) {
        equihash::PowInput input = answer.input();
        place_counter(input, answer.range(), answer.first_nonce + i);
        std::size_t inputs = 0;
        for (const auto& one : solved) {
            if (one.params != answer.params || !equal(one.input, input.view()) ||
                one.personalization.text() != answer.personalization)
                continue;
            ++inputs;
            for (const auto& solution : one.solutions) {
                known.push_back({{}, solution});
                std::copy(input.nonce().begin(), input.nonce().end(), known.back().nonce.begin());
            }
        }
        EXPECT_EQ(inputs, 1u) << "nonce " << answer.first_nonce + i;
    }
    return known;
}

TEST(KnownAnswers, CoverEverySetAndAgreeWithThePublishedVectors)
{
    std::vector<KnownAnswer> answers(long_answers().begin(), long_answers().end());
    for (const Params& params : equihash::kKnownParams) {
        EXPECT_TRUE(std::any_of(answers.begin(), answers.end(), [&](const KnownAnswer& answer) {
            return answer.params == params;
        })) << to_string(params);
        answers.push_back(quick_answer(params));
        EXPECT_EQ(answers.back().params, params);
    }
    for (const KnownAnswer& answer : answers) {
        SCOPED_TRACE(to_string(answer.params) + " " + std::string(answer.personalization));
        const auto known = published(answer);
        EXPECT_EQ(known.size(), answer.solutions);
        EXPECT_GT(known.size(), 0u);
        EXPECT_EQ(to_hex(digest_of(known).view()), answer.digest);
    }
}

TEST(SelfTest, PassesARightSolver)
{
    for (const Params& params : {Params{48, 5}, Params{96, 5}}) {
        BookSolver solver = solver_for(quick_answer(params));
        const auto verdict = check_answer(solver, quick_answer(params));
        EXPECT_TRUE(verdict) << verdict.error().detail;
    }
}

struct Fault {
    const char* name;
    std::function<void(SolveReport&)> spoil;
    const char* said;
};

TEST(SelfTest, FailsEveryWrongSolverAndSaysWhy)
{
    const KnownAnswer& answer = quick_answer({48, 5});
    const Fault faults[] = {
        {"wrong", [](SolveReport& r) { r.found[3].solution.bytes[5] ^= 1; }, "a wrong solution ("},
        {"short", [](SolveReport& r) { r.found[3].solution.bytes.pop_back(); }, "(bad_length)"},
        {"missing", [](SolveReport& r) { r.found.pop_back(); }, "31 solutions of 32, digest "},
        {"twice", [](SolveReport& r) { r.found.push_back(r.found[0]); }, "33 solutions of 32"},
        {"stub", [](SolveReport& r) { r.found.clear(); }, "0 solutions of 32"},
        {"dropped", [](SolveReport& r) { r.rows_dropped = 9; },
         "digest incomplete (9 rows dropped)"},
        {"lazy", [](SolveReport& r) { r.nonces_done = 1; }, "1 of 40 nonces done"},
    };
    for (const Fault& fault : faults) {
        BookSolver solver = solver_for(answer);
        solver.spoil = fault.spoil;
        const auto verdict = check_answer(solver, answer);
        ASSERT_FALSE(verdict) << fault.name;
        EXPECT_EQ(verdict.error().word, DeviceError::Word::self_test_failed);
        EXPECT_NE(verdict.error().detail.find(fault.said), std::string::npos)
            << verdict.error().detail;
        EXPECT_TRUE(verdict.error().detail.starts_with("self-test of 48,5 on book (plain): "));
    }
}

TEST(SelfTest, LeavesAStoppedQuestionOpen)
{
    BookSolver solver = solver_for(quick_answer({48, 5}));
    std::stop_source stop;
    stop.request_stop();
    EXPECT_TRUE(check_answer(solver, quick_answer({48, 5}), stop.get_token()));
}

/// A back end that makes BookSolvers and remembers what for.
class BookBackend final : public Backend {
public:
    std::string_view name() const noexcept override { return "book"; }
    std::vector<DeviceInfo> devices() override { return {}; }
    std::optional<u64> memory_needed(const DeviceInfo&, const Params&) override { return 0; }
    Result<std::unique_ptr<Solver>, DeviceError> make_solver(const DeviceInfo&,
                                                             const SolverOptions& options) override
    {
        if (options.params.n > 96)
            return DeviceError{DeviceError::Word::out_of_memory, "too small"};
        asked = options;
        return std::unique_ptr<Solver>(
            std::make_unique<BookSolver>(options.params, options.personalization));
    }
    SolverOptions asked;
};

TEST(SelfTest, MakesItsOwnSolverForTheQuestion)
{
    BookBackend backend;
    SolverOptions options{{200, 9}, {}, "portable", 3, false};
    EXPECT_TRUE(self_test(backend, {}, options, quick_answer({96, 5})));
    EXPECT_EQ(backend.asked.params, (Params{96, 5}));
    EXPECT_EQ(backend.asked.personalization.text(), "BgoldPoW");
    EXPECT_EQ(backend.asked.lane, "portable");
    EXPECT_EQ(backend.asked.worker, 3u);

    const auto refused = self_test(backend, {}, options, quick_answer({200, 9}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().word, DeviceError::Word::out_of_memory);
}

}  // namespace
}  // namespace adit::solver
