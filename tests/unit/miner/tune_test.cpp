// The tuner on a device whose speeds are known, and what it leaves on disk.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "kernels/cpu/cpu_backend.hpp"
#include "miner/tune/profiles.hpp"

namespace adit::miner::tune {
namespace {

using solver::DeviceError;
using solver::DeviceInfo;

/// What a way of the made-up device is like.
struct Manner {
    std::string way;
    double it_s = 0;
    u64 drops = 0;            ///< rows of a nonce
    bool is_wrong = false;    ///< fails its known answer
    bool is_refused = false;  ///< no solver can be made
};

/// Moves the clock by what a nonce costs, and asks the CPU where a true answer is wanted.
class FakeSolver final : public solver::Solver {
public:
    FakeSolver(const Manner& manner, ManualClock& clock, std::vector<std::string>& log,
               std::unique_ptr<Solver> cpu)
        : manner_(manner), clock_(clock), log_(log), cpu_(std::move(cpu))
    {}
    const solver::SolverInfo& info() const noexcept override { return cpu_->info(); }
    Result<solver::SolveReport, DeviceError> solve(const equihash::PowInput& input,
                                                   const solver::NonceRange& batch,
                                                   std::stop_token stop) override
    {
        if (batch.count == 40) {  // the known question of (48,5)
            auto report = cpu_->solve(input, batch, stop);
            if (manner_.is_wrong) report->found.pop_back();
            return report;
        }
        clock_.advance(std::chrono::duration_cast<Duration>(
            std::chrono::duration<double>(static_cast<double>(batch.count) / manner_.it_s)));
        log_.push_back(manner_.way + " from " + std::to_string(batch.first >> 32));
        return solver::SolveReport{
            .found = {}, .nonces_done = batch.count, .rows_dropped = manner_.drops * batch.count};
    }

private:
    const Manner& manner_;
    ManualClock& clock_;
    std::vector<std::string>& log_;
    std::unique_ptr<Solver> cpu_;
};

class FakeBackend final : public solver::Backend {
public:
    explicit FakeBackend(std::vector<Manner> manners) : manners_(std::move(manners)) {}

    std::string_view name() const noexcept override { return "fake"; }
    std::vector<DeviceInfo> devices() override { return {}; }
    std::optional<u64> memory_needed(const solver::DeviceInfo&, const equihash::Params&) override
    {
        return 0;
    }
    std::vector<std::string> ways(const DeviceInfo&, const equihash::Params&) override
    {
        std::vector<std::string> ways;
        for (const Manner& manner : manners_) ways.push_back(manner.way);
        return ways;
    }
    Result<std::unique_ptr<solver::Solver>, DeviceError> make_solver(
        const DeviceInfo&, const solver::SolverOptions& options) override
    {
        for (const Manner& manner : manners_) {
            if (manner.way != options.lane) continue;
            if (manner.is_refused) return DeviceError{DeviceError::Word::out_of_memory, "no room"};
            auto cpu_options = options;
            cpu_options.lane.clear();
            auto cpu =
                cpu::cpu_backend()->make_solver(cpu::cpu_backend()->devices().at(0), cpu_options);
            return std::unique_ptr<solver::Solver>(
                std::make_unique<FakeSolver>(manner, clock, log, std::move(*cpu)));
        }
        return DeviceError{DeviceError::Word::not_found, "no such way"};
    }

