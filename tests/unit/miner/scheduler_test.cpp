#include "miner/work/scheduler.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace adit::miner::work {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<stratum::Work> make_work(u64 epoch, u8 mark = 0)
{
    auto work = std::make_shared<stratum::Work>();
    work->epoch = epoch;
    work->params = {48, 5};
    work->input.header[0] = mark;
    work->share_target = U256(1000);
    return work;
}

TEST(Scheduler, DealsEveryWorkerItsOwnPart)
{
    Scheduler scheduler(3, 42);
    scheduler.on_work(make_work(1));
    u64 expected_first = 0;
    for (u32 worker = 0; worker < 3; ++worker) {
        const auto taken = scheduler.inbox(worker).take();
        ASSERT_TRUE(taken);
        EXPECT_EQ(taken->order->slice.first, expected_first);
        expected_first += taken->order->slice.count;
        EXPECT_EQ(taken->order->input.nonce()[8], 42);
        EXPECT_FALSE(taken->stop.stop_requested());
    }
}

TEST(Scheduler, ALaterEpochStopsTheBatchInProgress)
{
    Scheduler scheduler(1, 0);
    scheduler.on_work(make_work(1));
    const auto old = scheduler.inbox(0).take();
    scheduler.on_work(make_work(1, 9));  // same epoch: the batch is finished first
    EXPECT_FALSE(old->stop.stop_requested());
    EXPECT_EQ(scheduler.inbox(0).take()->order->work->input.header[0], 9);
    scheduler.on_work(make_work(2));
    EXPECT_TRUE(old->stop.stop_requested());
    EXPECT_FALSE(scheduler.inbox(0).take()->stop.stop_requested());
    EXPECT_EQ(scheduler.newest_epoch(), 2u);
}

struct LeaveRow {
    const char* what;
    void (*change)(stratum::Work&);
    bool leave;
};

TEST(Scheduler, LeavesOldWorkOnlyWhenTheNewIsWorthMore)
{
    const LeaveRow rows[]{
        {"only the time moved", [](stratum::Work& w) { w.input.header[100] = 1; }, false},
        {"harder target", [](stratum::Work& w) { w.share_target = U256(999); }, false},
        {"easier target", [](stratum::Work& w) { w.share_target = U256(1001); }, true},
        {"other parameters",
         [](stratum::Work& w) {
             w.params = {96, 5};
         },
         true},
        {"other tag", [](stratum::Work& w) { w.personalization.tag[0] = 'B'; }, true},
        {"other epoch", [](stratum::Work& w) { w.epoch = 2; }, true},
    };
    for (const LeaveRow& row : rows) {
        const auto fresh = make_work(1);
        row.change(*fresh);
        EXPECT_EQ(must_leave(*make_work(1), *fresh), row.leave) << row.what;
    }
}

TEST(Scheduler, NoWorkStopsAndRests)
{
    Scheduler scheduler(1, 0);
    scheduler.on_work(make_work(1));
    const auto taken = scheduler.inbox(0).take();
    scheduler.on_work(nullptr);
    EXPECT_TRUE(taken->stop.stop_requested());
    EXPECT_EQ(scheduler.newest_epoch(), 1u);  // solutions of the last work are not stale for that
    std::jthread later([&] {
        std::this_thread::sleep_for(20ms);
        scheduler.on_work(make_work(2));
    });
    EXPECT_EQ(scheduler.inbox(0).take()->order->work->epoch, 2u);
}

TEST(Scheduler, APausedWorkerRestsAndComesBackToTheNewest)
{
    Scheduler scheduler(2, 0);
    scheduler.on_work(make_work(1));
    const auto taken = scheduler.inbox(0).take();
    scheduler.pause(0);
    EXPECT_TRUE(taken->stop.stop_requested());
    scheduler.on_work(make_work(2));
    EXPECT_EQ(scheduler.inbox(1).take()->order->work->epoch, 2u);
    scheduler.resume(0);
    EXPECT_EQ(scheduler.inbox(0).take()->order->work->epoch, 2u);
}

TEST(Scheduler, CloseWakesEverybody)
{
    Scheduler scheduler(2, 0);
    std::jthread waiting([&] { EXPECT_FALSE(scheduler.inbox(0).take()); });
    std::jthread sleeping([&] {
        EXPECT_FALSE(scheduler.inbox(1).sleep_until(std::chrono::steady_clock::now() + 1h));
    });
    std::this_thread::sleep_for(10ms);
    scheduler.close();
}

/// Design: new work is in every worker's inbox within 5 ms. Best of ten, for the machine may have
/// other things to do.
TEST(Scheduler, WorkIsInSixtyFourInboxesWithinFiveMilliseconds)
{
    Scheduler scheduler(64, 0);
    auto best = 1h + 0ns;
    for (u64 epoch = 1; epoch <= 10; ++epoch) {
        const auto work = make_work(epoch);
        const auto begun = std::chrono::steady_clock::now();
        scheduler.on_work(work);
        best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begun);
        for (u32 worker = 0; worker < 64; ++worker)
            ASSERT_EQ(scheduler.inbox(worker).take()->order->work, work);
    }
    EXPECT_LT(best, 5ms);
}

TEST(JobSlot, WaitForOtherSeesAPost)
{
    JobSlot slot;
    const auto first = std::make_shared<Order>();
    slot.post(first, true);
    std::jthread later([&] {
        std::this_thread::sleep_for(10ms);
        slot.post(std::make_shared<Order>(), false);
    });
    EXPECT_TRUE(slot.wait_for_other(first));
}

}  // namespace
}  // namespace adit::miner::work
