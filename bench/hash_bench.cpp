#include <benchmark/benchmark.h>

#include "kernels/hash/dispatch.hpp"

// Leaf hashes a second on each lane, one core: 1024 calls of a (200,9) header into 64 KiB.
// A nonce of (200,9) needs 2^20 calls.
namespace adit::hash {
namespace {

constexpr u32 kCalls = 1024;

HeaderMidstate some_midstate()
{
    const Bytes header(kMidstateHeaderBytes, 0);
    return header_midstate({50, {'Z', 'c', 'a', 's', 'h', 'P', 'o', 'W', 200, 0, 0, 0, 9}}, header);
}

void report(benchmark::State& state)
{
    state.SetItemsProcessed(state.iterations() * kCalls);
    state.counters["time_per_hash"] =
        benchmark::Counter(static_cast<double>(state.iterations()) * kCalls,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void BM_Run(benchmark::State& state, const LeafHasher* hasher)
{
    const HeaderMidstate mid = some_midstate();
    Bytes out(64 * kCalls);
    u32 first = 0;
    for (auto _ : state) {
        hasher->run(mid, first, kCalls, out.data());
        benchmark::DoNotOptimize(out.data());
        first += kCalls;
    }
    report(state);
}

void BM_List(benchmark::State& state, const LeafHasher* hasher)
{
    const HeaderMidstate mid = some_midstate();
    Bytes out(64 * kCalls);
    std::vector<u32> calls(kCalls);
    for (u32 i = 0; i < kCalls; ++i) calls[i] = i * 0x9e37'79b9u >> 12;
    for (auto _ : state) {
        hasher->list(mid, calls.data(), kCalls, out.data());
        benchmark::DoNotOptimize(out.data());
    }
    report(state);
}

/// Whole messages through the streaming door: chain ids, oracles.
void BM_Blake2b256Of1KiB(benchmark::State& state)
{
    const Bytes message(1024, 7);
    Bytes digest(32);
    for (auto _ : state) {
        blake2b({32, {}}, message, digest);
        benchmark::DoNotOptimize(digest.data());
    }
    state.SetBytesProcessed(state.iterations() * static_cast<i64>(message.size()));
}
BENCHMARK(BM_Blake2b256Of1KiB);

const bool registered = [] {
    for (const Lane lane : lanes_here()) {
        const std::string name(to_string(lane));
        benchmark::RegisterBenchmark(("leaf_hashes_in_runs/" + name).c_str(), BM_Run,
                                     &leaf_hasher(lane));
        benchmark::RegisterBenchmark(("leaf_hashes_scattered/" + name).c_str(), BM_List,
                                     &leaf_hasher(lane));
    }
    return true;
}();

}  // namespace
}  // namespace adit::hash
