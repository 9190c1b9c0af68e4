#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <cmath>
#include <numeric>
#include <sstream>

#include "kernels/base/json.hpp"
#include "kernels/cpu/cpu_backend.hpp"
#include "kernels/equihash/encoding.hpp"
#include "kernels/equihash/reference_solver.hpp"
#include "kernels/solver/digest.hpp"
#include "miner/bench/compare.hpp"
#include "miner/bench/yardsticks.hpp"

namespace adit::miner::bench {
namespace {

using equihash::Params;
using testing::HasSubstr;

// --- statistics, against tables

TEST(BenchStatistics, QuantilesInterpolate)
{
    const std::vector<double> values{1, 2, 4, 8};
    EXPECT_DOUBLE_EQ(quantile(values, 0), 1);
    EXPECT_DOUBLE_EQ(quantile(values, 0.5), 3);
    EXPECT_DOUBLE_EQ(quantile(values, 0.75), 5);
    EXPECT_DOUBLE_EQ(quantile(values, 1), 8);
    EXPECT_DOUBLE_EQ(quantile(std::vector<double>{7}, 0.99), 7);
}

TEST(BenchStatistics, MomentsOfASample)
{
    const Moments m = moments(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9});
    EXPECT_DOUBLE_EQ(m.mean, 5);
    EXPECT_NEAR(m.deviation, std::sqrt(32.0 / 7), 1e-12);
    EXPECT_EQ(moments(std::vector<double>{3}).deviation, 0);
}

TEST(BenchStatistics, MeanWithStudentsInterval)
{
    EXPECT_FALSE(mean_interval(std::vector<double>{1}));
    const auto three = mean_interval(std::vector<double>{1, 2, 3});  // t(2) = 4.3027
    ASSERT_TRUE(three);
    EXPECT_NEAR(three->high - 2, 4.3027 / std::sqrt(3.0), 1e-4);
    std::vector<double> many(21);
    std::iota(many.begin(), many.end(), 0.0);  // t(20) = 2.0860
    EXPECT_NEAR(mean_interval(many)->high - 10, 2.0860 * moments(many).deviation / std::sqrt(21.0),
                0.003);
}

struct PoissonRow {
    u64 count;
    double low, high;
};

/// Exact ends (Garwood 1936), as tables of the Poisson distribution have them.
TEST(BenchStatistics, PoissonIntervals)
{
    for (const PoissonRow& row :
         {PoissonRow{0, 0, 3.6889}, PoissonRow{3, 0.6187, 8.7673}, PoissonRow{10, 4.7954, 18.3904},
          PoissonRow{100, 81.364, 121.627}, PoissonRow{184, 158.373, 212.593}}) {
        const Interval i = poisson_interval(row.count);
        EXPECT_EQ(i.value, static_cast<double>(row.count));
        EXPECT_NEAR(i.low, row.low, 0.03 * row.low + 1e-9) << row.count;
        EXPECT_NEAR(i.high, row.high, 0.01 * row.high) << row.count;
    }
}

TEST(BenchStatistics, RatiosCarryBothIntervals)
{
    const Interval exact = ratio_of({6, 6, 6}, {3, 3, 3});
    EXPECT_EQ(exact, (Interval{2, 2, 2}));
    const Interval wide = ratio_of({100, 97, 103}, {100, 96, 104});  // 3 % and 4 %: 5 %
    EXPECT_NEAR(wide.high, std::exp(0.05), 1e-12);
    EXPECT_NEAR(wide.low, std::exp(-0.05), 1e-12);
}

TEST(BenchStatistics, SolutionsToExpect)
{
    EXPECT_NEAR(expected_solutions({200, 9}), 1.88, 0.005);
    EXPECT_NEAR(expected_solutions({144, 5}), 2.0, 0.001);
    EXPECT_NEAR(expected_solutions({48, 5}), 0.744, 0.005);
}

// --- load

TEST(BenchLoad, ReadsProcStat)
{
    const CpuTimes times = parse_proc_stat("cpu  100 20 30 4000 50 6 7 80 9 10\ncpu0 1 2 3\n", 100);
    EXPECT_TRUE(times.known);
    EXPECT_DOUBLE_EQ(times.busy, 1.63);
    EXPECT_DOUBLE_EQ(times.stolen, 0.8);
    EXPECT_FALSE(parse_proc_stat("intr 1 2 3 4 5 6 7 8", 100).known);
    EXPECT_FALSE(parse_proc_stat("cpu 1 2 3", 100).known);
    EXPECT_FALSE(parse_proc_stat("", 100).known);
}

TEST(BenchLoad, TellsWhatDisturbs)
{
    CpuTimes before{.known = true};
    CpuTimes after{.known = true, .busy = 20, .stolen = 0.1, .own = 19.8};
    EXPECT_TRUE(disturbances(load_between(before, after, 10), 2).empty());
    after.stolen = 2;
    EXPECT_THAT(disturbances(load_between(before, after, 10), 2),
                testing::ElementsAre(HasSubstr("hypervisor took 0.20 of 2 cores")));
    after.stolen = 0;
    after.own = 10;
    EXPECT_THAT(disturbances(load_between(before, after, 10), 2),
                testing::ElementsAre(HasSubstr("other programs used 1.00 of 2 cores")));
    after.own = 20;
    after.throttle_events = 3;
    EXPECT_THAT(disturbances(load_between(before, after, 10), 2),
                testing::ElementsAre(HasSubstr("throttled 3 times")));
    EXPECT_EQ(disturbances(Load{}, 2).size(), 1u);  // nothing known is not the same as quiet
}

TEST(BenchYardsticks, MeasureSomething)
{
    EXPECT_GT(copy_rate(2), 1e8);
    EXPECT_GT(atomic_rate(1, 512), 1e6);
    EXPECT_GT(atomic_rate(2, 512), 1e6);
    EXPECT_GT(hashing_seconds({48, 5}, {}, hash::Lane::portable, 1), 0);
}

TEST(BenchYardsticks, WithoutCountersThereIsNoRateOfAtomics)
{
    EXPECT_EQ(atomic_rate(2, 0), 0);
    EXPECT_EQ(atomic_rate(0, 512), 0);
}

/// The table of memory in kernels/README.md.
TEST(BenchYardsticks, CountersAreTheBucketsOfATable)
{
    EXPECT_EQ(cpu::bucket_count({48, 5}), 4u);
    EXPECT_EQ(cpu::bucket_count({200, 9}), 512u);
    EXPECT_EQ(cpu::bucket_count({210, 9}), 1024u);
    EXPECT_EQ(cpu::bucket_count({125, 4, true}), 2048u);
    EXPECT_EQ(cpu::bucket_count({64, 3}), 0u);
}

// --- a real run

/// What the plain solver finds in nonces 0 … 39 of (48,5): zeros up to byte 108, the nonce as
/// LE32 there, zeros again.
std::vector<solver::FoundSolution> by_the_book()
{
    const Params params{48, 5};
    std::vector<solver::FoundSolution> all;
    for (u8 nonce = 0; nonce < 40; ++nonce) {
        Bytes header(140, 0);
        header[108] = nonce;
        for (const equihash::Indices& indices : equihash::solve_by_the_book(params, {}, header)) {
            solver::FoundSolution found;
            found.nonce[0] = nonce;
            found.solution = *equihash::to_minimal(params, indices.values);
            all.push_back(found);
        }
    }
    return all;
}

const u64 kSolutions = by_the_book().size();
const std::string kDigest = solver::digest_text(by_the_book(), 0);

/// (48,5) over nonces 0 … 39 on two threads.
class SmallRun : public testing::Test {
protected:
    static Plan plan() { return {.params = {48, 5}, .personalization = {}, .nonces = 40}; }
    static DeviceRun run()
    {
        const Bench bench{cpu::cpu_backend(), cpu::cpu_backend()->devices().at(0), "", {1, 1}};
        auto made = run_benchmark(plan(), bench, [](const Progress&) { return false; });
        EXPECT_TRUE(made);
        return std::move(*made);
    }
    static Report report()
    {
        return {.version = "1.2.3",
                .commit = "abc",
                .command_line = "adit benchmark 48,5 --nonces 0..39",
                .unix_time = 1'700'000'000,
                .machine = Machine::here(),
                .plan = plan(),
                .devices = {report_of(plan(), run(), 2)}};
    }
};

TEST_F(SmallRun, FindsAllAndTheirDigest)
{
    const DeviceRun done = run();
    EXPECT_EQ(done.runs.size(), 40u);
    EXPECT_EQ(done.workers, 2u);
    EXPECT_TRUE(done.whole);
    EXPECT_EQ(done.found.size(), kSolutions);
    EXPECT_EQ(done.verified, kSolutions);
    EXPECT_EQ(done.wrong, 0u);
    const DeviceReport report = report_of(plan(), done, 2);
    EXPECT_GT(kSolutions, 0u);
    EXPECT_EQ(report.digest, kDigest);
    EXPECT_GT(report.runs_per_s.value, 0);
    EXPECT_FALSE(report.valid) << "forty runs of (48,5) are over in milliseconds";
}

TEST_F(SmallRun, StopsWhenToldTo)
{
    Plan endless = plan();
    endless.nonces.reset();
    endless.time = std::chrono::hours(1);
    const Bench bench{cpu::cpu_backend(), cpu::cpu_backend()->devices().at(0), "", {1}};
    const auto done = run_benchmark(endless, bench, [](const Progress& p) { return p.runs > 2; });
    ASSERT_TRUE(done);
    EXPECT_EQ(done->ended_early, "interrupted");
    EXPECT_GT(done->runs.size(), 2u);
}

TEST_F(SmallRun, SaysWhyASolverCannotBeMade)
{
    const Bench bench{cpu::cpu_backend(), cpu::cpu_backend()->devices().at(0), "mmx", {1, 1}};
    const auto done = run_benchmark(plan(), bench, [](const Progress&) { return false; });
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().detail, HasSubstr("mmx"));
}

