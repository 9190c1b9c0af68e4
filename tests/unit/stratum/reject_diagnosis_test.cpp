#include "stratum/client/reject_diagnosis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "stratum/proto/share.hpp"
#include "stratum/proto/target.hpp"
#include "tests/support/vectors.hpp"

namespace adit::stratum::client {
namespace {

using testing::HasSubstr;
using Cause = Diagnosis::Cause;

/// True solutions under one algorithm, as shares of work that believes in another.
std::vector<Share> true_shares(u32 n, std::string_view tag, const Algorithm& believed,
                               const U256& target = ~U256{}, std::size_t count = 3)
{
    std::vector<Share> shares;
    const json::value file = adit::test::load_vectors("equihash/solver-generated.json");
    for (const json::value& entry : *json::array_of(file.as_object(), "vectors")) {
        const json::object& vector = entry.as_object();
        if (adit::test::integer(vector, "n") != n || adit::test::text(vector, "person") != tag)
            continue;
        auto work = std::make_shared<Work>();
        const Bytes header = adit::test::hex(vector, "header140");
        std::copy(header.begin(), header.end(), work->input.header.begin());
        work->params = believed.params;
        work->personalization = believed.personalization;
        work->share_target = target;
        for (const json::value& minimal : *json::array_of(vector, "minimal")) {
            Share share;
            share.work = work;
            std::copy_n(header.begin() + 108, 32, share.nonce.begin());
            share.solution.bytes = *from_hex(std::string_view(minimal.as_string()));
            share.hash = share_hash(work->input, share.solution.bytes);
            if (meets(share.hash, target)) shares.push_back(share);
        }
    }
    EXPECT_GE(shares.size(), count) << n << tag;
    shares.resize(std::min(shares.size(), count));
    return shares;
}

Algorithm algorithm(u32 n, u32 k, std::string_view tag)
{
    return {*equihash::find_params(n, k), *equihash::Personalization::from_text(tag)};
}

RejectEvidence evidence(const std::vector<Share>& shares, Ruling ruling, const std::string& words)
{
    RejectEvidence out;
    for (const Share& share : shares) out.rejected.push_back({share, ruling, words});
    out.newest_target = shares.front().work->share_target;
    return out;
}

TEST(Diagnosis, FindsThePersonalizationThatWasReallySolvedFor)
{
    const auto gold = algorithm(144, 5, "BgoldPoW");
    const auto shares = true_shares(144, "BitcoinZ", gold, ~U256{}, 5);
    const Diagnosis found =
        diagnose(evidence(shares, Ruling::invalid_solution, "invalid solution"));
    EXPECT_EQ(found.cause, Cause::solved_for_another);
    EXPECT_THAT(found.text,
                HasSubstr("solve 144,5 BitcoinZ, not 144,5 BgoldPoW: use -a 144,5 --pers "
                          "BitcoinZ"));
}

TEST(Diagnosis, BelievesThePoolsHint)
{
    const auto ours = algorithm(144, 5, "BitcoinZ");
    RejectEvidence rejects =
        evidence(true_shares(144, "BitcoinZ", ours), Ruling::invalid_solution, "invalid solution");
    read_hint("144_5", rejects.hint);
    read_hint("sngemPoW", rejects.hint);
    const Diagnosis found = diagnose(rejects);
    EXPECT_EQ(found.cause, Cause::hint_differs);
    EXPECT_THAT(found.text, HasSubstr("announces 144,5 sngemPoW"));
}

TEST(Diagnosis, ReadsTheLengthThePoolExpects)
{
    const auto ours = algorithm(48, 5, "ZcashPoW");
    const Diagnosis found =
        diagnose(evidence(true_shares(48, "ZcashPoW", ours), Ruling::invalid_solution,
                          "Error: Incorrect size of solution (74), expected 202"));
    EXPECT_EQ(found.cause, Cause::length_differs);
    EXPECT_THAT(found.text, HasSubstr("use -a 144,5"));
}

TEST(Diagnosis, KnowsBitcoinGoldByItsHeader)
{
    const auto ours = algorithm(48, 5, "ZcashPoW");
    auto shares = true_shares(48, "ZcashPoW", ours, ~U256{}, 1);
    auto work = std::make_shared<Work>(*shares[0].work);
    std::fill_n(work->input.header.begin() + 68, 32, u8{0});
    work->input.header[68] = 0xa0;  // height 700,064
    work->input.header[69] = 0xae;
    work->input.header[70] = 0x0a;
    shares[0].work = work;
    // The header was changed, so the solution holds for nothing any more …
    EXPECT_EQ(diagnose(evidence(shares, Ruling::invalid_solution, "")).cause, Cause::unknown);

    // … and a real block of that chain, mined for another tag than it wants, tells the chain.
    const json::value blocks = adit::test::load_vectors("headers/btg-blocks.json");
    for (const json::value& entry : blocks.as_array()) {
        const json::object& block = entry.as_object();
        const Bytes header = adit::test::hex(block, "header140");
        const Bytes solution = adit::test::hex(block, "solution");
        if (solution.size() != 100) continue;
        auto gold_work = std::make_shared<Work>();
        std::copy(header.begin(), header.end(), gold_work->input.header.begin());
        gold_work->params = {144, 5};
        gold_work->personalization = *equihash::Personalization::from_text("BitcoinZ");
        gold_work->share_target = ~U256{};
        Share share;
        share.work = gold_work;
        std::copy_n(header.begin() + 108, 32, share.nonce.begin());
        share.solution.bytes = solution;
        const Diagnosis found = diagnose(evidence({share}, Ruling::invalid_solution, ""));
        EXPECT_EQ(found.cause, Cause::solved_for_another);
        EXPECT_THAT(found.text, HasSubstr("BgoldPoW"));
        return;
    }
    FAIL() << "no (144,5) block among the vectors";
}

TEST(Diagnosis, NamesTheCandidatesWhenAllIsWellHere)
{
    const auto ours = algorithm(144, 5, "BitcoinZ");
    const Diagnosis found = diagnose(
        evidence(true_shares(144, "BitcoinZ", ours), Ruling::invalid_solution, "invalid solution"));
    EXPECT_EQ(found.cause, Cause::unknown);
    EXPECT_THAT(found.text, HasSubstr("true solutions of 144,5 BitcoinZ"));
    EXPECT_THAT(found.text, HasSubstr("BgoldPoW (bitcoingold)"));
    EXPECT_THAT(found.text, HasSubstr("sngemPoW (snowgem)"));
}

TEST(Diagnosis, SolutionsOfNothingPointAtTheDevice)
{
    auto shares = true_shares(48, "ZcashPoW", algorithm(48, 5, "ZcashPoW"));
    for (Share& share : shares) share.solution.bytes[20] ^= 1;
    const Diagnosis found = diagnose(evidence(shares, Ruling::invalid_solution, ""));
    EXPECT_EQ(found.cause, Cause::unknown);
    EXPECT_THAT(found.text, HasSubstr("a device errs"));
}

TEST(Diagnosis, SeesATargetReadFromTheOtherEnd)
{
    // Sent as ff…ff07 00: read from our end it is easy, read from the other it is 0007ff…ff.
    const U256 easy = byte_swapped(difficulty_one());
    const auto ours = algorithm(48, 5, "ZcashPoW");
    const auto shares = true_shares(48, "ZcashPoW", ours, easy, 20);
    const Diagnosis found = diagnose(evidence(shares, Ruling::low_difficulty, "low difficulty"));
    EXPECT_EQ(found.cause, Cause::target_byte_order);
    EXPECT_THAT(found.text, HasSubstr("0007ffff"));

    RejectEvidence with_accepted = evidence(shares, Ruling::low_difficulty, "");
    with_accepted.accepted.push_back(shares[0]);  // taken, though it is above the other reading
    EXPECT_EQ(diagnose(with_accepted).cause, Cause::unknown);
}

TEST(Diagnosis, SeesATargetThatChangedUnderTheJob)
{
    const auto ours = algorithm(48, 5, "ZcashPoW");
    const U256 sent = ~U256{} >> 1;
    RejectEvidence rejects =
        evidence(true_shares(48, "ZcashPoW", ours, sent, 3), Ruling::low_difficulty, "low");
    rejects.newest_target = ~U256{} >> 30;
    EXPECT_EQ(diagnose(rejects).cause, Cause::newer_target);
}

TEST(Diagnosis, OwnsUpToItsOwnMistake)
{
    const auto ours = algorithm(48, 5, "ZcashPoW");
    auto shares = true_shares(48, "ZcashPoW", ours);
    for (Share& share : shares) {
        auto work = std::make_shared<Work>(*share.work);
        work->share_target = U256(1);
        share.work = work;
    }
    EXPECT_EQ(diagnose(evidence(shares, Ruling::low_difficulty, "")).cause, Cause::above_target);
}

}  // namespace
}  // namespace adit::stratum::client
