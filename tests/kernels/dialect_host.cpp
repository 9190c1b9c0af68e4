#include "tests/kernels/dialect_host.hpp"

#include <algorithm>

namespace adit::test {

extern const HostKernels kHost48_5_ordered, kHost48_5_256_lanes, kHost48_5_one_lane,
    kHost96_5_grouped, kHost96_5_512_lanes, kHost96_5_direct, kHost96_5_sliced, kHost96_5_tight,
    kHost96_5_tight_one_lane, kHost200_9_ordered;

std::vector<const HostKernels*> host_instances()
{
    return {&kHost48_5_ordered,   &kHost48_5_256_lanes, &kHost48_5_one_lane, &kHost96_5_grouped,
            &kHost96_5_512_lanes, &kHost96_5_direct,    &kHost96_5_sliced,   &kHost200_9_ordered};
}

std::vector<const HostKernels*> tight_instances()
{
    return {&kHost96_5_tight, &kHost96_5_tight_one_lane};
}

HostRun run_on_host(const HostKernels& kernels, const std::vector<hash::HeaderMidstate>& midstates,
                    dialect::host::LaneOrder order, u32 threads, u32 stop_before)
{
    using namespace dialect;
    const Layout& layout = *kernels.layout;
    const u32 k = layout.params.k;
    const u32 batch = static_cast<u32>(midstates.size());
    const auto places = plan_places(layout);
    if (!places) return {};

    // Exactly as large as it says, and full of garbage but for what a pipeline zeroes.
    std::vector<u32> memory(std::size_t{places->nonce_words[0]} * batch, 0xa5a5'a5a5);
    u32 stop = 0;
    const host::Arena arena{memory.data(), &stop, places->nonce_words[0], *places};
    const auto part = [&](const Place& place, u32 nonce) {
        return memory.data() + place.at + std::size_t{places->nonce_words[0]} * nonce;
    };
    for (u32 nonce = 0; nonce < batch; ++nonce)
        std::fill_n(part(places->fills, nonce), layout.fill_words + kTallyWords, 0);

    const auto launch = [&](u32 kernel, u32 blocks, const auto& run) {
        if (kernel == stop_before) stop = 1;
        host::run(0, blocks, batch, order, threads, run);
    };
    launch(0, layout.hash_blocks, [&] { kernels.hash(arena, midstates.data()); });
    for (u32 round = 1; round < k; ++round)
        for_each_slice(layout.tables[round - 1].buckets, layout.tables[round - 1].slice_buckets,
                       [&](u32 first, u32 blocks) {
                           if (round == stop_before) stop = 1;
                           host::run(first, blocks, batch, order, threads,
                                     [&] { kernels.round(arena, round); });
                       });
    launch(k, layout.tables[k - 1].buckets, [&] { kernels.last(arena); });
    launch(k + 1, layout.policy.expand_blocks, [&] { kernels.expand(arena, midstates.data()); });

    HostRun result;
    for (u32 nonce = 0; nonce < batch; ++nonce) {
        HostRun::Nonce& one = result.nonces.emplace_back();
        std::copy_n(part(places->tallies, nonce), kTallyWords, one.tallies);
        const u32 count = std::min(one.tallies[Tally::solutions], kSolutionsMax);
        for (u32 i = 0; i < count; ++i) {
            const u32* leaves = part(places->solutions, nonce) + i * layout.indices;
            one.solutions.emplace_back(leaves, leaves + layout.indices);
        }
        for (u32 r = 0; r < k; ++r) {
            const u32* fill = part(places->fills, nonce) + layout.tables[r].fill_at;
            u64 rows = 0, over = 0;
            for (u32 b = 0; b < layout.tables[r].buckets; ++b) {
                rows += fill[b];
                over += fill[b] - std::min(fill[b], layout.tables[r].slots);
            }
            one.rows.push_back(rows);
            one.rows_over.push_back(over);
        }
    }
    return result;
}

std::vector<u32> hash_alone_on_host(const HostKernels& kernels,
                                    const hash::HeaderMidstate& midstate)
{
    const dialect::Layout& layout = *kernels.layout;
    const auto places = dialect::plan_places(layout);
    if (!places) return {};
    std::vector<u32> memory(places->nonce_words[0]);
    const u32 stop = 0;
    const dialect::host::Arena arena{memory.data(), &stop, places->nonce_words[0], *places};
    dialect::host::run(0, layout.hash_blocks, 1, dialect::host::LaneOrder::forward, 2,
                       [&] { kernels.hash_alone(arena, &midstate); });
    const auto begin = memory.begin() + static_cast<std::ptrdiff_t>(places->ref[0].at);
    return {begin, begin + layout.hash_blocks * layout.policy.hash_calls};
}

}  // namespace adit::test