// --- reports

TEST_F(SmallRun, TextFitsATerminal)
{
    Report said = report();
    said.devices[0].copy_bytes_per_s = 10.33e9;
    said.devices[0].atomic_adds_per_s = 123.4e6;
    said.devices[0].atomic_counters = 2048;
    said.devices[0].hashing_s = 30.9e-3;
    EXPECT_THAT(text_of(said), HasSubstr("copies 10.33 GB/s · 123 million atomic additions/s"));
    std::istringstream lines(text_of(said));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("device ")) continue;  // a processor's name is as long as it is
        const auto letters =
            std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; });
        EXPECT_LE(letters, 80) << line;
    }
}

TEST_F(SmallRun, JsonHasWhatOthersReadAndReadsBack)
{
    const Report said = report();
    const std::string text = json_of(said);
    const auto parsed = json::parse(text);
    ASSERT_TRUE(parsed);
    const json::object& o = parsed->as_object();
    for (const char* key :
         {"format",          "version",         "commit",      "command",    "machine",
          "params",          "personalization", "first_nonce", "device",     "driver",
          "threads",         "memory_bytes",    "runs",        "runs_per_s", "solutions",
          "solutions_per_s", "verified",        "digest",      "valid",      "results"})
        EXPECT_TRUE(o.contains(key)) << key;
    EXPECT_EQ(json::string_of(o, "digest"), kDigest);
    EXPECT_EQ(json::integer_of(o, "verified"), static_cast<i64>(kSolutions));
    const auto times = o.at("results").as_array().at(0).as_object().at("run_ms").as_object();
    EXPECT_LE(times.at("median").to_number<double>(), times.at("p99").to_number<double>());

    EXPECT_EQ(o.at("results").as_array().at(0).at("nonces_at_once").to_number<int>(), 2);
    const auto phases = o.at("results").as_array().at(0).as_object().at("phases").as_array();
    ASSERT_EQ(phases.size(), 7u);  // five tables, the last digits, the way back
    double phases_ms = 0;
    for (const json::value& phase : phases) phases_ms += phase.at("ms").to_number<double>();
    EXPECT_GT(phases_ms, 0);
    EXPECT_LE(phases_ms, times.at("max").to_number<double>());
    EXPECT_EQ(phases[0].at("bytes").to_number<double>(), 512 * (6 + 2)) << "rows and references";

    const auto back = read_report(text);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->at(0).machine, said.machine);
    EXPECT_EQ(back->at(0).digest, kDigest);
    EXPECT_EQ(back->at(0).runs, 40u);
    EXPECT_NEAR(back->at(0).runs_per_s.value, said.devices[0].runs_per_s.value,
                1e-4 * said.devices[0].runs_per_s.value);
}

