#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <thread>

#include "kernels/solver/solver.hpp"
#include "miner/work/scheduler.hpp"
#include "stratum/net/pool_source.hpp"
#include "stratum/proto/codec.hpp"

namespace adit::miner::work {
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using boost::asio::ip::tcp;

inline constexpr u32 kWorkers = 64;
inline constexpr equihash::Params kParams{200, 9};

/// Deals the work to all inboxes, as the farm does, and notes when that was done.
class Dealer final : public stratum::SourceListener {
public:
    void on_work(stratum::WorkPtr work) override
    {
        scheduler.on_work(std::move(work));
        const std::lock_guard lock(mutex_);
        ++dealt_;
        dealt_at_ = Clock::now();
        changed_.notify_all();
    }
    void on_verdict(const stratum::ShareVerdict&) override {}
    void on_state(const stratum::SourceState&) override {}

    /// When the inboxes had the work of that count.
    std::optional<TimePoint> wait_for(int count)
    {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, 20s, [&] { return dealt_ >= count; })) return std::nullopt;
        return dealt_at_;
    }

    Scheduler scheduler{kWorkers, 0};

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int dealt_ = 0;
    TimePoint dealt_at_{};
};

/// A pool of one miner, written by hand: each line leaves when the test says so.
class News : public testing::Test {
protected:
    News() : acceptor_(network_, {boost::asio::ip::address_v4::loopback(), 0})
    {
        stratum::net::PoolSourceOptions options;
        options.client.pools.push_back(*stratum::client::parse_pool_url(
            "wallet@127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port())));
        options.client.algorithm.params = kParams;
        source_ = std::make_unique<stratum::net::PoolSource>(std::move(options));
        source_->start(dealer_);
        miner_ = acceptor_.accept();
        miner_.set_option(tcp::no_delay(true));
        hear("mining.subscribe");
        say("{\"id\":1,\"result\":[null,\"01020304\"],\"error\":null}\n");
        hear("mining.authorize");
        say("{\"id\":2,\"result\":true,\"error\":null}\n" +
            stratum::encode(stratum::SetTarget{~U256{} >> 8}));
    }
    ~News() override { source_->stop({}); }

    void hear(const std::string& words)
    {
        std::string heard;
        char bytes[1024];
        while (heard.find(words) == std::string::npos)
            heard.append(bytes, miner_.read_some(boost::asio::buffer(bytes)));
    }
    void say(const std::string& line) { boost::asio::write(miner_, boost::asio::buffer(line)); }

    /// A job on a new block, and when its line was written.
    TimePoint new_block()
    {
        stratum::Notify notify;
        notify.job.text = "j" + std::to_string(++blocks_);
        notify.header[0] = 4;
        notify.header[4] = static_cast<u8>(blocks_);
        notify.header[107] = 0x20;
        notify.header[106] = 0x0f;
        notify.clean_jobs = true;
        const std::string line = stratum::encode(notify);
        const TimePoint begun = Clock::now();
        say(line);
        return begun;
    }

    /// How long after a line was written `solver` left the job before, ten times; shortest first.
    /// It is in the middle of a nonce, `busy_for` after it began.
    std::vector<Duration> times_to_leave(solver::Solver& solver, Duration busy_for)
    {
        (void)new_block();
        EXPECT_TRUE(dealer_.wait_for(1));
        std::vector<Duration> took;
        for (int i = 2; i <= 11; ++i) {
            auto taken = dealer_.scheduler.inbox(0).take();
            EXPECT_TRUE(taken);
            if (!taken) break;
            solver::NonceRange endless = taken->order->slice;
            endless.count = 1'000'000;
            TimePoint left{};
            std::atomic<bool> begun = false;
            std::jthread device([&] {
                begun = true;
                const auto report = solver.solve(taken->order->input, endless, taken->stop);
                left = Clock::now();
                EXPECT_TRUE(report);
                EXPECT_LT(report->nonces_done, endless.count);
            });
            while (!begun) std::this_thread::yield();
            std::this_thread::sleep_for(busy_for);
            const TimePoint written = new_block();
            EXPECT_TRUE(dealer_.wait_for(i));
            device.join();
            took.push_back(left - written);
        }
        std::sort(took.begin(), took.end());
        return took;
    }

    Dealer dealer_;
    int blocks_ = 0;

private:
    boost::asio::io_context network_;
    tcp::acceptor acceptor_;
    tcp::socket miner_{network_};
    std::unique_ptr<stratum::net::PoolSource> source_;
};

}  // namespace adit::miner::work
