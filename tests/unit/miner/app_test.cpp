#include <gtest/gtest.h>

#include "miner/app/console.hpp"
#include "miner/app/cpu_teams.hpp"
#include "miner/app/device_choice.hpp"
#include "miner/app/options.hpp"
#include "miner/app/suggest.hpp"

namespace adit::miner::app {
namespace {

using namespace std::chrono_literals;

// --- suggestions

struct DistanceRow {
    const char* a;
    const char* b;
    std::size_t distance;
};

TEST(EditDistance, CountsChangesAndSwaps)
{
    for (const DistanceRow& row :
         {DistanceRow{"", "", 0}, DistanceRow{"solo", "solo", 0}, DistanceRow{"", "abc", 3},
          DistanceRow{"sloo", "solo", 1}, DistanceRow{"kitten", "sitting", 3},
          DistanceRow{"--thread", "--threads", 1}})
        EXPECT_EQ(edit_distance(row.a, row.b), row.distance) << row.a << " " << row.b;
}

TEST(Nearest, FindsTheFlagThatWasMeant)
{
    const std::vector<std::string> flags{"--blocks", "--threads", "--devices",
                                         "--chain",  "--lane",    "--print-time"};
    EXPECT_EQ(nearest("--block", flags), "--blocks");
    EXPECT_EQ(nearest("--blokcs", flags), "--blocks");
    EXPECT_EQ(nearest("--thraeds", flags), "--threads");
    EXPECT_EQ(nearest("--print", flags), "--print-time");
    EXPECT_EQ(nearest("--xylophone", flags), std::nullopt);
    EXPECT_EQ(nearest("slo", {"solo", "mine"}), "solo");
    EXPECT_EQ(nearest("x", {"solo", "mine"}), std::nullopt);
}

TEST(KnownElsewhere, SaysWhatThereIsInstead)
{
    EXPECT_EQ(known_elsewhere("--dev-fee"), "adit takes no fee");
    EXPECT_FALSE(known_elsewhere("--threads"));
}

// --- words for people

TEST(Console, Amounts)
{
    EXPECT_EQ(coins_text(750000000), "7.5");
    EXPECT_EQ(coins_text(1), "0.00000001");
    EXPECT_EQ(coins_text(0), "0");
    EXPECT_EQ(coins_text(100'00000000), "100");
}

TEST(Console, Durations)
{
    EXPECT_EQ(duration_text(9340ms), "9.3 s");
    EXPECT_EQ(duration_text(242s), "4 min 2 s");
    EXPECT_EQ(duration_text(3h + 12min + 9s), "3 h 12 min");
}

TEST(Console, RatesKeepToFourDigits)
{
    EXPECT_EQ(rate_text(0), "0.00");
    EXPECT_EQ(rate_text(4.351), "4.35");
    EXPECT_EQ(rate_text(9.999), "10.0");
    EXPECT_EQ(rate_text(124.8), "125");
    EXPECT_EQ(rate_text(999.9), "1.00k");
    EXPECT_EQ(rate_text(7700), "7.70k");
    EXPECT_EQ(rate_text(999'900), "1.00M");
}

BlockNews news_of(u32 height)
{
    auto work = std::make_shared<stratum::Work>();
    work->height = height;
    work->payments = {{"miner", 750024897},
                      {"secure nodes", 125000000},
                      {"super nodes", 125000000},
                      {"treasury", 250000000}};
    BlockNews news;
    news.share.work = work;
    news.share.hash.bytes[31] = 0x0a;
    news.share.device_id = "cpu";
    news.since_last = 8200ms;
    return news;
}

TEST(Console, ABlockShowsHeightHashTimeDeviceAndAllPayments)
{
    const auto lines = Style{}.block(news_of(123), "14:32:10");
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[0], "block 123 0a" + std::string(62, '0'));
    EXPECT_EQ(lines[1], "  14:32:10  8.2 s after the last, found by cpu");
    EXPECT_EQ(lines[2], "  miner 7.50024897, secure nodes 1.25, super nodes 1.25, treasury 2.5");
}

TEST(Console, NothingIsWiderThanEightyColumns)
{
    auto news = news_of(999'999'999);
    auto work = std::make_shared<stratum::Work>(*news.share.work);
    for (stratum::Payment& payment : work->payments) payment.amount = 20999999'12345678;
    news.share.work = work;
    for (const std::string& line : Style{}.block(news, "14:32:10"))
        EXPECT_LE(line.size(), 80u) << line;

    stats::Snapshot snapshot;
    snapshot.work = work;
    snapshot.rates = {{7700, 9990}, {7700, 9990}, {7700, 9990}};
    const std::string line = Style{}.rates(snapshot, "14:32:10");
    EXPECT_LE(line.size(), 80u) << line;
    EXPECT_NE(line.find("9.99k"), std::string::npos);
}

TEST(Console, PlainTextHasNoEscapes)
{
    for (const std::string& line : Style{}.block(news_of(1), ""))
        EXPECT_EQ(line.find('\x1b'), line.npos);
    bool any = false;
    for (const std::string& line : Style{true}.block(news_of(1), ""))
        any = any || line.find('\x1b') != line.npos;
    EXPECT_TRUE(any);
}

// --- devices

std::vector<Device> some_devices()
{
    const auto device = [](const char* id, const char* pci, bool on_request) {
        Device made;
        made.info.id = id;
        made.info.pci_address = pci;
        made.info.on_request = on_request;
        return made;
    };
    return {device("cuda:0", "0000:01:00.0", false), device("cuda:1", "0000:04:00.0", false),
            device("ocl:0", "0000:01:00.0", true), device("cpu", "", false)};
}

struct ChoiceRow {
    std::vector<std::string> devices;
    std::optional<u32> threads;
    const char* chosen;  ///< ids with blanks between; null: refused
};

TEST(DeviceChoice, ByIdNumberAddressAndExclusion)
{
    const ChoiceRow rows[]{
        {{}, {}, "cuda:0 cuda:1"},
        {{}, 2, "cuda:0 cuda:1 cpu"},
        {{}, 0, "cuda:0 cuda:1"},
        {{"cpu"}, {}, "cpu"},
        {{"1"}, {}, "cuda:1"},
        {{"0,1"}, {}, "cuda:0 cuda:1"},
        {{"0", "3"}, {}, "cuda:0 cpu"},
        {{"0 cpu"}, {}, "cuda:0 cpu"},
        {{"ocl:0"}, {}, "ocl:0"},
        {{"04:00.0"}, {}, "cuda:1"},
        {{"all"}, {}, "cuda:0 cuda:1 cpu"},
        {{"all", "!cuda:1"}, {}, "cuda:0 cpu"},
        {{"!1"}, {}, "cuda:0"},
        {{"cpu"}, 0, nullptr},
        {{"none"}, {}, nullptr},
        {{"cuda:7"}, {}, nullptr},
        {{"9"}, {}, nullptr},
        {{"0"}, 4, "cuda:0"},
    };
    for (const ChoiceRow& row : rows) {
        std::string said;
        for (const auto& word : row.devices) said += word + " ";
        const auto chosen = choose_devices(some_devices(), {row.devices, row.threads, ""});
        if (row.chosen == nullptr) {
            EXPECT_FALSE(chosen) << said;
            continue;
        }
        ASSERT_TRUE(chosen) << said << chosen.error().text;
        std::string ids;
        for (const Device& device : *chosen) ids += (ids.empty() ? "" : " ") + device.info.id;
        EXPECT_EQ(ids, row.chosen) << said;
    }
}

TEST(DeviceChoice, WithoutAGpuTheCpuMines)
{
    auto chosen = choose_devices({some_devices().back()}, {});
    ASSERT_TRUE(chosen);
    EXPECT_EQ(chosen->at(0).info.id, "cpu");
}

TEST(DeviceChoice, AWorkerForEachThread)
{
    Device cpu = some_devices().back();
    cpu.info.workers = 8;
    EXPECT_EQ(workers_for({cpu}, {}).size(), 8u);
    const auto two = workers_for({cpu}, {{}, 2, "portable"});
    ASSERT_EQ(two.size(), 2u);
    EXPECT_EQ(two[1].options.worker, 1u);
    EXPECT_EQ(two[1].options.lane, "portable");
}

/// A back end that knows one size of memory.
struct Sized final : solver::Backend {
    std::string_view name() const noexcept override { return "cpu"; }
    std::vector<solver::DeviceInfo> devices() override { return {}; }
    std::optional<u64> memory_needed(const solver::DeviceInfo&, const equihash::Params&) override
    {
        return 1000;
    }
    u32 threads_max(const equihash::Params& params) override { return params.k == 7 ? 4 : 1; }
    Result<std::unique_ptr<solver::Solver>, solver::DeviceError> make_solver(
        const solver::DeviceInfo&, const solver::SolverOptions&) override
    {
        return solver::DeviceError{};
    }
};

TEST(DeviceChoice, NoMoreThreadsThanFitIntoMemory)
{
    Sized backend;
    Device cpu{&backend, some_devices().back().info};
    cpu.info.workers = 8;
    const equihash::Params params{200, 9};
    for (const auto& [memory, workers] : {std::pair{100'000u, 8u}, {5'000u, 4u}, {500u, 1u}}) {
        cpu.info.memory_bytes = memory;
        EXPECT_EQ(workers_for({cpu}, {}, params).size(), workers) << memory;
    }
    cpu.info.memory_bytes = 5'000;
    EXPECT_EQ(workers_for({cpu}, {}).size(), 8u) << "not known yet what will be mined";
}

TEST(DeviceChoice, ThreadsShareNoncesWhereMemoryIsShort)
{
    Sized backend;
    Device cpu{&backend, some_devices().back().info};
    cpu.info.workers = 7;
    cpu.info.memory_bytes = 5'000;  // four fifths: four solvers
    const auto workers = workers_for({cpu}, {}, equihash::Params{192, 7});
    ASSERT_EQ(workers.size(), 4u);
    for (u32 i = 0; i < 4; ++i) {
        EXPECT_EQ(workers[i].options.worker, i);
        EXPECT_EQ(workers[i].options.teams, (std::vector<u32>{2, 2, 2, 1}));
    }
}

TEST(CpuTeams, AsNarrowAsMemoryAllows)
{
    using Teams = std::vector<u32>;
    struct Row {
        TeamWish wish;
        u64 teams_max;
        u32 threads_max;
        Teams expected;
    };
    for (const Row& row : std::vector<Row>{{{3, {}}, 3, 4, {1, 1, 1}},     // room for all
                                           {{8, {}}, 4, 4, {2, 2, 2, 2}},  // half of it
                                           {{6, {}}, 2, 4, {4, 2}},  // a narrower team for the rest
                                           {{3, {}}, 1, 4, {2}},     // a third does not help two
                                           {{9, {}}, 2, 4, {4, 4}},  // no room for the ninth
                                           {{4, {}}, 2, 1, {1, 1}},  // sets that are never shared
                                           {{4, 2}, 4, 4, {2, 2}},   // as asked
                                           {{4, 4}, 4, 2, {2, 2}},   // as asked, as far as it goes
                                           {{1, 4}, 1, 4, {1}}})
        EXPECT_EQ(cpu_teams(row.wish, row.teams_max, row.threads_max), row.expected);
}

// --- algorithms

TEST(ReadAlgorithm, CoinAlgoAndPers)
{
    using stratum::app::AlgorithmFlags;
    using stratum::app::read_algorithm;
    const auto zero = read_algorithm({"", "", "Zero"});
    ASSERT_TRUE(zero);
    EXPECT_EQ(zero->params, (equihash::Params{192, 7}));
    EXPECT_EQ(zero->personalization->text(), "ZERO_PoW");
    const auto both = read_algorithm({"144_5", "BgoldPoW", ""});
    ASSERT_TRUE(both);
    EXPECT_EQ(both->params, (equihash::Params{144, 5}));
    EXPECT_FALSE(read_algorithm({"", "auto", ""})->personalization);
    for (const AlgorithmFlags& bad :
         {AlgorithmFlags{"201,9", "", ""}, AlgorithmFlags{"", "short", ""},
          AlgorithmFlags{"", "", "dogecoin"}})
        EXPECT_FALSE(read_algorithm(bad)) << bad.algo << bad.pers << bad.coin;
}

}  // namespace
}  // namespace adit::miner::app
