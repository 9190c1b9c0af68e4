#include "miner/bench/yardsticks.hpp"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <memory>
#include <new>
#include <numeric>
#include <thread>
#include <vector>

#include "kernels/equihash/leaves.hpp"
#include "kernels/equihash/pow_input.hpp"

namespace adit::miner::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kCopiedBytes = std::size_t{256} << 20;  ///< by all threads together
constexpr int kPasses = 6;
constexpr u32 kCallsAtOnce = 1024;      ///< 64 KiB of digests: they stay in the cache
constexpr u32 kAdditionsAtOnce = 4096;  ///< between two looks at the clock

double seconds_since(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Runs `work(thread)` on so many threads and returns when all are done.
template <class Work>
void on_threads(u32 threads, const Work& work)
{
    std::vector<std::jthread> team;
    for (u32 i = 0; i < threads; ++i) team.emplace_back([&work, i] { work(i); });
}

}  // namespace

double copy_rate(u32 threads)
{
    const std::size_t bytes = kCopiedBytes / std::max(1u, threads);
    std::vector<std::unique_ptr<u8[]>> buffers(2 * threads);
    for (auto& buffer : buffers) {
        buffer.reset(new (std::nothrow) u8[bytes]);
        if (buffer == nullptr) return 0;
    }
    double best_s = 0;
    Clock::time_point start;
    const auto pass_ended = [&, pass = 0]() mutable noexcept {
        // The first pass only meets the page faults.
        const double took = seconds_since(start);
        if (pass > 1 && (best_s == 0 || took < best_s)) best_s = took;
        ++pass;
        start = Clock::now();
    };
    std::barrier gate(static_cast<std::ptrdiff_t>(threads), pass_ended);
    on_threads(threads, [&](u32 i) {
        for (int pass = 0; pass < kPasses; ++pass) {
            gate.arrive_and_wait();
            std::memcpy(buffers[2 * i].get(), buffers[2 * i + 1].get(), bytes);
            std::swap(buffers[2 * i], buffers[2 * i + 1]);
        }
        gate.arrive_and_wait();
    });
    return best_s > 0 ? 2.0 * static_cast<double>(bytes) * threads / best_s : 0;
}

double atomic_rate(u32 threads, u32 counters)
{
    if (threads == 0 || counters == 0) return 0;
    constexpr double kEnough = 0.05;
    std::vector<std::atomic<u32>> table(counters);
    std::vector<double> rates(threads);
    std::barrier gate(static_cast<std::ptrdiff_t>(threads));
    on_threads(threads, [&](u32 i) {
        u64 state = i + 1;
        gate.arrive_and_wait();
        const auto start = Clock::now();
        double done = 0;
        double took = 0;
        do {
            for (u32 step = 0; step < kAdditionsAtOnce; ++step) {
                // Knuth's MMIX generator; the high half of it, scaled to the table.
                state = state * 6364136223846793005u + 1442695040888963407u;
                table[(state >> 32) * counters >> 32].fetch_add(1, std::memory_order_relaxed);
            }
            done += kAdditionsAtOnce;
            took = seconds_since(start);
        } while (took < kEnough);
        rates[i] = done / took;
    });
    return std::accumulate(rates.begin(), rates.end(), 0.0);
}

double hashing_seconds(const equihash::Params& params,
                       const equihash::Personalization& personalization, hash::Lane lane,
                       u32 threads)
{
    constexpr double kEnough = 0.1;
    std::vector<double> seconds(threads);
    std::barrier gate(static_cast<std::ptrdiff_t>(threads));
    on_threads(threads, [&](u32 i) {
        equihash::PowInput input;
        const equihash::Leaves leaves(params, personalization, input.view(),
                                      hash::leaf_hasher(lane));
        const u32 at_once = std::min(kCallsAtOnce, params.calls());
        Bytes digests(64 * std::size_t{at_once});
        gate.arrive_and_wait();
        const auto start = Clock::now();
        double done = 0;
        do {
            leaves.digests(0, at_once, digests.data());
            done += at_once;
        } while (seconds_since(start) < kEnough);
        seconds[i] = seconds_since(start) * params.calls() / done;
    });
    return *std::max_element(seconds.begin(), seconds.end());
}

}  // namespace adit::miner::bench
