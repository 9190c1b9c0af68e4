#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>

#include "kernels/base/check.hpp"
#include "kernels/base/endian.hpp"
#include "kernels/equihash/verifier.hpp"
#include "stratum/proto/codec.hpp"
#include "stratum/proto/share.hpp"
#include "stratum/server/pool_server.hpp"
#include "tests/support/vectors.hpp"

// Stratum on one core: the codec, the share judge without and with Equihash, a whole pool.
namespace adit::stratum {
namespace {

using server::Candidate;

/// Pre-solved (200,9) shares, each under a prefix of its own: as many miners, one share each.
struct Solved {
    WorkPtr work;
    struct One {
        NoncePart prefix;
        Submit submit;
    };
    std::vector<One> shares;
};

const Solved& solved()
{
    static const Solved all = [] {
        const json::value file = test::load_vectors("stratum/shares-200_9.json");
        const json::object& o = file.as_object();
        auto work = std::make_shared<Work>();
        work->params = {200, 9};
        const Bytes header = test::hex(o, "header108");
        std::copy(header.begin(), header.end(), work->input.header.begin());
        work->block_target = U256(1);
        Solved out;
        out.work = work;
        for (const json::value& entry : *json::array_of(o, "shares")) {
            const json::object& share = entry.as_object();
            Solved::One one;
            one.prefix = *NoncePart::from_hex(test::text(share, "nonce_1"));
            one.submit.worker = "w";
            std::copy_n(header.begin() + 100, 4, one.submit.time.begin());
            one.submit.nonce_2 = test::hex(share, "nonce_2");
            one.submit.solution = with_length_prefix(test::hex(share, "solution"));
            out.shares.push_back(std::move(one));
        }
        ADIT_CHECK(out.shares.size() >= 64);
        return out;
    }();
    return all;
}

// ── codec ───────────────────────────────────────────────────────────────────────────────────────

void BM_ReadSubmit(benchmark::State& state)
{
    const std::string line = encode(RequestId{i64{7}}, solved().shares[0].submit);
    for (auto _ : state)
        benchmark::DoNotOptimize(
            parse_client_line(std::string_view(line).substr(0, line.size() - 1)));
    state.SetBytesProcessed(state.iterations() * static_cast<i64>(line.size()));
}
BENCHMARK(BM_ReadSubmit);

void BM_WriteSubmit(benchmark::State& state)
{
    for (auto _ : state)
        benchmark::DoNotOptimize(encode(RequestId{i64{7}}, solved().shares[0].submit));
}
BENCHMARK(BM_WriteSubmit);

std::string notify_line()
{
    server::JobBook book(1);
    return book.add(solved().work)->notify_line("100", true);
}

void BM_ReadNotify(benchmark::State& state)
{
    const std::string line = notify_line();
    for (auto _ : state)
        benchmark::DoNotOptimize(
            parse_server_line(std::string_view(line).substr(0, line.size() - 1)));
}
BENCHMARK(BM_ReadNotify);

void BM_WriteNotifyOfAJob(benchmark::State& state)
{
    server::JobBook book(1);
    const auto job = book.add(solved().work);
    for (auto _ : state) benchmark::DoNotOptimize(job->notify_line("100", true));
}
BENCHMARK(BM_WriteNotifyOfAJob);

// ── the judge ───────────────────────────────────────────────────────────────────────────────────

/// Everything but Equihash: time, lengths, the share's hash, duplicates. Each share is new: its
/// nonce_2 counts on, which no cheap check can see through.
void BM_JudgeWithoutEquihash(benchmark::State& state)
{
    server::JobBook book(1);
    auto job = book.add(solved().work);
    const auto& shares = solved().shares;
    Submit submit = shares[0].submit;
    u64 counter = 0;
    for (auto _ : state) {
        store_le<u64>(submit.nonce_2.data(), ++counter);
        const auto candidate =
            server::judge_cheaply(submit, job, shares[counter % shares.size()].prefix, ~U256{});
        if (!candidate) {
            if (job->seen.size() < server::ServerJob::kSharesSeenMax) {
                state.SkipWithError("a good share was refused");
                break;
            }
            job->seen.clear();
        }
    }
}
BENCHMARK(BM_JudgeWithoutEquihash);

/// The whole judgement of good shares of many miners.
void BM_JudgeWithEquihash(benchmark::State& state)
{
    server::JobBook book(1);
    auto job = book.add(solved().work);
    const auto& shares = solved().shares;
    std::size_t i = 0;
    for (auto _ : state) {
        if (i == shares.size()) {
            i = 0;
            job->seen.clear();
        }
        const auto candidate =
            server::judge_cheaply(shares[i].submit, job, shares[i].prefix, ~U256{});
        if (!candidate || server::judge_dearly(*candidate).ruling != Ruling::accepted) {
            state.SkipWithError("a good share was refused");
            break;
        }
        ++i;
    }
}
BENCHMARK(BM_JudgeWithEquihash);

/// The verifier alone on the same shares: what the judge is measured against.
void BM_VerifierAlone(benchmark::State& state)
{
    const auto& shares = solved().shares;
    std::vector<equihash::PowInput> inputs;
    for (const auto& share : shares) {
        inputs.push_back(solved().work->input);
        ADIT_CHECK(share.prefix.place(inputs.back(), share.submit.nonce_2));
    }
    std::size_t i = 0;
    for (auto _ : state) {
        const ByteView solution = ByteView(shares[i].submit.solution).subspan(3);
        if (!equihash::verify({200, 9}, {}, inputs[i].view(), solution)) {
            state.SkipWithError("a good share was refused");
            break;
        }
        if (++i == shares.size()) i = 0;
    }
}
BENCHMARK(BM_VerifierAlone);

// ── a pool ──────────────────────────────────────────────────────────────────────────────────────

/// From a miner's line to its answer, all on one core: reading, judging with Equihash, answering.
/// The ledger's disk is left out.
void BM_PoolFromLineToAnswer(benchmark::State& state)
{
    const auto now = [] { return std::chrono::steady_clock::now(); };
    server::ServerOptions options;
    options.vardiff.shares_for_a_look = ~u32{0};
    options.vardiff.look_every = std::chrono::hours(1);
    options.start_solutions = 1;
    options.guard.failures_burst = 1e18;
    server::PoolServer pool(options, 1, 1);
    pool.on_work(solved().work, now());
    const u64 connection = *pool.accept("a", now());
    pool.on_bytes(
        connection,
        encode(RequestId{i64{1}}, Subscribe{}) + encode(RequestId{i64{2}}, Authorize{"w", "x"}),
        now());
    (void)pool.take_output(connection);
    // Its prefix is drawn by the pool, so its shares are not solved: they are refused, as dearly as
    // the first group that does not collide makes it.
    Submit submit = solved().shares[0].submit;
    submit.job.text = server::job_id(1, 0);
    u64 counter = 0;
    for (auto _ : state) {
        store_le<u64>(submit.nonce_2.data(), ++counter);
        pool.on_bytes(connection, encode(RequestId{static_cast<i64>(counter)}, submit), now());
        while (auto share = pool.next_to_judge()) {
            share->judgement = server::judge_dearly(share->candidate);
            pool.on_judged(std::move(*share), now());
        }
        if (pool.take_output(connection).empty()) state.SkipWithError("no answer");
        if (counter % 500'000 == 0) pool.newest_job()->seen.clear();
    }
}
BENCHMARK(BM_PoolFromLineToAnswer);

/// One new block told to so many miners: their lines, written out and taken.
void BM_NewBlockToMiners(benchmark::State& state)
{
    const auto now = std::chrono::steady_clock::now();
    server::ServerOptions options;
    options.guard.connections_per_address_max = 1'000'000;
    options.guard.connections_max = 1'000'000;
    server::PoolServer pool(options, 1, 1);
    for (i64 i = 0; i < state.range(0); ++i) {
        const u64 connection = *pool.accept("a", now);
        pool.on_bytes(
            connection,
            encode(RequestId{i64{1}}, Subscribe{}) + encode(RequestId{i64{2}}, Authorize{"w", "x"}),
            now);
    }
    u32 block = 0;
    std::size_t bytes = 0;
    for (auto _ : state) {
        auto work = std::make_shared<Work>(*solved().work);
        store_le<u32>(work->input.header.data() + 4, ++block);
        work->epoch = block;
        pool.on_work(std::move(work), now);
        while (const auto connection = pool.next_with_output())
            bytes += pool.take_output(*connection).size();
    }
    benchmark::DoNotOptimize(bytes);
}
BENCHMARK(BM_NewBlockToMiners)->Arg(1000)->Arg(10'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace adit::stratum
