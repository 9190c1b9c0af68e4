#include "tests/kernels/dialect_host.hpp"

#include <algorithm>

namespace adit::test {

extern const HostKernels kHost48_5_ordered, kHost48_5_256_lanes, kHost48_5_one_lane,
    kHost96_5_grouped, kHost96_5_512_lanes, kHost96_5_direct, kHost96_5_sliced, kHost96_5_digits,
    kHost96_5_tight, kHost96_5_tight_one_lane, kHost48_5_sliced, kHost200_9_ordered,
    kHost96_5_overlap, kHost48_5_overlap_one_lane, kHost125_4_ordered, kHost125_4_direct,
    kHost128_7_grouped;

std::vector<const HostKernels*> host_instances()
{
    return {&kHost48_5_ordered, &kHost48_5_256_lanes, &kHost48_5_one_lane, &kHost48_5_sliced,
            &kHost96_5_grouped, &kHost96_5_512_lanes, &kHost96_5_direct,   &kHost96_5_sliced,
            &kHost96_5_digits,  &kHost200_9_ordered};
}

std::vector<const HostKernels*> overlap_instances()
{
    return {&kHost96_5_overlap, &kHost48_5_overlap_one_lane};
}

std::vector<const HostKernels*> twisted_instances()
{
    return {&kHost125_4_ordered, &kHost125_4_direct};
}

const HostKernels& small_twisted_instance() { return kHost128_7_grouped; }

std::vector<const HostKernels*> tight_instances()
{
    return {&kHost96_5_tight, &kHost96_5_tight_one_lane};
}

namespace {

using namespace dialect;

/// A batch's memory: exactly as large as it says, and full of garbage but for what a pipeline
/// zeroes.
class Memory {
public:
    Memory(const Layout& layout, u32 batch)
        : layout_(layout),
          places_(*plan_places(layout)),
          words_(std::size_t{places_.nonce_words[0]} * batch, 0xa5a5'a5a5),
          arena{words_.data(), &stop, places_.nonce_words[0], places_}
    {}
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    void clear(u32 nonce)
    {
        std::fill_n(part(places_.fills, nonce), layout_.fill_words + kTallyWords, 0);
    }
    HostRun::Nonce read(u32 nonce)
    {
        HostRun::Nonce one;
        std::copy_n(part(places_.tallies, nonce), kTallyWords, one.tallies);
        const u32 count = std::min(one.tallies[Tally::solutions], kSolutionsMax);
        for (u32 i = 0; i < count; ++i) {
            const u32* leaves = part(places_.solutions, nonce) + i * layout_.indices;
            one.solutions.emplace_back(leaves, leaves + layout_.indices);
        }
        for (u32 r = 0; r < layout_.params.k; ++r) {
            const u32* fill = part(places_.fills, nonce) + layout_.tables[r].fill_at;
            u64 rows = 0, over = 0;
            for (u32 b = 0; b < layout_.tables[r].buckets; ++b) {
                rows += fill[b];
                over += fill[b] - std::min(fill[b], layout_.tables[r].slots);
            }
            one.rows.push_back(rows);
            one.rows_over.push_back(over);
        }
        return one;
    }

private:
    u32* part(const Place& place, u32 nonce)
    {
        return words_.data() + place.at + std::size_t{places_.nonce_words[0]} * nonce;
    }
    const Layout& layout_;
    Places places_;
    std::vector<u32> words_;

public:
    u32 stop = 0;
    host::Arena arena;
};

}  // namespace

HostRun run_on_host(const HostKernels& kernels, const std::vector<hash::HeaderMidstate>& midstates,
                    host::LaneOrder order, u32 threads, u32 stop_before)
{
    const Layout& layout = *kernels.layout;
    const u32 k = layout.params.k;
    const u32 batch = static_cast<u32>(midstates.size());
    Memory memory(layout, batch);
    for (u32 nonce = 0; nonce < batch; ++nonce) memory.clear(nonce);

    const auto launch = [&](u32 kernel, u32 first, u32 blocks, const auto& run) {
        if (kernel == stop_before) memory.stop = 1;
        host::run(first, blocks, batch, order, threads, run);
    };
    launch(0, 0, layout.hash_blocks, [&] { kernels.hash(memory.arena, midstates.data()); });
    for (u32 round = 1; round < k; ++round) {
        const TableLayout& in = layout.tables[round - 1];
        for_each_slice(in.buckets, in.slice_buckets, [&](u32 first, u32 blocks) {
            launch(round, first, blocks, [&] { kernels.round(memory.arena, round); });
        });
    }
    launch(k, 0, layout.tables[k - 1].buckets, [&] { kernels.last(memory.arena); });
    launch(k + 1, 0, layout.policy.expand_blocks,
           [&] { kernels.expand(memory.arena, midstates.data()); });

    HostRun result;
    for (u32 nonce = 0; nonce < batch; ++nonce) result.nonces.push_back(memory.read(nonce));
    return result;
}

HostRun run_overlapped_on_host(const HostKernels& kernels,
                               const std::vector<hash::HeaderMidstate>& midstates, u32 batch,
                               host::LaneOrder order, u32 threads)
{
    const Layout& layout = *kernels.layout;
    const u32 k = layout.params.k;
    Memory memories[]{{layout, batch}, {layout, batch}};
    HostRun result;
    const auto run = [&](u32 blocks, const auto& kernel) {
        host::run(0, blocks, batch, order, threads, kernel);
    };
    for (u32 nonce = 0; nonce < batch; ++nonce) memories[0].clear(nonce);
    run(layout.hash_blocks, [&] { kernels.hash(memories[0].arena, midstates.data()); });
    for (u32 first = 0, turn = 0; first < midstates.size(); first += batch, turn = 1 - turn) {
        Memory& memory = memories[turn];
        Memory& next = memories[1 - turn];
        const bool is_last = first + batch == midstates.size();
        for (u32 nonce = 0; nonce < batch; ++nonce) next.clear(nonce);
        for_each_share(layout, [&](Share share) {
            if (is_last) share.tiles = 0;
            run(share.buckets + share.tiles, [&] {
                kernels.share(memory.arena, next.arena, midstates.data() + first + batch, share);
            });
        });
        run(layout.tables[k - 1].buckets, [&] { kernels.last(memory.arena); });
        run(layout.policy.expand_blocks,
            [&] { kernels.expand(memory.arena, midstates.data() + first); });
        for (u32 nonce = 0; nonce < batch; ++nonce) result.nonces.push_back(memory.read(nonce));
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
