#include "miner/farm/farm.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

namespace adit::miner::farm {
namespace {

using namespace std::chrono_literals;
using solver::DeviceError;
using stats::DeviceState;

/// What the fake device does next; shared by all solvers made of it.
struct FakeDevice {
    std::atomic<int> errors{0};       ///< so many of the next batches fail
    std::atomic<int> make_errors{0};  ///< so many of the next solvers cannot be made
    std::atomic<bool> wrong{false};   ///< answers with a solution that is none
    std::atomic<int> made{0};
    std::atomic<int> alive{0};
    std::atomic<u64> batches{0};
    DeviceError::Word make_error = DeviceError::Word::out_of_memory;
    Duration nonce_takes = 2ms;
};

/// One solution a nonce; heeds its stop at once.
class FakeSolver final : public solver::Solver {
public:
    FakeSolver(FakeDevice& device, const solver::SolverOptions& options) : device_(device)
    {
        info_.device_id = "fake:0";
        info_.params = options.params;
        info_.personalization = options.personalization;
        info_.variant = "fake";
        info_.memory_bytes = 1000;
        ++device_.made;
        ++device_.alive;
    }
    ~FakeSolver() override { --device_.alive; }

    const solver::SolverInfo& info() const noexcept override { return info_; }

    Result<solver::SolveReport, DeviceError> solve(const equihash::PowInput& input,
                                                   const solver::NonceRange& batch,
                                                   std::stop_token stop) override
    {
        ++device_.batches;
        if (device_.errors > 0) {
            --device_.errors;
            return DeviceError{DeviceError::Word::lost, "fell off the bus"};
        }
        solver::SolveReport report;
        for (u64 i = 0; i < batch.count && !stop.stop_requested(); ++i) {
            std::this_thread::sleep_for(device_.nonce_takes);
            equihash::PowInput tried = input;
            solver::place_counter(tried, batch, batch.first + i);
            solver::FoundSolution found;
            std::copy(tried.nonce().begin(), tried.nonce().end(), found.nonce.begin());
            found.solution.bytes = {static_cast<u8>(device_.wrong ? 0 : 1)};
            report.found.push_back(found);
            ++report.nonces_done;
        }
        return report;
    }

private:
    FakeDevice& device_;
    solver::SolverInfo info_;
};

bool begins_with_one(const equihash::Params&, const equihash::Personalization&,
                     const equihash::PowInput&, const equihash::MinimalSolution& solution)
{
    return solution.bytes.at(0) == 1;
}

struct Heard final : FarmListener {
    void on_share(stratum::Share share) override
    {
        const std::lock_guard lock(mutex);
        shares.push_back(std::move(share));
    }
    void on_device_state(const std::string&, DeviceState state, const std::string& reason) override
    {
        const std::lock_guard lock(mutex);
        states.push_back(state);
        if (!reason.empty()) reasons.push_back(reason);
    }
    void on_wrong_solution(const std::string&) override { ++wrong; }

    std::size_t share_count() const
    {
        const std::lock_guard lock(mutex);
        return shares.size();
    }
    bool saw(DeviceState state) const
    {
        const std::lock_guard lock(mutex);
        return std::find(states.begin(), states.end(), state) != states.end();
    }

    mutable std::mutex mutex;
    std::vector<stratum::Share> shares;
    std::vector<DeviceState> states;
    std::vector<std::string> reasons;
    std::atomic<int> wrong{0};
};

std::shared_ptr<stratum::Work> make_work(u64 epoch, U256 share_target = ~U256())
{
    auto work = std::make_shared<stratum::Work>();
    work->epoch = epoch;
    work->params = {48, 5};
    work->share_target = share_target;
    return work;
}

bool eventually(const std::function<bool()>& true_in_the_end)
{
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < end) {
        if (true_in_the_end()) return true;
        std::this_thread::sleep_for(1ms);
    }
    return false;
}

struct FarmTest : testing::Test {
    void build(u32 workers)
    {
        std::vector<WorkerSpec> specs;
        for (u32 i = 0; i < workers; ++i) {
            WorkerSpec spec;
            spec.device.id = "fake:0";
            spec.device.name = "Fake";
            spec.batch_wanted = 10ms;
            spec.limits.wait_first = 1ms;
            spec.limits.wait_max = 2ms;
            spec.make = [this](const solver::SolverOptions& options)
                -> Result<std::unique_ptr<solver::Solver>, DeviceError> {
                if (device.make_errors > 0) {
                    --device.make_errors;
                    return DeviceError{device.make_error, "no room"};
                }
                return std::unique_ptr<solver::Solver>(
                    std::make_unique<FakeSolver>(device, options));
            };
            specs.push_back(std::move(spec));
        }
        farm = std::make_unique<Farm>(std::move(specs), begins_with_one, 7, clock, heard);
        farm->start();
    }
    stats::Snapshot snapshot() const
    {
        stats::Snapshot s;
        farm->describe(s);
        return s;
    }

