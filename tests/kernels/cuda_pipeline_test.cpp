// What the CUDA solver asks of the runtime: a made-up one, whose kernels are those of the host
// lane. Nothing here says anything about a card.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "kernels/base/endian.hpp"
#include "kernels/cuda/cuda_solver.hpp"
#include "kernels/equihash/reference_solver.hpp"
#include "kernels/solver/digest.hpp"
#include "kernels/solver/self_test.hpp"
#include "tests/kernels/dialect_host.hpp"
#include "tests/kernels/made_up_runtime.hpp"

namespace adit::test {

extern const HostKernels kHost48_5_sliced, kHost48_5_overlap_one_lane;

namespace {

using cuda::CudaSolver;
using cuda::Knobs;
using dialect::host::LaneOrder;
using solver::DeviceError;

/// The kernels of a host instance as a compiled set.
class PlayedSet {
public:
    PlayedSet(const HostKernels& host, u32 batch) : host_(host), layout_(*host.layout)
    {
        layout_.policy.batch = batch;
        const auto& policy = layout_.policy;
        const auto& rounds = layout_.rounds;
        const u32 k = layout_.params.k;
        set_.name = "host";
        set_.layout = &layout_;
        set_.hash = add(policy.hash_group, rounds[0].shared_bytes, true,
                        [this](const Call& call) { host_.hash(call.arena, call.midstates); });
        for (u32 r = 1; r < k; ++r) {
            set_.rounds[r] = add(policy.round_group, rounds[r].shared_bytes, false,
                                 [this, r](const Call& call) { host_.round(call.arena, r); });
            if (policy.overlap)
                set_.overlaps[r] =
                    add_overlap(r, std::max(rounds[0].shared_bytes, rounds[r].shared_bytes));
        }
        set_.last = add(policy.last_group, rounds[k].shared_bytes, false,
                        [this](const Call& call) { host_.last(call.arena); });
        set_.expand = add(policy.expand_group, layout_.expand_shared_bytes, true,
                          [this](const Call& call) { host_.expand(call.arena, call.midstates); });
    }
    PlayedSet(const PlayedSet&) = delete;
    PlayedSet& operator=(const PlayedSet&) = delete;
    const cuda::KernelSet& set() const { return set_; }
    u64 tiles_beside = 0;     ///< of hashing, in launches with rounds
    u32 kernels_stopped = 0;  ///< those that found the stop word set

private:
    struct Call {
        dialect::host::Arena arena;
        const hash::HeaderMidstate* midstates = nullptr;
    };
    dialect::host::Arena arena_of(const void* argument)
    {
        const auto& arena = *static_cast<const dialect::cuda::Arena*>(argument);
        kernels_stopped += *arena.stop;
        return {arena.base, arena.stop, arena.nonce_words, arena.places};
    }
    static void run(u32 first, dim3 grid, const auto& kernel)
    {
        dialect::host::run(first, grid.x, grid.y, LaneOrder::forward, 1, kernel);
    }
    std::size_t midstates_bytes() const
    {
        return layout_.policy.batch * sizeof(hash::HeaderMidstate);
    }
    const void* add(u32 lanes, u32 shared_bytes, bool hashes, const auto& kernel)
    {
        MadeUpKernel& made = made_.emplace_back();
        made.argument_bytes = {sizeof(dialect::cuda::Arena)};
        if (hashes) made.argument_bytes.push_back(midstates_bytes());
        made.lanes = lanes;
        made.shared_bytes = shared_bytes;
        made.run = [this, kernel, hashes](void* const* arguments, dim3 grid) {
            const auto* midstates =
                hashes ? static_cast<const hash::HeaderMidstate*>(arguments[1]) : nullptr;
            const Call call{arena_of(arguments[0]), midstates};
            run(static_cast<const dialect::cuda::Arena*>(arguments[0])->first_block, grid,
                [&] { kernel(call); });
        };
        return &made;
    }
    const void* add_overlap(u32 round, u32 shared_bytes)
    {
        MadeUpKernel& made = made_.emplace_back();
        made.argument_bytes = {sizeof(dialect::cuda::Arena),
                               sizeof(dialect::cuda::Arena),
                               midstates_bytes(),
                               4,
                               4,
                               4,
                               4};
        made.lanes = layout_.policy.round_group;
        made.shared_bytes = shared_bytes;
        made.run = [this, round](void* const* arguments, dim3 grid) {
            const auto number = [&](u32 i) { return *static_cast<const u32*>(arguments[3 + i]); };
            const dialect::Share share{round, number(0), number(1), number(2), number(3)};
            ASSERT_EQ(grid.x, share.buckets + share.tiles);
            tiles_beside += share.tiles;
            const auto here = arena_of(arguments[0]);
            const auto next = arena_of(arguments[1]);
            const auto* midstates = static_cast<const hash::HeaderMidstate*>(arguments[2]);
            run(0, grid, [&] { host_.share(here, next, midstates, share); });
        };
        return &made;
    }

