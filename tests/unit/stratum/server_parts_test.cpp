// The smaller pieces of a pool: prefixes, targets, jobs, payouts, the door, the judge.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <numeric>

#include "stratum/proto/codec.hpp"
#include "stratum/server/address_guard.hpp"
#include "stratum/server/payouts.hpp"
#include "stratum/server/prefix_pool.hpp"
#include "stratum/server/server_session.hpp"
#include "stratum/server/share_judge.hpp"
#include "stratum/server/worker_book.hpp"
#include "tests/unit/stratum/mined.hpp"

namespace adit::stratum::server {
namespace {

using namespace std::chrono_literals;
using test::make_test_work;

constexpr TimePoint kStart{1000s};

// ── prefixes ────────────────────────────────────────────────────────────────────────────────────

TEST(PrefixPool, NeverHandsOutTheSameTwice)
{
    PrefixPool pool(0xfffffffe);  // runs over the end
    std::vector<NoncePart> taken;
    for (int i = 0; i < 1000; ++i) {
        taken.push_back(pool.take());
        for (int j = 0; j < i; ++j)
            ASSERT_FALSE(taken[static_cast<std::size_t>(j)] == taken.back());
    }
    EXPECT_FALSE(pool.take(taken[3]));
    pool.give_back(taken[3]);
    EXPECT_TRUE(pool.take(taken[3]));
    EXPECT_EQ(pool.out(), 1000u);
}

TEST(PrefixPool, PassesOverWhatIsOut)
{
    PrefixPool pool(5);
    const NoncePart first = pool.take();
    PrefixPool again(5);
    EXPECT_TRUE(again.take(first));
    EXPECT_FALSE(again.take() == first);
}

// ── vardiff ─────────────────────────────────────────────────────────────────────────────────────

/// A miner of a steady rate: where its difficulty settles, and how its shares come then.
struct Settled {
    double solutions = 0;
    double share_every_s = 0;
};
Settled settle(double rate_sol_s, double start, VardiffOptions options = {})
{
    Vardiff vardiff(start, kStart);
    TimePoint now = kStart;
    double due = 0;  // solutions until the next share: deterministic, the pace is what matters
    int shares_late = 0;
    for (int second = 0; second < 7200; ++second) {
        now += 1s;
        due += rate_sol_s;
        while (due >= vardiff.solutions()) {
            due -= vardiff.solutions();
            vardiff.share_came();
            if (second >= 3600) ++shares_late;
            (void)vardiff.look(options, now);
        }
        (void)vardiff.look(options, now);
    }
    return {vardiff.solutions(), 3600.0 / shares_late};
}

TEST(Vardiff, BringsEveryMinerToTheSamePace)
{
    for (const double rate : {0.5, 3.0, 50.0, 1000.0, 1e6}) {
        const Settled settled = settle(rate, 64);
        EXPECT_GT(settled.share_every_s, 15 * 0.6) << rate;
        EXPECT_LT(settled.share_every_s, 15 * 1.7) << rate;
    }
}

TEST(Vardiff, FindsAFastMinersPaceSoon)
{
    VardiffOptions options;
    Vardiff vardiff(64, kStart);
    TimePoint now = kStart;
    int shares = 0;
    for (int ms = 0; ms < 60'000; ms += 1) {  // 10,000 solutions a second
        now += 1ms;
        static double due = 0;
        due += 10;
        while (due >= vardiff.solutions()) {
            due -= vardiff.solutions();
            ++shares;
            vardiff.share_came();
            (void)vardiff.look(options, now);
        }
    }
    EXPECT_LT(shares, 60);
    EXPECT_GT(vardiff.solutions(), 50'000);
}

TEST(Vardiff, StaysWithinItsLimitsAndWhereItIsFixed)
{
    VardiffOptions options;
    options.solutions_min = 10;
    options.solutions_max = 100;
    EXPECT_DOUBLE_EQ(settle(0.001, 64, options).solutions, 10);
    EXPECT_DOUBLE_EQ(settle(1e6, 64, options).solutions, 100);
    Vardiff fixed(64, kStart);
    fixed.fix(1e9, options);
    for (int i = 0; i < 100; ++i) fixed.share_came();
    EXPECT_FALSE(fixed.look(options, kStart + 1s));
    EXPECT_DOUBLE_EQ(fixed.solutions(), 100);
}

TEST(Vardiff, ATargetForSoManySolutions)
{
    for (const double solutions : {1.0, 2.0, 64.0, 8192.0, 1e6, 3e12})
        EXPECT_NEAR(solutions_per_share(target_for(solutions)) / solutions, 1, 1e-9) << solutions;
}

// ── targets of a session ────────────────────────────────────────────────────────────────────────

TEST(TargetHistory, KeepsTheLastEight)
{
    TargetHistory history;
    EXPECT_EQ(history.find(0), nullptr);
    for (u64 i = 0; i < 300; ++i) {
        history.push(U256(i + 1));
        EXPECT_EQ(history.newest(), U256(i + 1));
        for (u64 age = 0; age < 8 && age <= i; ++age)
            EXPECT_EQ(*history.find(static_cast<u8>(i - age)), U256(i + 1 - age))
                << i << " " << age;
        EXPECT_EQ(history.find(static_cast<u8>(i - 8)), nullptr) << i;
        EXPECT_EQ(history.find(static_cast<u8>(i + 1)), nullptr) << i;
    }
}

// ── jobs ────────────────────────────────────────────────────────────────────────────────────────

TEST(JobBook, NewBlocksEndOldJobs)
{
    JobBook book(100);
    const auto first = book.add(make_test_work(1, 1));
    EXPECT_TRUE(first->new_block);
    EXPECT_EQ(book.add(make_test_work(1, 1)), nullptr) << "the same header is no new job";
    const auto second = book.add(make_test_work(1, 2));
    EXPECT_FALSE(second->new_block);
    EXPECT_EQ(book.find(100), first);
    EXPECT_EQ(book.find(101), second);
    const auto third = book.add(make_test_work(2, 1));
    EXPECT_TRUE(third->new_block);
    EXPECT_EQ(book.find(100), nullptr);
    EXPECT_EQ(book.find(101), nullptr);
    EXPECT_EQ(book.newest(), third);
    book.clear();
    EXPECT_EQ(book.newest(), nullptr);
}

TEST(JobBook, IsBounded)
{
    JobBook book(0);
    for (u32 i = 0; i < 200; ++i) {
        auto work = make_test_work(1, static_cast<u8>(i));
        work->input.header[40] = static_cast<u8>(i >> 3);
        book.add(work);
    }
    EXPECT_EQ(book.find(0), nullptr);
    EXPECT_NE(book.find(199), nullptr);
    EXPECT_NE(book.find(199 - 63), nullptr);
    EXPECT_EQ(book.find(199 - 64), nullptr);
}

TEST(JobBook, ALineSaysWhatTheCodecWould)
{
    JobBook book(0x1a2f);
    const auto work = make_test_work(1, 1);
    const auto job = book.add(work);
    const std::string line = job->notify_line(job_id(job->number, 3), false);
    EXPECT_TRUE(line.ends_with('\n'));
    const auto message = parse_server_line(line.substr(0, line.size() - 1));
    ASSERT_TRUE(message);
    const auto& notify = std::get<Notify>(message->body);
    EXPECT_EQ(notify.job.text, "1a2f03");
    EXPECT_FALSE(notify.clean_jobs);
    EXPECT_TRUE(equal(notify.header, work->input.view().first(108)));
    EXPECT_EQ(notify.hint.params, (ParamsHint{48, 5}));
    EXPECT_EQ(notify.hint.personalization, work->personalization);
    EXPECT_EQ(line, encode(notify));
}

TEST(JobId, ComesBackAndRefusesTheRest)
{
    for (const u64 number : {u64{1}, u64{0xffff}, ~u64{0}})
        for (const u8 generation : {u8{0}, u8{1}, u8{255}}) {
            const auto parsed = parse_job_id(job_id(number, generation));
            ASSERT_TRUE(parsed) << number;
            EXPECT_EQ(parsed->number, number);
            EXPECT_EQ(parsed->generation, generation);
        }
    for (const char* text : {"", "1", "12", "xyz", "12g4", "-123", "1fffffffffffffffff0", " 123"})
        EXPECT_FALSE(parse_job_id(text)) << text;
}

// ── payouts ─────────────────────────────────────────────────────────────────────────────────────

TEST(Payouts, SplitToTheLastUnit)
{
    const auto parts = [](i64 amount, std::vector<u64> weights) { return split(amount, weights); };
    EXPECT_EQ(parts(100, {1, 1}), (std::vector<i64>{50, 50}));
    EXPECT_EQ(parts(100, {1, 1, 1}), (std::vector<i64>{34, 33, 33}));
    EXPECT_EQ(parts(101, {1, 1, 1}), (std::vector<i64>{34, 34, 33}));
    EXPECT_EQ(parts(10, {1, 2, 3}), (std::vector<i64>{2, 3, 5}));
    EXPECT_EQ(parts(1, {1, 5}), (std::vector<i64>{0, 1}));
    EXPECT_EQ(parts(0, {1, 5}), (std::vector<i64>{0, 0}));
    EXPECT_EQ(parts(7, {0, 0}), (std::vector<i64>{0, 0}));
    EXPECT_EQ(parts(7, {}), (std::vector<i64>{}));
    EXPECT_EQ(parts(INT64_MAX, {~u64{0}}), (std::vector<i64>{INT64_MAX}));
}

TEST(Payouts, AlwaysAddUpAndFavourNobody)
{
    rc::check([] {
        const auto weights =
            *rc::gen::container<std::vector<u64>>(rc::gen::inRange<u64>(0, u64{1} << 40));
        const i64 amount = *rc::gen::inRange<i64>(0, 21'000'000'0000'0000);
        const auto parts = split(amount, weights);
        const u64 total = std::accumulate(weights.begin(), weights.end(), u64{0});
        const i64 paid = std::accumulate(parts.begin(), parts.end(), i64{0});
        RC_ASSERT(paid == (total == 0 ? 0 : amount));
        for (std::size_t i = 0; i < weights.size(); ++i) {
            const double exact = total == 0 ? 0
                                            : static_cast<double>(amount) *
                                                  static_cast<double>(weights[i]) /
                                                  static_cast<double>(total);
            RC_ASSERT(std::abs(static_cast<double>(parts[i]) - exact) <= 1.5);
        }
    });
}

TEST(Payouts, PplnsCountsTheLastShareInPart)
{
    const std::vector<CreditedShare> newest_first{
        {"b", 10}, {"a", 10}, {"a", 10}, {"c", 10}, {"c", 1000}};
    EXPECT_EQ(pplns(newest_first, 35, 700),
              (std::vector<Credit>{{"a", 2, 20, 400}, {"b", 1, 10, 200}, {"c", 1, 5, 100}}));
    EXPECT_EQ(pplns(newest_first, 1'000'000, 1040),  // fewer shares than the window
              (std::vector<Credit>{{"a", 2, 20, 20}, {"b", 1, 10, 10}, {"c", 2, 1010, 1010}}));
    EXPECT_TRUE(pplns({}, 10, 100).empty());
}

TEST(Payouts, ProportionalCountsTheRound)
{
    const std::vector<CreditedShare> round{{"b", 30}, {"a", 10}, {"b", 60}};
    EXPECT_EQ(proportional(round, 10), (std::vector<Credit>{{"a", 1, 10, 1}, {"b", 2, 90, 9}}));
}

// ── the door ────────────────────────────────────────────────────────────────────────────────────

TEST(AddressGuard, CountsConnections)
{
    GuardLimits limits;
    limits.connections_max = 5;
    limits.connections_per_address_max = 3;
    AddressGuard guard(limits);
    using Answer = AddressGuard::Answer;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(guard.connect("a", kStart), Answer::welcome);
    EXPECT_EQ(guard.connect("a", kStart), Answer::too_many_from_address);
    EXPECT_EQ(guard.connect("b", kStart), Answer::welcome);
    EXPECT_EQ(guard.connect("c", kStart), Answer::welcome);
    EXPECT_EQ(guard.connect("d", kStart), Answer::server_full);
    guard.disconnect("a", kStart);
    EXPECT_EQ(guard.connect("d", kStart), Answer::welcome);
    guard.disconnect("nobody", kStart);
    EXPECT_EQ(guard.connections(), 5u);
}

TEST(AddressGuard, ShutsOutWhoFailsTooOftenForAWhile)
{
    GuardLimits limits;
    limits.failures_burst = 10;
    limits.failures_per_second = 1;
    AddressGuard guard(limits);
    using Answer = AddressGuard::Answer;
    EXPECT_EQ(guard.connect("a", kStart), Answer::welcome);
    EXPECT_EQ(guard.connect("b", kStart), Answer::welcome);
    for (int i = 0; i < 9; ++i) EXPECT_TRUE(guard.failed("a", kStart));
    EXPECT_FALSE(guard.failed("a", kStart));
    EXPECT_EQ(guard.connect("a", kStart), Answer::too_many_failures);
    EXPECT_EQ(guard.connect("b", kStart), Answer::welcome) << "others are unaffected";
    guard.disconnect("a", kStart);
    EXPECT_EQ(guard.connect("a", kStart + 4s), Answer::too_many_failures) << "not by reconnecting";
    EXPECT_EQ(guard.connect("a", kStart + 6s), Answer::welcome);
    for (int i = 0; i < 1000; ++i)  // a failure a second is forgiven for ever
        EXPECT_TRUE(guard.failed("b", kStart + i * 1s));
}

TEST(AddressGuard, ForgetsAddresses)
{
    GuardLimits limits;
    limits.addresses_max = 10;
    AddressGuard guard(limits);
    for (int i = 0; i < 1000; ++i) {
        const std::string address = "a" + std::to_string(i);
        EXPECT_EQ(guard.connect(address, kStart), AddressGuard::Answer::welcome);
        guard.failed(address, kStart);
        guard.disconnect(address, kStart);
    }
    EXPECT_EQ(guard.connections(), 0u);
}

TEST(WorkerBook, ForgetsTheLongestAway)
{
    WorkerBook book;
    book.connected("stays", kStart);
    for (std::size_t i = 0; i < WorkerBook::kWorkersMax + 100; ++i)
        book.ruled("w" + std::to_string(i), Ruling::stale, kStart + i * 1s);
    EXPECT_EQ(book.workers().size(), WorkerBook::kWorkersMax);
    EXPECT_TRUE(book.workers().contains("stays"));
    EXPECT_FALSE(book.workers().contains("w0"));
    EXPECT_TRUE(book.workers().contains("w" + std::to_string(WorkerBook::kWorkersMax + 99)));
}

// ── the judge ───────────────────────────────────────────────────────────────────────────────────

class Judge : public testing::Test {
protected:
    Judge()
        : book(1),
          job(book.add(make_test_work(1, 1, 0x1f07ffff))),
          prefix(*NoncePart::from_hex("70000000"))
    {}
    Submit submit_of(const test::Mined& mined) const
    {
        Submit submit;
        submit.worker = "w";
        submit.job.text = job_id(job->number, 0);
        std::copy_n(job->work->input.header.begin() + 100, 4, submit.time.begin());
        submit.nonce_2 = mined.nonce_2;
        submit.solution = with_length_prefix(mined.solution);
        return submit;
    }
    Result<Candidate, Refusal> cheaply(const Submit& submit)
    {
        return judge_cheaply(submit, job, prefix, target);
    }

    JobBook book;
    ServerJobPtr job;
    NoncePart prefix;
    U256 target = ~U256{} >> 1;
};

TEST_F(Judge, AcceptsWhatIsTrue)
{
    for (const auto& mined : test::mine(job->work->input, prefix, 5, target)) {
        const auto candidate = cheaply(submit_of(mined));
        ASSERT_TRUE(candidate);
        EXPECT_EQ(candidate->hash, mined.hash);
        const Judgement judgement = judge_dearly(*candidate);
        EXPECT_EQ(judgement.ruling, Ruling::accepted);
        EXPECT_EQ(judgement.is_block, meets(mined.hash, job->work->block_target));
    }
}

TEST_F(Judge, RefusesEachThingByItsName)
{
    const auto good = test::mine(job->work->input, prefix, 1, target)[0];
    const auto low = test::mine_if(job->work->input, prefix, 1,
                                   [&](const Hash256& hash) { return !meets(hash, target); })[0];

    Submit late = submit_of(good);
    late.time[0] ^= 1;
    EXPECT_EQ(cheaply(late).error().text, "ntime out of range");
    for (const std::size_t bytes : {0u, 27u, 29u, 32u}) {
        Submit odd = submit_of(good);
        odd.nonce_2.resize(bytes);
        EXPECT_EQ(cheaply(odd).error().text, "incorrect size of nonce") << bytes;
    }
    for (const std::size_t bytes : {0u, 1u, 36u, 38u, 2048u}) {
        Submit odd = submit_of(good);
        odd.solution.resize(bytes);
        EXPECT_EQ(cheaply(odd).error().text, "incorrect size of solution") << bytes;
    }
    Submit wrong_prefix = submit_of(good);
    wrong_prefix.solution[0] = 0x23;
    EXPECT_EQ(cheaply(wrong_prefix).error().text, "incorrect size of solution");

    const auto candidate = cheaply(submit_of(low));
    ASSERT_TRUE(candidate);
    EXPECT_EQ(judge_dearly(*candidate).ruling, Ruling::low_difficulty);

    ASSERT_TRUE(cheaply(submit_of(good)));
    EXPECT_EQ(cheaply(submit_of(good)).error().ruling, Ruling::duplicate);

    // One bit anywhere: another share, and no solution.
    for (std::size_t byte = 1; byte < 37; byte += 5) {
        Submit forged = submit_of(good);
        forged.solution[byte] ^= 0x10;
        const auto forgery = cheaply(forged);
        ASSERT_TRUE(forgery);
        EXPECT_EQ(judge_dearly(*forgery).ruling, Ruling::invalid_solution) << byte;
    }
}

TEST_F(Judge, AnothersShareIsNoSolutionHere)
{
    const auto others = *NoncePart::from_hex("70000001");
    const auto mined = test::mine(job->work->input, others, 1, target)[0];
    const auto stolen = cheaply(submit_of(mined));  // same nonce_2, our prefix
    ASSERT_TRUE(stolen);
    EXPECT_EQ(judge_dearly(*stolen).ruling, Ruling::invalid_solution);
}

}  // namespace
}  // namespace adit::stratum::server
