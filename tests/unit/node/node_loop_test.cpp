#include "node/net/node_loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace adit::node::net {
namespace {

using namespace std::chrono_literals;

TEST(NodeLoop, AnExpiryOnItsWayDoesNotOutliveTheStop)
{
    NodeLoop loop;
    std::atomic<int> ticks{0};
    loop.tick_chain(1ms, [&] { ++ticks; });
    loop.start();
    // While the chain thread is busy the timer expires; then it finds the stop and the expiry
    // together.
    std::promise<void> busy;
    loop.post_chain([&] {
        busy.set_value();
        std::this_thread::sleep_for(50ms);
    });
    busy.get_future().wait();
    const auto begun = std::chrono::steady_clock::now();
    loop.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
    const int at_the_end = ticks;
    std::this_thread::sleep_for(10ms);
    EXPECT_EQ(ticks, at_the_end);
}

TEST(NodeLoop, WhatTheChainThreadWasHandedIsDoneBeforeStopReturns)
{
    NodeLoop loop;
    loop.start();
    std::vector<int> done;
    for (int i = 0; i < 100; ++i) loop.post_chain([&done, i] { done.push_back(i); });
    loop.stop();
    ASSERT_EQ(done.size(), 100u);
    EXPECT_EQ(done.back(), 99);
}

TEST(NodeLoop, ANetworkThatDoesNotEndIsLeftAfterAWhile)
{
    NodeLoop loop;
    loop.start();
    std::atomic<bool> again{true};
    std::function<void()> forever = [&] {
        if (again) loop.post_network(forever);
    };
    loop.post_network(forever);
    const auto begun = std::chrono::steady_clock::now();
    loop.stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, NodeLoop::kStopMax + 2s);
}

}  // namespace
}  // namespace adit::node::net