    const HostKernels& host_;
    dialect::Layout layout_;
    std::deque<MadeUpKernel> made_;  // addresses stay
    cuda::KernelSet set_;
};

struct Pipeline {
    const char* name;
    const HostKernels* host;
    u32 batch;
    Knobs knobs;
};

class MadeUpCuda : public testing::Test {
protected:
    void SetUp() override { made_up_card = {}; }
    void TearDown() override
    {
        played_.reset();
        EXPECT_EQ(made_up_card.allocated_bytes, 0u);
    }
    auto make(const HostKernels& host, u32 batch, const Knobs& knobs)
    {
        played_ = std::make_unique<PlayedSet>(host, batch);
        solver::SolverInfo info;
        info.params = host.layout->params;
        info.personalization = *equihash::Personalization::from_text(answer(host).personalization);
        return CudaSolver::make(0, played_->set(), knobs, info);
    }
    PlayedSet& played() { return *played_; }
    static equihash::Personalization personalization(const HostKernels& host)
    {
        return *equihash::Personalization::from_text(answer(host).personalization);
    }
    static auto by_the_book(const HostKernels& host, const equihash::PowInput& input)
    {
        return equihash::solve_by_the_book(host.layout->params, personalization(host),
                                           input.view());
    }
    static const solver::KnownAnswer& answer(const HostKernels& host)
    {
        return solver::quick_answer(host.layout->params);
    }
    static void expect_the_answer(CudaSolver& made, const HostKernels& host)
    {
        const auto outcome = solver::check_answer(made, answer(host));
        EXPECT_TRUE(outcome) << outcome.error().detail;
    }

private:
    std::unique_ptr<PlayedSet> played_;
};

class CudaPipeline : public MadeUpCuda, public testing::WithParamInterface<Pipeline> {};
INSTANTIATE_TEST_SUITE_P(
    MadeUpCard, CudaPipeline,
    testing::Values(Pipeline{"graphs", &kHost48_5_sliced, 7, {}},
                    Pipeline{"one_graph", &kHost48_5_sliced, 8, {.batch = 4, .flights = 1}},
                    Pipeline{"plain", &kHost48_5_sliced, 3, {.flights = 3, .graph = false}},
                    Pipeline{"overlapped", &kHost48_5_overlap_one_lane, 4, {}},
                    Pipeline{"overlapped_and_a_rest", &kHost48_5_overlap_one_lane, 9, {.batch = 7}},
                    Pipeline{"overlapped_alone", &kHost48_5_overlap_one_lane, 64, {}}),
    [](const auto& row) { return row.param.name; });

/// Batches, the last one smaller; the time of single kernels; and batches again.
TEST_P(CudaPipeline, FindsTheKnownAnswer)
{
    const Pipeline& row = GetParam();
    const auto made = make(*row.host, row.batch, row.knobs);
    ASSERT_TRUE(made) << made.error().detail;
    expect_the_answer(**made, *row.host);
    const auto phases = (*made)->time_phases(answer(*row.host).input());
    ASSERT_TRUE(phases) << phases.error().detail;
    EXPECT_EQ(phases->size(), row.host->layout->params.k + 2);
    expect_the_answer(**made, *row.host);
}

/// In their order, and one of them with more solutions than are read back without asking.
TEST_P(CudaPipeline, FindsWhatTheBookFindsInTheOrderOfTheNonces)
{
    const Pipeline& row = GetParam();
    const auto made = make(*row.host, row.batch, row.knobs);
    ASSERT_TRUE(made) << made.error().detail;
    const solver::NonceRange range{.first = 0, .count = 26};
    equihash::PowInput input;
    const auto report = (*made)->solve(input, range, {});
    ASSERT_TRUE(report) << report.error().detail;
    std::vector<u64> expected, found;
    for (u64 nonce = 0; nonce < range.count; ++nonce) {
        solver::place_counter(input, range, nonce);
        expected.resize(expected.size() + by_the_book(*row.host, input).size(), nonce);
    }
    EXPECT_EQ(std::ranges::count(expected, 24), 8);
    for (const auto& one : report->found) found.push_back(load_le<u64>(one.nonce.data()));
    EXPECT_EQ(found, expected);
}

/// All but the first batch are hashed beside the rounds of the one before, and nothing besides.
TEST_P(CudaPipeline, HashesEachBatchOnce)
{
    const Pipeline& row = GetParam();
    const auto made = make(*row.host, row.batch, row.knobs);
    ASSERT_TRUE(made) << made.error().detail;
    const u32 batch = row.knobs.batch == 0 ? row.batch : row.knobs.batch;
    ASSERT_TRUE((*made)->solve({}, {.first = 0, .count = 3 * batch}, {}));
    const bool overlaps = row.host->layout->policy.overlap;
    EXPECT_EQ(played().tiles_beside, overlaps ? 2 * row.host->layout->hash_blocks : 0);
    EXPECT_EQ(played().kernels_stopped, 0u);
}

/// Whatever is under way when the stop comes: it is told to the kernels, nothing stays behind, what
/// counts as done is done, and afterwards everything is as before.
TEST_P(CudaPipeline, StopsAndWorksAgain)
{
    const Pipeline& row = GetParam();
    const auto made = make(*row.host, row.batch, row.knobs);
    ASSERT_TRUE(made) << made.error().detail;
    const auto input = answer(*row.host).input();
    for (const u32 stop_before : {0u, 1u, 3u, 20u, 45u}) {
        SCOPED_TRACE(stop_before);
        std::stop_source stop;
        made_up_card.kernels_run = 0;
        made_up_card.before_kernel = [&] {
            if (made_up_card.kernels_run == stop_before) stop.request_stop();
        };
        played().kernels_stopped = 0;
        const auto report = (*made)->solve(input, {.first = 0, .count = 300}, stop.get_token());
        made_up_card.before_kernel = [] {};
        ASSERT_TRUE(report) << report.error().detail;
        EXPECT_LT(report->nonces_done, 300u);
        EXPECT_GT(played().kernels_stopped, 0u);
        EXPECT_EQ(made_up_card.works_waiting, 0u);
        const auto again = (*made)->solve(input, {.first = 0, .count = report->nonces_done}, {});
        ASSERT_TRUE(again) << again.error().detail;
        EXPECT_EQ(solver::digest_text(report->found, report->rows_dropped),
                  solver::digest_text(again->found, 0));
        expect_the_answer(**made, *row.host);
    }
}

/// Batches shrink before a card is called too small; those that overlap are two.
TEST_F(MadeUpCuda, TakesTheMemoryThatIsThere)
{
    const auto places = [](const HostKernels& host) { return *plan_places(*host.layout); };
    struct Row {
        const HostKernels* host;
        u64 memory_bytes;
        u64 held_bytes;  ///< 0: too small
    };
    const auto alone = places(kHost48_5_sliced);
    const auto beside = places(kHost48_5_overlap_one_lane);
    for (const Row& row :
         {Row{&kHost48_5_sliced, 2 * alone.arena_bytes(4), 2 * alone.arena_bytes(4)},
          Row{&kHost48_5_sliced, 2 * alone.arena_bytes(4) - 1, alone.arena_bytes(4)},
          Row{&kHost48_5_sliced, alone.arena_bytes(4) - 1, alone.arena_bytes(2)},
          Row{&kHost48_5_sliced, alone.arena_bytes(1) - 1, 0},
          Row{&kHost48_5_overlap_one_lane, 2 * beside.arena_bytes(4) - 1,
              2 * beside.arena_bytes(2)},
          Row{&kHost48_5_overlap_one_lane, 2 * beside.arena_bytes(1) - 1, 0}}) {
        SCOPED_TRACE(row.memory_bytes);
        made_up_card.memory_bytes = row.memory_bytes;
        const auto made = make(*row.host, 4, {});
        ASSERT_EQ(made.has_value(), row.held_bytes != 0);
        if (!made) {
            EXPECT_EQ(made.error().word, DeviceError::Word::out_of_memory);
            continue;
        }
        EXPECT_EQ((*made)->info().memory_bytes, row.held_bytes);
        EXPECT_EQ(made_up_card.allocated_bytes, row.held_bytes);
        expect_the_answer(**made, *row.host);
    }
}

}  // namespace
}  // namespace adit::test