    ManualClock clock;
    std::vector<std::string> log;  ///< who worked, on the nonces of which turn

private:
    std::vector<Manner> manners_;
};

const DeviceInfo kDevice = [] {
    DeviceInfo info;
    info.id = "fake:0";
    info.name = "Fake 9000";
    info.driver = "1.0";
    return info;
}();
const Plan kPlan{.params = {48, 5}};

Outcome outcome_of(FakeBackend& backend)
{
    const auto outcome =
        tune(backend, kDevice, kPlan, backend.clock, [](const std::string&) { return false; });
    EXPECT_TRUE(outcome);
    return outcome ? *outcome : Outcome{};
}

TEST(Tuner, FindsTheFastestWayAndLeavesOutWhatIsWrong)
{
    FakeBackend backend({{.way = "usual", .it_s = 100},
                         {.way = "faster", .it_s = 115},
                         {.way = "slow", .it_s = 40},
                         {.way = "wrong", .it_s = 900, .is_wrong = true},
                         {.way = "lossy", .it_s = 900, .drops = 9},
                         {.way = "huge", .it_s = 900, .is_refused = true}});
    const Outcome outcome = outcome_of(backend);
    ASSERT_EQ(outcome.trials.size(), 6u);
    ASSERT_NE(outcome.best(), nullptr);
    EXPECT_EQ(outcome.best()->way, "faster");
    EXPECT_NEAR(outcome.best()->rate_it_s, 115, 0.01);
    ASSERT_NE(outcome.usual(), nullptr);
    EXPECT_NEAR(outcome.usual()->rate_it_s, 100, 0.01);
    for (const Trial& trial : outcome.trials) {
        const bool fine = trial.way == "usual" || trial.way == "faster" || trial.way == "slow";
        EXPECT_EQ(trial.refused.empty(), fine) << trial.way << ": " << trial.refused;
        if (!fine) continue;
        EXPECT_EQ(trial.turns, trial.way == "slow" ? 1u : 3u) << trial.way;
    }
}

TEST(Tuner, GivesEveryWayTheSameNoncesAndTurnsTheOrderRound)
{
    FakeBackend backend({{.way = "a", .it_s = 100}, {.way = "b", .it_s = 101}});
    outcome_of(backend);
    backend.log.erase(std::unique(backend.log.begin(), backend.log.end()), backend.log.end());
    EXPECT_EQ(backend.log, (std::vector<std::string>{"a from 0", "b from 0", "b from 1", "a from 1",
                                                     "a from 2", "b from 2"}));
}

TEST(Tuner, EndsWithoutAnOutcomeWhenAskedTo)
{
    FakeBackend backend({{.way = "a", .it_s = 100}});
    EXPECT_FALSE(
        tune(backend, kDevice, kPlan, backend.clock, [](const std::string&) { return true; }));
    EXPECT_TRUE(backend.log.empty());
}

class ProfilesOnDisk : public testing::Test {
protected:
    ProfilesOnDisk()
    {
        std::string name = (std::filesystem::temp_directory_path() / "adit-tune-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder_ = name;
    }
    ~ProfilesOnDisk() override
    {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    std::filesystem::path folder_;
    const Outcome outcome_{
        .trials = {{.way = "x:batch=2", .rate_it_s = 12.5, .turns = 3, .memory_bytes = 7},
                   {.way = "y", .refused = "no room"}},
        .usual_way = "x"};
};

TEST_F(ProfilesOnDisk, AreFoundAgainForTheSameDeviceDriverAndParametersOnly)
{
    Profiles profiles(folder_);
    EXPECT_EQ(profiles.find(kDevice, {48, 5}), nullptr);
    ASSERT_TRUE(profiles.keep(kDevice, {48, 5}, outcome_, 1'800'000'000));
    ASSERT_TRUE(profiles.keep(kDevice, {48, 5}, outcome_, 1'800'000'001));  // in the other's place

    const Profiles again(folder_);
    const Profile* profile = again.find(kDevice, {48, 5});
    ASSERT_NE(profile, nullptr);
    EXPECT_EQ(profile->way, "x:batch=2");
    EXPECT_EQ(profile->tuned_at, 1'800'000'001);
    ASSERT_EQ(profile->trials.size(), 2u);
    EXPECT_EQ(profile->trials[0].rate_it_s, 12.5);
    EXPECT_EQ(profile->trials[1].refused, "no room");

    EXPECT_EQ(again.find(kDevice, {96, 5}), nullptr);
    DeviceInfo other = kDevice;
    other.driver = "1.1";
    EXPECT_EQ(again.find(other, {48, 5}), nullptr);
    other = kDevice;
    other.pci_address = "0000:01:00.0";
    EXPECT_EQ(again.find(other, {48, 5}), nullptr);
    other = kDevice;
    other.id = "fake:7";  // the same card in another order
    EXPECT_NE(again.find(other, {48, 5}), nullptr);
}

TEST_F(ProfilesOnDisk, ADamagedFileIsAnEmptyOne)
{
    for (const char* text : {"", "{", "[]", "{\"format\":2,\"tuned\":[]}", "{\"format\":1}",
                             "{\"format\":1,\"tuned\":[1,{},{\"device\":\"Fake 9000\"}]}"}) {
        std::ofstream(folder_ / "tuned.json") << text;
        EXPECT_EQ(Profiles(folder_).find(kDevice, {48, 5}), nullptr) << text;
    }
}

TEST_F(ProfilesOnDisk, NothingUsableAndNowhereToWriteAreSaid)
{
    Profiles profiles(folder_);
    EXPECT_FALSE(profiles.keep(kDevice, {48, 5}, {.trials = {outcome_.trials[1]}}, 1));
    std::ofstream(folder_ / "file") << "in the way";
    Profiles blocked(folder_ / "file");
    const auto kept = blocked.keep(kDevice, {48, 5}, outcome_, 1);
    ASSERT_FALSE(kept);
    EXPECT_NE(kept.error().find("could not be written"), std::string::npos);
    EXPECT_FALSE(Profiles(std::filesystem::path()).keep(kDevice, {48, 5}, outcome_, 1));
}

}  // namespace
}  // namespace adit::miner::tune