    SystemClock clock;
    FakeDevice device;
    Heard heard;
    std::unique_ptr<Farm> farm;
};

TEST_F(FarmTest, EveryShareIsFoundOnceOverAllWorkers)
{
    build(3);
    farm->on_work(make_work(1));
    ASSERT_TRUE(eventually([&] { return heard.share_count() > 60; }));
    farm->stop();
    std::set<std::array<u8, 32>> nonces;
    for (const stratum::Share& share : heard.shares) nonces.insert(share.nonce);
    EXPECT_EQ(nonces.size(), heard.shares.size());
    EXPECT_EQ(heard.shares[0].device_id, "fake:0");
    EXPECT_EQ(device.alive, 0);

    const stats::Snapshot s = snapshot();
    ASSERT_EQ(s.devices.size(), 1u);
    EXPECT_EQ(s.devices[0].workers, 3u);
    EXPECT_EQ(s.nonces_total, heard.shares.size());
    EXPECT_EQ(s.solutions.verified, heard.shares.size());
    EXPECT_GT(s.rates.w10s.its, 0);
    EXPECT_EQ(s.solutions.duplicate, 0u);
}

TEST_F(FarmTest, SolutionsAboveTheTargetCountButAreNoShares)
{
    build(1);
    farm->on_work(make_work(1, U256(0)));
    ASSERT_TRUE(eventually([&] { return snapshot().solutions.verified > 5; }));
    farm->stop();
    EXPECT_EQ(heard.share_count(), 0u);
}

TEST_F(FarmTest, SolutionsOfVoidWorkAreStaleNotWrong)
{
    device.nonce_takes = 50ms;
    build(1);
    farm->on_work(make_work(1));
    ASSERT_TRUE(eventually([&] { return device.batches >= 1; }));
    farm->on_work(make_work(2));  // the nonce under way belongs to work that is void now
    ASSERT_TRUE(eventually([&] { return snapshot().solutions.stale >= 1; }));
    farm->stop();
    EXPECT_EQ(snapshot().solutions.wrong, 0u);
    for (const stratum::Share& share : heard.shares) EXPECT_EQ(share.work->epoch, 2u);
}

TEST_F(FarmTest, AFailingDeviceIsStartedAnew)
{
    build(1);
    device.errors = 2;
    farm->on_work(make_work(1));
    ASSERT_TRUE(eventually([&] { return heard.share_count() > 3; }));
    EXPECT_EQ(device.made, 3);
    EXPECT_EQ(snapshot().devices[0].restarts, 2u);
    EXPECT_TRUE(heard.saw(DeviceState::restarting));
    EXPECT_EQ(heard.reasons.at(0), "lost: fell off the bus");
    EXPECT_TRUE(farm->alive());
}

TEST_F(FarmTest, ADeviceThatKeepsFailingIsRetiredAndTheOthersGoOn)
{
    build(2);
    device.errors = 6;
    farm->on_work(make_work(1));
    ASSERT_TRUE(eventually([&] { return heard.share_count() > 10; }));
    device.errors = 1'000'000;
    ASSERT_TRUE(eventually([&] { return !farm->alive(); }));
    EXPECT_EQ(snapshot().devices[0].state, DeviceState::retired);
    EXPECT_NE(snapshot().devices[0].reason.find("given up"), std::string::npos);
    farm->on_work(make_work(2));  // wakes nobody
    farm->stop();
}

TEST_F(FarmTest, ADeviceThatAnswersWrongIsRestartedAndNothingOfItIsSent)
{
    build(1);
    device.wrong = true;
    farm->on_work(make_work(1));
    ASSERT_TRUE(eventually([&] { return device.made >= 2; }));
    EXPECT_EQ(heard.share_count(), 0u);
    EXPECT_GT(heard.wrong, 3);
    device.wrong = false;
    ASSERT_TRUE(eventually([&] { return heard.share_count() > 3; }));
}

TEST_F(FarmTest, ParametersADeviceCannotDoAreNoFailureOfTheDevice)
{
    build(1);
    device.make_error = DeviceError::Word::unsupported_params;
    device.make_errors = 1;
    farm->on_work(make_work(1));
    ASSERT_TRUE(eventually([&] { return heard.saw(DeviceState::retired); }));
    farm->on_work(make_work(2));
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(device.made, 0);  // not tried again for the same (n, k)
    auto other = make_work(3);
    other->params = {96, 5};
    farm->on_work(other);
    ASSERT_TRUE(eventually([&] { return heard.share_count() > 3; }));
}

TEST_F(FarmTest, APauseStopsAndAResumeGoesOn)
{
    build(2);
    farm->on_work(make_work(1));
    ASSERT_TRUE(eventually([&] { return heard.share_count() > 5; }));
    farm->pause();
    EXPECT_EQ(snapshot().devices[0].state, DeviceState::paused);
    std::this_thread::sleep_for(30ms);
    const u64 batches = device.batches;
    std::this_thread::sleep_for(30ms);
    EXPECT_EQ(device.batches, batches);
    farm->resume("fake:0");
    ASSERT_TRUE(eventually([&] { return device.batches > batches; }));
    EXPECT_EQ(snapshot().devices[0].state, DeviceState::mining);
}

TEST_F(FarmTest, WithoutWorkItRests)
{
    build(1);
    EXPECT_EQ(snapshot().devices[0].state, DeviceState::idle);
    farm->on_work(make_work(1));
    ASSERT_TRUE(eventually([&] { return heard.share_count() > 3; }));
    farm->on_work(nullptr);
    std::this_thread::sleep_for(30ms);
    const u64 batches = device.batches;
    std::this_thread::sleep_for(30ms);
    EXPECT_EQ(device.batches, batches);
    EXPECT_EQ(snapshot().devices[0].state, DeviceState::idle);
}

TEST_F(FarmTest, OtherParametersMakeAnotherSolver)
{
    build(1);
    farm->on_work(make_work(1));
    ASSERT_TRUE(eventually([&] { return heard.share_count() > 3; }));
    auto other = make_work(2);
    other->params = {96, 5};
    farm->on_work(other);
    ASSERT_TRUE(eventually([&] { return device.made == 2; }));
    EXPECT_EQ(device.alive, 1);
}

// --- the watchdog alone, in virtual time

const TimePoint kStart{1000s};

TEST(Watchdog, WaitsLongerEachTimeAndGivesUp)
{
    Watchdog dog;
    const DeviceError lost{DeviceError::Word::lost, "x"};
    Duration expected = 1s;
    for (int i = 0; i < 5; ++i) {
        const auto decision = dog.on_error(lost, kStart + i * 1min);
        EXPECT_FALSE(decision.retire);
        EXPECT_EQ(decision.wait, expected);
        expected *= 2;
    }
    EXPECT_TRUE(dog.on_error(lost, kStart + 6min).retire);
}

TEST(Watchdog, ForgivesWhatIsLongAgo)
{
    Watchdog dog;
    const DeviceError lost{DeviceError::Word::lost, "x"};
    for (int i = 0; i < 50; ++i) EXPECT_FALSE(dog.on_error(lost, kStart + i * 3min).retire) << i;
    EXPECT_EQ(dog.on_error(lost, kStart + 24h).wait, Duration(1s));
}

TEST(Watchdog, ADeviceThatFailsItsSelfTestIsNotTriedAgain)
{
    Watchdog dog;
    EXPECT_TRUE(dog.on_error({DeviceError::Word::self_test_failed, "x"}, kStart).retire);
}

TEST(Watchdog, AFewWrongAnswersAreBorne)
{
    Watchdog dog;
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(dog.on_wrong_answer(kStart + i * 1s));
    const auto decision = dog.on_wrong_answer(kStart + 4s);
    ASSERT_TRUE(decision);
    EXPECT_EQ(decision->reason, "4 wrong solutions");
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(dog.on_wrong_answer(kStart + 1h + i * 4min));
}

TEST(Watchdog, SilenceIsMeasuredAgainstWhatIsUsual)
{
    const Watchdog dog;
    EXPECT_FALSE(dog.is_silent(kStart, 100ms, kStart + 89s));
    EXPECT_TRUE(dog.is_silent(kStart, 100ms, kStart + 91s));
    EXPECT_FALSE(dog.is_silent(kStart, 30s, kStart + 9min));
    EXPECT_TRUE(dog.is_silent(kStart, 30s, kStart + 11min));
}

}  // namespace
}  // namespace adit::miner::farm
