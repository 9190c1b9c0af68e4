// The OpenCL back end on whatever OpenCL device is here; on most machines that is PoCL, which runs
// kernels on the CPU.

#include <algorithm>
#include <cctype>
#include <fstream>
#include <thread>

#include "kernels/base/endian.hpp"
#include "kernels/cpu/cpu_backend.hpp"
#include "kernels/opencl/program_cache.hpp"
#include "kernels/opencl/program_text.hpp"
#include "tests/kernels/opencl_support.hpp"

namespace adit::opencl {
namespace {

using equihash::Params;
using solver::DeviceError;
using test::OpenclTest;
using namespace std::chrono_literals;

/// Every way to run the small sets, the conservative one included, blocks of more lanes than rows,
/// rounds of several launches, launches of rounds and hashing, and rows of which only the digits
/// are staged.
struct Way {
    Params params;
    const char* lane;
};
void PrintTo(const Way& way, std::ostream* out) { *out << to_string(way.params) << way.lane; }

class EveryWay : public OpenclTest, public testing::WithParamInterface<Way> {};
INSTANTIATE_TEST_SUITE_P(
    Opencl, EveryWay,
    testing::Values(Way{{48, 5}, "one-lane"}, Way{{48, 5}, "staged"},
                    Way{{48, 5}, "staged:lanes=256"}, Way{{96, 5}, "one-lane"},
                    Way{{96, 5}, "conservative"}, Way{{96, 5}, "staged:scatter=2,slices=6"},
                    Way{{96, 5}, "one-lane:overlap=1"},
                    Way{{96, 5}, "staged:digits=1,overlap=1,slices=2"}, Way{{200, 9}, "one-lane"},
                    Way{{200, 9}, "one-lane:bits=9"}, Way{{200, 9}, "staged"}),
    [](const auto& row) {
        std::string name = std::to_string(row.param.params.n) + "_" + row.param.lane;
        std::ranges::replace_if(
            name, [](char c) { return std::isalnum(c) == 0; }, '_');
        return name;
    });

TEST_P(EveryWay, FindsTheKnownAnswer)
{
    const bool for_cpus = std::string_view(GetParam().lane).starts_with("one-lane");
    if (for_cpus && !device_.facts.is_cpu) GTEST_SKIP() << "one lane a block is for CPUs";
    expect_the_known_answer(GetParam().params, GetParam().lane);
}

class Opencl : public OpenclTest {
protected:
    /// Every file with this ending in the folder of programs.
    std::vector<std::filesystem::path> files(std::string_view ending) const
    {
        std::vector<std::filesystem::path> found;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
            if (entry.path().extension() == ending) found.push_back(entry.path());
        return found;
    }
};

TEST_F(Opencl, DevicesHaveStableIdsAndCpusWaitToBeNamed)
{
    const auto devices = list_devices();
    for (std::size_t i = 0; i < devices.size(); ++i) {
        EXPECT_EQ(devices[i].info.id, "ocl:" + std::to_string(i));
        EXPECT_FALSE(devices[i].info.name.empty());
        EXPECT_FALSE(devices[i].info.driver.empty());
        EXPECT_EQ(devices[i].info.on_request, devices[i].facts.is_cpu);
        EXPECT_GT(devices[i].facts.shared_bytes_max, 0u);
        EXPECT_TRUE(i == 0 || !devices[i - 1].facts.is_cpu || devices[i].facts.is_cpu);
    }
}

/// Many nonces, several batches of them in flight, each with a queue of its own or the next one's
/// hashing beside its rounds: as the CPU finds them, in their order.
class OpenclBatches : public OpenclTest, public testing::WithParamInterface<bool> {
protected:
    std::string lane() const
    {
        if (!GetParam()) return "";
        return device_.facts.is_cpu ? "one-lane:overlap=1" : "staged:overlap=1";
    }
    static std::vector<solver::FoundSolution> found_by_cpu(
        const Params& params, const equihash::Personalization& personalization,
        const equihash::PowInput& input, const solver::NonceRange& range)
    {
        auto& cpu = *cpu::cpu_backend();
        const auto made = cpu.make_solver(cpu.devices().at(0),
                                          {.params = params, .personalization = personalization});
        EXPECT_TRUE(made);
        const auto report = (*made)->solve(input, range, {});
        EXPECT_TRUE(report);
        return report->found;
    }
};
INSTANTIATE_TEST_SUITE_P(Opencl, OpenclBatches, testing::Bool(),
                         [](const auto& row) { return row.param ? "overlapped" : "in_turns"; });

TEST_P(OpenclBatches, FindWhatTheCpuFindsInTheOrderOfTheNonces)
{
    const auto personalization = *equihash::Personalization::from_text("BgoldPoW");
    auto made = make({96, 5}, lane(), personalization);
    ASSERT_TRUE(made) << made.error().detail;
    equihash::PowInput input;
    input.header[5] = 77;
    const solver::NonceRange range{
        .counter_offset = 3, .counter_bytes = 2, .first = 230, .count = 45};
    const auto report = (*made)->solve(input, range, {});
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_EQ(report->nonces_done, range.count);
    EXPECT_TRUE(std::is_sorted(
        report->found.begin(), report->found.end(), [](const auto& a, const auto& b) {
            return load_le<u16>(a.nonce.data() + 3) < load_le<u16>(b.nonce.data() + 3);
        }));

    const auto expected = found_by_cpu({96, 5}, personalization, input, range);
    EXPECT_GT(expected.size(), 50u);
    EXPECT_EQ(solver::digest_text(report->found, report->rows_dropped),
              solver::digest_text(expected, 0));
}

/// Of nonce 24 more solutions than are read back without asking, when the next batch is under way.
TEST_P(OpenclBatches, FindAllOfANonceWithManySolutions)
{
    const auto personalization = *equihash::Personalization::from_text("ZcashPoW");
    auto made = make({48, 5}, lane() + (lane().empty() ? ":batch=5" : ",batch=5"), personalization);
    ASSERT_TRUE(made) << made.error().detail;
    const solver::NonceRange range{.first = 0, .count = 40};
    const auto report = (*made)->solve({}, range, {});
    ASSERT_TRUE(report) << report.error().detail;
    const auto expected = found_by_cpu({48, 5}, personalization, {}, range);
    EXPECT_EQ(std::ranges::count(expected, 24,
                                 [](const auto& one) { return load_le<u64>(one.nonce.data()); }),
              8);
    EXPECT_EQ(solver::digest_text(report->found, report->rows_dropped),
              solver::digest_text(expected, 0));
}

TEST_P(OpenclBatches, StopBetweenRoundsAndWorkAgainAfterwards)
{
    const auto& answer = solver::quick_answer({96, 5});
    auto made =
        make({96, 5}, lane(), *equihash::Personalization::from_text(answer.personalization));
    ASSERT_TRUE(made) << made.error().detail;
    solver::SolveReport stopped;
    const auto begun = std::chrono::steady_clock::now();
    std::jthread worker([&](const std::stop_token& stop) {
        const auto report = (*made)->solve({}, {.first = 0, .count = 1'000'000}, stop);
        ASSERT_TRUE(report) << report.error().detail;
        stopped = *report;
    });
    std::this_thread::sleep_for(300ms);
    worker.request_stop();
    worker.join();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 20s) << "a million nonces take far longer";
    EXPECT_LT(stopped.nonces_done, 1'000'000u);
    const auto whole = (*made)->solve({}, {.first = 0, .count = stopped.nonces_done}, {});
    ASSERT_TRUE(whole) << whole.error().detail;
    EXPECT_EQ(solver::digest_text(stopped.found, stopped.rows_dropped),
              solver::digest_text(whole->found, 0));
    const auto again = solver::check_answer(**made, answer);
    EXPECT_TRUE(again) << again.error().detail;
}

TEST_F(Opencl, StopRequestedBeforehandTriesNothing)
{
    auto made = make({48, 5});
    ASSERT_TRUE(made) << made.error().detail;
    std::stop_source stop;
    stop.request_stop();
    const auto report = (*made)->solve({}, {.first = 0, .count = 1'000}, stop.get_token());
    ASSERT_TRUE(report);
    EXPECT_EQ(report->nonces_done, 0u);
    EXPECT_TRUE(report->found.empty());
}

TEST_F(Opencl, KeepsProgramsOnDiskAndMistrustsDamagedOnes)
{
    ASSERT_TRUE(make({48, 5}));
    const auto kept = files(".bin");
    ASSERT_EQ(kept.size(), 1u);
    const auto size = std::filesystem::file_size(kept[0]);
    EXPECT_GT(size, 1'000u);

    // Taken from disk: the file is not written again, and still gives the right answer.
    const auto old = std::filesystem::file_time_type::clock::now() - 24h;
    std::filesystem::last_write_time(kept[0], old);
    expect_the_known_answer({48, 5});
    EXPECT_GT(std::filesystem::last_write_time(kept[0]), old) << "used, so young again";
    EXPECT_EQ(files(".bin").size(), 1u);

    // One byte changed: built anew and put in its place.
    {
        std::fstream file(kept[0], std::ios::in | std::ios::out | std::ios::binary);
        file.seekg(static_cast<std::streamoff>(size / 2));
        const char there = static_cast<char>(file.get());
        file.seekp(static_cast<std::streamoff>(size / 2));
        file.put(static_cast<char>(there ^ 1));
    }
    std::ifstream damaged(kept[0], std::ios::binary);
    const std::string before{std::istreambuf_iterator<char>(damaged), {}};
    expect_the_known_answer({48, 5});
    std::ifstream mended(kept[0], std::ios::binary);
    const std::string after{std::istreambuf_iterator<char>(mended), {}};
    EXPECT_NE(before, after);
    EXPECT_EQ(files(".bin").size(), 1u);
}

TEST_F(Opencl, KeepsTheLogOfABuildThatFails)
{
    const cl::Context context(device_.device);
    const ProgramCache cache(folder_.path());
    const auto built = cache.build(context, device_.device,
                                   "__kernel void adit_last() { nonsense; }", "-cl-std=CL1.2");
    ASSERT_FALSE(built);
    EXPECT_EQ(built.error().word, DeviceError::Word::build_failed);
    ASSERT_EQ(files(".log").size(), 1u);
    EXPECT_NE(built.error().detail.find(files(".log")[0].string()), std::string::npos);
    EXPECT_GT(std::filesystem::file_size(files(".log")[0]), 0u);
    EXPECT_TRUE(files(".bin").empty());
}

/// A compiler that chokes on the usual way, or makes wrong code of it, is given the conservative
/// one; a device without memory, or lost, is not asked again.
TEST(OpenclFallback, TriesTheConservativeWayWhereTheUsualOneFails)
{
    using Word = DeviceError::Word;
    const DeviceFacts gpu{.memory_bytes = u64{1} << 34,
                          .segment_bytes_max = u64{1} << 32,
                          .shared_bytes_max = 48 * 1024,
                          .group_max = 1024};
    const auto choices = choices_for({200, 9}, gpu);
    struct Row {
        Word first;
        bool last_works;
        std::vector<std::string> asked;
    };
    for (const Row& row :
         {Row{Word::build_failed, true, {"staged", "conservative"}},
          Row{Word::self_test_failed, true, {"staged", "conservative"}},
          Row{Word::build_failed, false, {"staged", "conservative"}},
          Row{Word::out_of_memory, true, {"staged"}}, Row{Word::lost, true, {"staged"}}}) {
        std::vector<std::string> asked;
        const auto made = make_or_fall_back(choices, [&](const Choice& choice) -> Made {
            asked.emplace_back(choice.name);
            if (choice.name == "conservative" && row.last_works)
                return std::unique_ptr<solver::Solver>();
            return DeviceError{row.first, "not as " + std::string(choice.name)};
        });
        EXPECT_EQ(asked, row.asked);
        EXPECT_EQ(made.has_value(), row.last_works && row.asked.size() == 2);
        if (made) continue;
        EXPECT_EQ(made.error().detail,
                  row.asked.size() == 1
                      ? "not as staged"
                      : "not as staged; and as conservative: not as conservative");
    }
}

TEST_F(Opencl, SaysWhatItCannotDo)
{
    const auto lane = make({48, 5}, "avx2");
    ASSERT_FALSE(lane);
    EXPECT_EQ(lane.error().word, DeviceError::Word::not_found);
    EXPECT_NE(lane.error().detail.find("conservative"), std::string::npos) << lane.error().detail;

    const auto params = make({60, 4});
    ASSERT_FALSE(params);
    EXPECT_EQ(params.error().word, DeviceError::Word::unsupported_params);

    solver::DeviceInfo absent = device_.info;
    absent.id = "ocl:99";
    const auto device = opencl_backend()->make_solver(absent, {.params = {48, 5}});
    ASSERT_FALSE(device);
    EXPECT_EQ(device.error().word, DeviceError::Word::not_found);
}

/// What is stated before a solver is made is what it holds then on this device, a CPU here:
/// exactly, for one nonce at a time.
TEST_F(Opencl, TellsMemoryInAdvanceAndHoldsNoMore)
{
    for (const Params& params : {Params{48, 5}, Params{96, 5}}) {
        const auto stated = opencl_backend()->memory_needed(device_.info, params);
        ASSERT_TRUE(stated);
        const auto made = make(params, ":batch=1,flights=1");
        ASSERT_TRUE(made) << made.error().detail;
        EXPECT_EQ((*made)->info().memory_bytes, *stated) << to_string(params);
    }
    EXPECT_FALSE(opencl_backend()->memory_needed(device_.info, {60, 4}));
    solver::DeviceInfo absent;
    absent.id = "ocl:99";
    EXPECT_FALSE(opencl_backend()->memory_needed(absent, {48, 5}));
}

/// A card's shape takes other memory than a CPU's, and each is told its own.
TEST(OpenclMemory, IsOfTheShapeThatTheDeviceRuns)
{
    DeviceFacts facts{.memory_bytes = u64{16} << 30,
                      .segment_bytes_max = u64{4} << 30,
                      .shared_bytes_max = 48 * 1024,
                      .group_max = 1024};
    for (const bool is_cpu : {false, true}) {
        facts.is_cpu = is_cpu;
        if (is_cpu) facts.shared_bytes_max = 512 * 1024;
        const Choice first = choices_for({200, 9}, facts).front();
        EXPECT_EQ(first.name, is_cpu ? "one-lane" : "staged");
        EXPECT_EQ(nonce_bytes({200, 9}, facts),
                  plan_places(dialect::plan({200, 9}, first.policy))->arena_bytes(1));
    }
}

constexpr DeviceFacts card_with(u64 memory_bytes)
{
    return {.memory_bytes = memory_bytes,
            .segment_bytes_max = memory_bytes / 4,
            .shared_bytes_max = 48 * 1024,
            .group_max = 1024};
}

/// The whole memory, the largest allocation, and two arenas where batches overlap.
TEST(OpenclMemory, BatchesShrinkUntilTheyFit)
{
    DeviceFacts facts = card_with(u64{16} << 30);
    const Choice alone =
        *turned(choices_for({200, 9}, facts).front(), {"", {{"batch", 8}}}, {200, 9}, facts);
    const Choice beside = *turned(alone, {"", {{"batch", 8}, {"overlap", 1}}}, {200, 9}, facts);
    const u64 bytes = plan_places(dialect::plan({200, 9}, alone.policy))->arena_bytes(1);
    struct Row {
        u64 memory_bytes, segment_bytes_max;
        u32 batch, overlapping;  ///< 0: too small
    };
    for (const Row& row : {Row{100 * bytes, 100 * bytes, 8, 8}, Row{100 * bytes, 7 * bytes, 4, 4},
                           Row{8 * bytes, 8 * bytes, 8, 2}, Row{5 * bytes, 5 * bytes, 4, 2},
                           Row{2 * bytes, 2 * bytes, 2, 0}, Row{bytes - 1, bytes - 1, 0, 0}}) {
        SCOPED_TRACE(row.memory_bytes / bytes);
        facts.memory_bytes = row.memory_bytes;
        facts.segment_bytes_max = row.segment_bytes_max;
        const auto one = fitted(alone, {200, 9}, facts);
        const auto two = fitted(beside, {200, 9}, facts);
        EXPECT_EQ(one ? one->choice.policy.batch : 0, row.batch);
        EXPECT_EQ(two ? two->choice.policy.batch : 0, row.overlapping);
        if (one) {
            EXPECT_EQ(one->layout.policy.batch, row.batch);
        }
    }
}

TEST(OpenclMemory, SmallCardsAreToldWhatFits)
{
    EXPECT_EQ(sets_that_fit(card_with(100'000)), "none");
    EXPECT_EQ(sets_that_fit(card_with(100'000'000)), "48,5 96,5");
    EXPECT_EQ(sets_that_fit(card_with(200'000'000)), "48,5 96,5 200,9");
    EXPECT_EQ(sets_that_fit(card_with(1'000'000'000)), "48,5 96,5 200,9 210,9");
    const std::string all = sets_that_fit(card_with(u64{16} << 30));
    for (const Params& params : equihash::kKnownParams)
        EXPECT_NE(all.find(to_string(params)), std::string::npos) << all;
}

/// One nonce, in every way to run it.
TEST(OpenclMemory, KeepsToItsBounds)
{
    const std::pair<Params, u64> bounds[]{{{200, 9}, 200'000'000},
                                          {{144, 5}, 2'000'000'000},
                                          {{192, 7}, 3'000'000'000},
                                          {{125, 4, true}, 3'500'000'000}};
    for (const auto& [params, bytes_max] : bounds)
        for (const bool is_cpu : {false, true}) {
            DeviceFacts facts = card_with(u64{64} << 30);
            facts.is_cpu = is_cpu;
            const auto choices = choices_for(params, facts);
            EXPECT_GE(choices.size(), 2u);
            for (const Choice& choice : choices)
                EXPECT_LE(plan_places(dialect::plan(params, choice.policy))->arena_bytes(1),
                          bytes_max)
                    << to_string(params) << " " << choice.name;
        }
}

TEST(OpenclProgramText, HoldsNoIncludeAndAllKernels)
{
    for (const Params& params : equihash::kKnownParams) {
        const DeviceFacts gpu{.memory_bytes = u64{1} << 34,
                              .segment_bytes_max = u64{1} << 32,
                              .shared_bytes_max = 48 * 1024,
                              .group_max = 1024};
        const auto choices = choices_for(params, gpu);
        ASSERT_GE(choices.size(), 2u) << to_string(params);
        EXPECT_EQ(choices.back().name, "conservative");
        const auto layout = dialect::plan(params, choices.front().policy);
        const std::string text = program_text(layout, *plan_places(layout));
        EXPECT_EQ(text.find("#include"), std::string::npos);
        for (const char* kernel : {"adit_hash_leaves", "adit_last", "adit_expand"})
            EXPECT_NE(text.find(kernel), std::string::npos) << kernel;
    }
}

}  // namespace
}  // namespace adit::opencl
