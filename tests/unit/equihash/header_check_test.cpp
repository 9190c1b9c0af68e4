#include "kernels/equihash/header_check.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/unit/equihash/vectors.hpp"

namespace adit::equihash {
namespace {

/// Header and solution as they travel.
Bytes with_solution(ByteView header, ByteView solution)
{
    Bytes bytes(header.begin(), header.end());
    if (solution.size() < 0xfd) {
        bytes.push_back(static_cast<u8>(solution.size()));
    } else {
        bytes.push_back(0xfd);
        bytes.push_back(static_cast<u8>(solution.size()));
        bytes.push_back(static_cast<u8>(solution.size() >> 8));
    }
    append(bytes, solution);
    return bytes;
}

struct LiveHeader {
    std::string id, hash;
    Params params;
    Personalization personalization;
    Bytes bytes;
};

std::vector<LiveHeader> live_headers()
{
    std::vector<LiveHeader> all;
    for (const char* name : {"headers/genesis.json", "headers/zcash-blocks.json",
                             "headers/btg-blocks.json", "headers/horizen-regtest.json"}) {
        const auto file = test::load_vectors(name);
        for (const auto& entry : file.get_array()) {
            const auto& o = entry.get_object();
            all.push_back({std::string(test::text(o, "id")), std::string(test::text(o, "hash")),
                           test::params_of(o), test::personalization_of(o),
                           with_solution(test::hex(o, "header140"), test::hex(o, "solution"))});
        }
    }
    return all;
}

TEST(HeaderCheck, KnowsEveryLiveHeadersHashAndTarget)
{
    std::set<std::string> above_target;
    for (const LiveHeader& live : live_headers()) {
        SCOPED_TRACE(live.id);
        const auto report = check_header(live.params, live.personalization, live.bytes);
        ASSERT_TRUE(report);
        EXPECT_TRUE(report->valid());
        EXPECT_EQ(to_hex_reversed(report->block_hash.view()), live.hash);
        if (!report->meets_target) above_target.insert(live.id);
    }
    EXPECT_EQ(above_target, std::set<std::string>{});
}

TEST(HeaderCheck, SaysItInOneLine)
{
    LiveHeader live = live_headers().front();
    const auto verdict = [&] {
        return check_header_hex(live.params, live.personalization, to_hex(live.bytes));
    };
    EXPECT_EQ(verdict().outcome, HeaderVerdict::Outcome::valid);
    EXPECT_EQ(verdict().line, "valid " + live.hash + "  target met (bits 1f07ffff)");
    EXPECT_EQ(
        check_header_hex(live.params, live.personalization, " " + to_hex(live.bytes) + "\r\n").line,
        verdict().line);

    live.bytes[300] ^= 1;
    EXPECT_EQ(verdict().outcome, HeaderVerdict::Outcome::invalid);
    EXPECT_TRUE(verdict().line.starts_with("invalid no_collision  ")) << verdict().line;
    EXPECT_TRUE(verdict().line.ends_with("target not met (bits 1f07ffff)")) << verdict().line;
    EXPECT_FALSE(verdict().meets_target);
}

/// Bits nobody can meet do not make a valid solution invalid.
TEST(HeaderCheck, JudgesSolutionAndTargetApart)
{
    for (const auto& solved : test::solved_inputs()) {
        if (solved.input.size() != 140 || solved.solutions.empty()) continue;
        const auto report = check_header(solved.params, solved.personalization,
                                         with_solution(solved.input, solved.solutions[0].bytes));
        ASSERT_TRUE(report);
        EXPECT_TRUE(report->valid()) << solved.name;
        if (solved.name.starts_with("zero")) {
            EXPECT_FALSE(report->meets_target) << "bits 00000000 are no target";
        }
    }
}

TEST(HeaderCheck, RefusesWhatIsNoHeaderByItsForm)
{
    const LiveHeader live = live_headers().front();  // (200,9): CompactSize fd4005
    const auto error_of = [&](ByteView bytes) {
        const auto report = check_header(live.params, live.personalization, bytes);
        return report ? std::string("none") : std::string(to_string(report.error()));
    };
    const ByteView whole(live.bytes);
    EXPECT_EQ(error_of({}), "too_short");
    EXPECT_EQ(error_of(whole.first(139)), "too_short");
    EXPECT_EQ(error_of(whole.first(140)), "too_short");
    EXPECT_EQ(error_of(whole.first(141)), "bad_solution_length");
    EXPECT_EQ(error_of(whole.first(142)), "bad_solution_length");
    EXPECT_EQ(error_of(whole.first(143)), "solution_cut_off");
    EXPECT_EQ(error_of(whole.first(whole.size() - 1)), "solution_cut_off");
    Bytes longer = live.bytes;
    longer.push_back(0);
    EXPECT_EQ(error_of(longer), "bytes_after_the_solution");

    for (const char* length : {"fdfc00", "fe40050000", "ff4005000000000000", "ff"}) {
        Bytes bytes(whole.begin(), whole.begin() + 140);
        append(bytes, *from_hex(length));
        append(bytes, whole.subspan(143));
        EXPECT_EQ(error_of(bytes),
                  std::string(length) == "ff" ? "solution_cut_off" : "bad_solution_length")
            << length;
    }
    for (const char* text : {"", " ", "zz", "0", "0x04", "04 00"})
        EXPECT_EQ(check_header_hex(live.params, live.personalization, text).outcome,
                  HeaderVerdict::Outcome::unusable)
            << text;
}

/// A solution of another (n, k) is well formed, and invalid.
TEST(HeaderCheck, CallsAWrongLengthInvalid)
{
    const LiveHeader live = live_headers().front();
    const auto verdict = check_header_hex({144, 5}, live.personalization, to_hex(live.bytes));
    EXPECT_EQ(verdict.outcome, HeaderVerdict::Outcome::invalid);
    EXPECT_TRUE(verdict.line.starts_with("invalid bad_length")) << verdict.line;
    const Bytes empty = with_solution(ByteView(live.bytes).first(140), {});
    EXPECT_EQ(check_header_hex(live.params, live.personalization, to_hex(empty)).outcome,
              HeaderVerdict::Outcome::invalid);
}

}  // namespace
}  // namespace adit::equihash