TEST_F(SmallRun, RatesOfTheMachineAreThereOnlyWhenMeasured)
{
    Report said = report();
    const auto result = [&said] {
        return json::parse(json_of(said))->as_object().at("results").as_array().at(0).as_object();
    };
    for (const char* key : {"copy_bytes_per_s", "atomic_adds_per_s", "atomic_counters"})
        EXPECT_FALSE(result().contains(key)) << key;
    EXPECT_THAT(text_of(said), testing::Not(HasSubstr("atomic")));
    said.devices[0].atomic_adds_per_s = 123.4e6;
    said.devices[0].atomic_counters = 512;
    EXPECT_EQ(result().at("atomic_adds_per_s").to_number<double>(), 123.4e6);
    EXPECT_EQ(result().at("atomic_counters").to_number<u32>(), 512u);
}

TEST_F(SmallRun, OtherFormsSayTheSame)
{
    const Report said = report();
    EXPECT_THAT(text_of(said), HasSubstr("digest " + kDigest));
    const std::string csv = csv_of(said);
    EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 2);
    EXPECT_THAT(csv, HasSubstr(kDigest));
    const std::string svg = svg_of(said);
    EXPECT_THAT(svg, testing::StartsWith("<svg "));
    EXPECT_THAT(svg, HasSubstr(kDigest));
    EXPECT_THAT(svg, HasSubstr("Phases of a run"));
    EXPECT_THAT(text_of(said), HasSubstr("last digits"));
    EXPECT_THAT(svg, testing::Not(HasSubstr("nan")));
}

