// A miner that says anything at all to a pool, over two connections that take turns.

#include "stratum/server/pool_server.hpp"

namespace {

adit::stratum::WorkPtr some_work()
{
    auto work = std::make_shared<adit::stratum::Work>();
    work->params = {48, 5};
    work->input.header[0] = 4;
    work->block_target = ~adit::U256{} >> 13;
    return work;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit;
    using namespace adit::stratum;
    server::ServerOptions options;
    options.guard.failures_burst = 20;
    server::PoolServer pool(options, 1, 1);
    static const WorkPtr work = some_work();
    TimePoint now{std::chrono::seconds(1)};
    pool.on_work(work, now);
    u64 connections[2] = {*pool.accept("a", now), *pool.accept("b", now)};
    std::string_view bytes = as_text({data, size});
    for (unsigned turn = 0; !bytes.empty(); ++turn) {
        const std::size_t piece = 1 + static_cast<u8>(bytes[0]) % 200;
        pool.on_bytes(connections[turn / 3 % 2], bytes.substr(0, piece), now);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        now += std::chrono::seconds(1);
        pool.on_tick(now);
        while (auto share = pool.next_to_judge()) {
            share->judgement = server::judge_dearly(share->candidate);
            pool.on_judged(std::move(*share), now);
        }
        auto batch = pool.take_to_store(100);
        const std::vector<bool> fresh(batch.size(), true);
        pool.on_stored(std::move(batch), fresh, now);
        while (auto connection = pool.next_with_output()) {
            (void)pool.take_output(*connection);
            if (!pool.closing(*connection)) continue;
            pool.on_closed(*connection, now);
            for (u64& mine : connections)
                if (mine == *connection)
                    if (const auto again = pool.accept("c", now)) mine = *again;
        }
        while (pool.next_event()) {
        }
    }
    if (pool.open_shares() != 0) __builtin_trap();
    return 0;
}
