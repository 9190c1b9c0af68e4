// The smaller pieces of stratum/proto: lines, nonces, targets, dialects, jobs.

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/base/hex.hpp"
#include "stratum/proto/line_framer.hpp"
#include "stratum/proto/pool_work.hpp"
#include "stratum/proto/target.hpp"

namespace adit::stratum {
namespace {

// ── lines ───────────────────────────────────────────────────────────────────────────────────────

std::vector<std::string> lines_of(LineFramer& framer, std::string_view bytes)
{
    std::vector<std::string> lines;
    (void)framer.feed(bytes, [&](std::string_view line) {
        lines.emplace_back(line);
        return true;
    });
    return lines;
}

TEST(LineFramer, SaysTheSameHoweverTheBytesAreCut)
{
    const std::string stream = "one\ntwo\r\n\n\r\nthree \n  four\nunfinished";
    const std::vector<std::string> expected{"one", "two", "three ", "  four"};
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        LineFramer framer(64);
        std::vector<std::string> lines = lines_of(framer, stream.substr(0, cut));
        for (std::string& line : lines_of(framer, stream.substr(cut))) lines.push_back(line);
        EXPECT_EQ(lines, expected) << cut;
        EXPECT_EQ(framer.unfinished(), "unfinished");
    }
    LineFramer bytewise(64);
    std::vector<std::string> lines;
    for (const char c : stream)
        for (std::string& line : lines_of(bytewise, std::string_view(&c, 1))) lines.push_back(line);
    EXPECT_EQ(lines, expected);
}

TEST(LineFramer, RefusesLongLinesAndStaysThatWay)
{
    for (const std::string tail : {"", "\n", "\nshort\n"}) {
        LineFramer framer(8);
        EXPECT_EQ(lines_of(framer, "12345678\n"), std::vector<std::string>{"12345678"});
        EXPECT_TRUE(lines_of(framer, "123456789" + tail).empty());
        EXPECT_TRUE(framer.too_long());
        EXPECT_TRUE(lines_of(framer, "x\n").empty());
        framer.reset();
        EXPECT_EQ(lines_of(framer, "x\n"), std::vector<std::string>{"x"});
    }
    LineFramer slowly(8);
    for (int i = 0; i < 8; ++i)
        EXPECT_TRUE(slowly.feed("a", [](std::string_view) { return true; }));
    EXPECT_FALSE(slowly.feed("a", [](std::string_view) { return true; }));
}

TEST(LineFramer, HoldsNothingBetweenLines)
{
    LineFramer framer(100'000);
    lines_of(framer, std::string(50'000, 'a'));
    EXPECT_GE(framer.bytes_held(), 50'000u);
    lines_of(framer, "\n");
    EXPECT_LE(framer.bytes_held(), 32u);
}

TEST(LineFramer, StopsWhenTold)
{
    LineFramer framer(64);
    int seen = 0;
    EXPECT_TRUE(framer.feed("a\nb\nc\n", [&](std::string_view) { return ++seen < 2; }));
    EXPECT_EQ(seen, 2);
}

// ── nonces ──────────────────────────────────────────────────────────────────────────────────────

TEST(NoncePart, SplitsTheNonceAtEveryLength)
{
    for (std::size_t size = 0; size <= 31; ++size) {
        const Bytes prefix(size, 0xab);
        const auto part = NoncePart::from_bytes(prefix);
        ASSERT_TRUE(part);
        EXPECT_EQ(part->nonce_2_bytes(), 32 - size);
        equihash::PowInput input;
        input.header.fill(0x11);
        part->place(input);
        EXPECT_EQ(to_hex(input.nonce()), to_hex(prefix) + std::string(2 * (32 - size), '0'));
        EXPECT_EQ(input.header[107], 0x11);

        const Bytes suffix(32 - size, 0xcd);
        ASSERT_TRUE(part->place(input, suffix));
        const auto read = part->nonce_2_of(input.nonce());
        ASSERT_TRUE(read);
        EXPECT_TRUE(equal(*read, suffix));
        EXPECT_FALSE(part->place(input, Bytes(31 - size, 0)));
        EXPECT_FALSE(part->place(input, Bytes(33 - size, 0)));
        if (size > 0) {
            Bytes foreign(32, 0xab);
            foreign[size - 1] ^= 1;
            EXPECT_FALSE(part->nonce_2_of(foreign));
        }
    }
    EXPECT_FALSE(NoncePart::from_bytes(Bytes(32, 0)));
    EXPECT_FALSE(NoncePart::from_hex(std::string(64, '0')));
    EXPECT_FALSE(NoncePart::from_hex("123"));
    EXPECT_FALSE(NoncePart::from_hex("0x"));
}

// ── targets ─────────────────────────────────────────────────────────────────────────────────────

TEST(Targets, DifficultyIsThePoolsConstantOverTheTarget)
{
    EXPECT_EQ(difficulty_one().to_hex(), "0007" + std::string(60, 'f'));
    EXPECT_DOUBLE_EQ(difficulty_of(difficulty_one()), 1.0);
    EXPECT_DOUBLE_EQ(difficulty_of(difficulty_one() >> 4), 16.0);
    // The recorded s-nomp session: 3e80…00 is difficulty 0.0005.
    const U256 recorded = *U256::from_hex("3e8" + std::string(61, '0'));
    EXPECT_NEAR(difficulty_of(recorded), 0.0005, 1e-9);
    EXPECT_TRUE(std::isinf(difficulty_of(U256{})));
}

TEST(Targets, AndBack)
{
    EXPECT_EQ(target_of_difficulty(1), difficulty_one());
    for (const double difficulty : {0.001, 0.5, 3.0, 1000.0, 123456.789, 1e15})
        EXPECT_NEAR(difficulty_of(target_of_difficulty(difficulty)) / difficulty, 1, 1e-12);
    EXPECT_EQ(target_of_difficulty(0), ~U256{});
    EXPECT_EQ(target_of_difficulty(-1), ~U256{});
    EXPECT_EQ(target_of_difficulty(std::nan("")), ~U256{});
    EXPECT_EQ(target_of_difficulty(1e-300), ~U256{});
    EXPECT_EQ(target_of_difficulty(1e300), U256(1));
}

TEST(Targets, AShareStandsForSoManySolutions)
{
    EXPECT_DOUBLE_EQ(solutions_per_share(~U256{}), 1.0);
    EXPECT_DOUBLE_EQ(solutions_per_share(~U256{} >> 1), 2.0);
    EXPECT_DOUBLE_EQ(solutions_per_share(difficulty_one()), 8192.0);
}

TEST(Targets, EqualIsGoodEnough)
{
    const U256 target = ~U256{} >> 20;
    EXPECT_TRUE(meets(target.to_le(), target));
    EXPECT_FALSE(meets((target + U256(1)).to_le(), target));
    EXPECT_EQ(byte_swapped(U256(1)).to_hex(), "01" + std::string(62, '0'));
    EXPECT_EQ(byte_swapped(byte_swapped(target)), target);
}

// ── dialects ────────────────────────────────────────────────────────────────────────────────────

equihash::Personalization tag(std::string_view text)
{
    AlgorithmHint hint;
    read_hint(text, hint);
    return hint.personalization.value();
}

TEST(Dialects, AConfiguredValueWinsOverAHintAndAHintOverTheTable)
{
    const equihash::Params k144{144, 5};
    AlgorithmHint hint;
    hint.params = ParamsHint{144, 5};
    hint.personalization = tag("BitcoinZ");

    EXPECT_EQ(choose_algorithm({}, hint), (Algorithm{k144, tag("BitcoinZ")}));
    EXPECT_EQ(choose_algorithm({k144, tag("sngemPoW")}, hint), (Algorithm{k144, tag("sngemPoW")}));
    EXPECT_EQ(choose_algorithm({k144, {}}, {}), (Algorithm{k144, tag("BgoldPoW")}));
    EXPECT_EQ(choose_algorithm({equihash::Params{200, 9}, {}}, {}),
              (Algorithm{{200, 9}, tag("ZcashPoW")}));
    EXPECT_FALSE(choose_algorithm({}, {}));
    hint.params = ParamsHint{99, 3};
    EXPECT_FALSE(choose_algorithm({}, hint));
    EXPECT_EQ(choose_algorithm({k144, {}}, hint), (Algorithm{k144, tag("BitcoinZ")}));
}

TEST(Dialects, TheTwistComesWithItsParameters)
{
    AlgorithmHint hint;
    hint.params = ParamsHint{125, 4};
    EXPECT_EQ(choose_algorithm({}, hint), (Algorithm{{125, 4, true}, tag("ZelProof")}));
}

TEST(Dialects, CoinsAreFoundByNameAndAreWellFormed)
{
    EXPECT_EQ(find_coin("BitcoinGold")->tag, "BgoldPoW");
    EXPECT_EQ(find_coin("nothing"), nullptr);
    for (const Coin& coin : coins()) {
        EXPECT_EQ(coin.tag.size(), 8u) << coin.name;
        EXPECT_TRUE(equihash::find_params(coin.params.n, coin.params.k)) << coin.name;
        EXPECT_NE(std::ranges::find(known_personalizations(), coin.tag),
                  known_personalizations().end())
            << coin.name;
    }
}

TEST(Dialects, KnowsHeaderVersions)
{
    for (const u32 version : {3u, 4u, 0x20000000u, 0x20000001u})
        EXPECT_TRUE(known_header_version(version)) << version;
    for (const u32 version : {0u, 1u, 2u, 5u, 0x80000004u, 0x04000000u})
        EXPECT_FALSE(known_header_version(version)) << version;
}

// ── jobs ────────────────────────────────────────────────────────────────────────────────────────

TEST(PoolWork, CarriesTheHeaderAndMakesTheSubmit)
{
    Notify notify;
    notify.job.text = "cccd";
    for (std::size_t i = 0; i < notify.header.size(); ++i) notify.header[i] = static_cast<u8>(i);
    const Bytes bits = *from_hex("0f0f0f20");
    std::copy(bits.begin(), bits.end(), notify.header.begin() + 104);
    const auto nonce_1 = *NoncePart::from_hex("70000000");
    const U256 target = ~U256{} >> 3;
    const Work work = make_work(notify, nonce_1, target, {{48, 5}, {}}, 7, 2);

    EXPECT_EQ(to_hex(work.input.nonce()), "70000000" + std::string(56, '0'));
    EXPECT_EQ(work.prefix_bytes, 4u);
    EXPECT_EQ(work.share_target, target);
    EXPECT_EQ(work.block_target.to_hex(), "0f0f0f" + std::string(58, '0'));
    EXPECT_EQ(to_hex(previous_hash(work)), to_hex(ByteView(notify.header).subspan(4, 32)));
    EXPECT_EQ(pool_origin(work)->session, 7u);
    EXPECT_EQ(pool_origin(work)->pool, 2u);

    Bytes nonce(32, 0);
    nonce[0] = 0x70;
    nonce[4] = 0x0e;
    const auto submit = make_submit(work, "w.rig", nonce, {Bytes(36, 0x55)});
    ASSERT_TRUE(submit);
    EXPECT_EQ(submit->job.text, "cccd");
    EXPECT_EQ(to_hex(submit->time), "64656667");
    EXPECT_EQ(to_hex(submit->nonce_2), "0e" + std::string(54, '0'));
    EXPECT_EQ(to_hex(submit->solution).substr(0, 4), "2455");
    EXPECT_EQ(submit->solution.size(), 37u);

    nonce[0] = 0x71;  // another connection's prefix
    EXPECT_FALSE(make_submit(work, "w.rig", nonce, {Bytes(36, 0x55)}));
    EXPECT_FALSE(make_submit(Work{}, "w.rig", nonce, {Bytes(36, 0x55)}));
}

}  // namespace
}  // namespace adit::stratum