/// Tags closed in the order they were opened, quotes in pairs, no stray & or <.
void expect_well_formed(const std::string& xml)
{
    boost::property_tree::ptree tree;
    std::istringstream text(xml);
    EXPECT_NO_THROW(boost::property_tree::read_xml(text, tree));
    EXPECT_EQ(tree.count("svg"), 1u);
}

TEST_F(SmallRun, ChartHasARooflineWhereCopyingWasMeasured)
{
    Report said = report();
    said.command_line = "adit benchmark 48,5 --report <a>&b.svg";
    expect_well_formed(svg_of(said));
    EXPECT_THAT(svg_of(said), testing::Not(HasSubstr("Roofline")));
    DeviceReport& d = said.devices[0];
    d.copy_bytes_per_s = 20e9;
    d.hashing_s = 40e-6;
    d.nonces_at_once = 2;
    d.phases = {{"table 0", 50e-6, 10'240}, {"table <1>", 4.096e-6, 20'480}, {"way back", 5e-6, 0}};
    const std::string svg = svg_of(said);
    expect_well_formed(svg);
    EXPECT_THAT(svg, HasSubstr(">Roofline<"));
    EXPECT_THAT(svg, HasSubstr("every table counted as 2^9 rows"));
    EXPECT_THAT(svg, HasSubstr(">copying, 20.00 GB/s<"));
    EXPECT_THAT(svg, HasSubstr(">hashing leaves alone, 25.6 million/s<"));  // 512 · 2 / 40 µs
    EXPECT_THAT(svg, HasSubstr("table 0: 20.5 million rows/s, 410 MB/s, 2 % of copying"));
    EXPECT_THAT(svg, HasSubstr("table &lt;1&gt;: 250 million rows/s, 10.00 GB/s, 50 % of copying"));
    EXPECT_THAT(svg, testing::Not(HasSubstr("way back:"))) << "it moves nothing that is counted";
    EXPECT_THAT(svg, testing::Not(HasSubstr("nan")));
}

TEST(BenchReport, UnitsForPeople)
{
    EXPECT_EQ(time_text(16.3e-6), "16.3 µs");
    EXPECT_EQ(time_text(0.2234), "223 ms");
    EXPECT_EQ(time_text(4.1), "4.10 s");
    EXPECT_EQ(bytes_text(118e6), "118 MB");
    EXPECT_EQ(bytes_text(2.574e9), "2.57 GB");
}

TEST(BenchReport, ARunThatDroppedRowsOrSolvedWronglyClaimsNoDigest)
{
    DeviceRun run;
    run.runs = {{0, 1, 0}, {1, 1, 0}};
    run.workers = run.threads = 1;
    run.wall_s = 2;
    run.rows_dropped = 7;
    const DeviceReport dropped = report_of({.params = {48, 5}}, run, 2);
    EXPECT_EQ(dropped.digest, "");
    EXPECT_EQ(dropped.digest_note, "digest incomplete (7 rows dropped)");
    EXPECT_DOUBLE_EQ(dropped.runs_per_s.value, 1);
    run.rows_dropped = 0;
    run.whole = false;
    EXPECT_EQ(report_of({.params = {48, 5}}, run, 2).digest, "");
    run.wrong = 1;
    EXPECT_THAT(report_of({.params = {48, 5}}, run, 2).reasons,
                testing::Contains(HasSubstr("1 solutions are wrong")));
}

// --- compare

Measurement measured(double rate, double half)
{
    Measurement m;
    m.machine.id = "a";
    m.params = "200,9";
    m.digest = "d";
    m.runs = 100;
    m.threads = 1;
    m.runs_per_s = {rate, rate - half, rate + half};
    m.solutions_per_s = {2 * rate, 1.8 * rate, 2.2 * rate};
    m.valid = true;
    return m;
}

TEST(BenchCompare, NamesTheFaster)
{
    const Measurement a = measured(10, 0.1);
    const auto same = compare(a, measured(10.05, 0.1));
    ASSERT_TRUE(same);
    EXPECT_TRUE(same->same_input && same->same_machine && !same->contradiction);
    EXPECT_THAT(text_of(*same, a, a), HasSubstr("no difference seen"));
    const Measurement slow = measured(5, 0.1);
    const auto faster = compare(a, slow);
    EXPECT_NEAR(faster->runs_ratio.value, 2, 1e-12);
    EXPECT_THAT(text_of(*faster, a, slow), HasSubstr("A is faster"));
    EXPECT_THAT(text_of(*compare(slow, a), slow, a), HasSubstr("B is faster"));
}

TEST(BenchCompare, SeesWhatIsNotTheSame)
{
    const Measurement a = measured(10, 0.1);
    Measurement b = a;
    b.digest = "e";
    EXPECT_TRUE(compare(a, b)->contradiction);
    b.runs = 90;
    EXPECT_FALSE(compare(a, b)->same_input);
    EXPECT_FALSE(compare(a, b)->contradiction) << "other nonces have other digests";
    b = a;
    b.machine.id = "b";
    b.valid = false;
    EXPECT_FALSE(compare(a, b)->same_machine);
    EXPECT_THAT(text_of(*compare(a, b), a, b), HasSubstr("not valid"));
    b.params = "144,5";
    EXPECT_FALSE(compare(a, b));
    b = a;
    b.runs_per_s = {};
    EXPECT_FALSE(compare(a, b));
}

TEST(BenchCompare, RefusesWhatIsNoReport)
{
    for (const char* text :
         {"", "[]", "{}", R"({"format":"adit.bench/1"})",
          R"({"format":"adit.bench/1","results":[]})", R"({"format":"other","results":[{}]})"})
        EXPECT_FALSE(read_report(text)) << text;
}

}  // namespace
}  // namespace adit::miner::bench
