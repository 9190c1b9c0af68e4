// A pool under many miners, each process on its own: a child serves (48,5) work over real sockets
// with its ledger on disk, the parent plays the miners. Loopback only; connections and time are
// bounded.
//
//   pool_load [--connections N] [--seconds S] [--share-every S] [--ledger FOLDER]
//             [--read-after-ms T]

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "kernels/base/check.hpp"
#include "kernels/base/endian.hpp"
#include "kernels/base/random.hpp"
#include "kernels/cpu/cpu_backend.hpp"
#include "stratum/net/pool_shell.hpp"
#include "stratum/proto/codec.hpp"
#include "stratum/proto/line_framer.hpp"
#include "stratum/proto/share.hpp"
#include "stratum/proto/target.hpp"

namespace adit::stratum {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr equihash::Params kParams{48, 5};
constexpr int kConnectionsMax = 20'000;
constexpr int kSecondsMax = 120;
constexpr int kBlockRounds = 9;

struct Options {
    int connections = 2000;
    int seconds = 20;
    double share_every_s = 15;
    Duration read_after{};  ///< a new block; 0: miners read while the pool writes
    std::string ledger;
};

/// (48,5) work on an easy chain that never finds a block.
WorkPtr make_work(u32 block)
{
    auto work = std::make_shared<Work>();
    work->params = kParams;
    auto& header = work->input.header;
    header[0] = 4;
    store_le<u32>(header.data() + 4, block);
    work->epoch = block;
    work->height = block;
    work->block_target = U256(1);
    return work;
}

u64 resident_kib(pid_t process)
{
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) return std::strtoull(line.c_str() + 6, nullptr, 10);
    return 0;
}

// ── the child: a pool ───────────────────────────────────────────────────────────────────────────

/// Serves until its standard input says a byte for each thing to do: 'b' a new block, 'v' how many
/// microseconds the last one took to all miners, 'q' the end.
int serve(const Options& options, int say, int hear)
{
    net::PoolShellOptions shell;
    shell.pool.agent = "adit/load";
    shell.pool.start_solutions = 1;
    shell.pool.vardiff.shares_for_a_look = ~u32{0};
    shell.pool.vardiff.look_every = 24h;
    shell.pool.guard.connections_max = kConnectionsMax;
    shell.pool.guard.connections_per_address_max = kConnectionsMax;
    shell.listen.push_back({"127.0.0.1", 0, false});
    shell.log = [](bool, const std::string& line) { fmt::print(stderr, "pool: {}\n", line); };
    auto store =
        server::ShareStore::open(options.ledger + "/load.db", server::ShareStore::Mode::write);
    ADIT_CHECK(bool(store));
    net::PoolShell pool(std::move(shell), std::move(*store));
    const auto ports = pool.start();
    ADIT_CHECK(bool(ports));
    u32 block = 1;
    pool.on_work(make_work(block));
    const u16 port = ports->front();
    ADIT_CHECK(::write(say, &port, sizeof port) == sizeof port);
    for (char word = 0; ::read(hear, &word, 1) == 1 && word != 'q';) {
        if (word == 'b') {
            pool.on_work(make_work(++block));
        } else if (word == 'v') {
            const net::JobSpread spread = pool.view().spread;
            const auto us = static_cast<u32>(
                std::chrono::duration_cast<std::chrono::microseconds>(spread.took).count());
            ADIT_CHECK(::write(say, &us, sizeof us) == sizeof us);
        }
    }
    pool.stop(10s);
    return 0;
}

// ── the parent: miners ──────────────────────────────────────────────────────────────────────────

/// What happened, over all miners.
struct Tally {
    int logged_in = 0;
    int lost = 0;
    u64 accepted = 0;
    u64 refused = 0;
    std::string first_refusal;
    std::vector<double> answer_ms;
    std::vector<double> news_ms;       ///< from the order to make a block to the line at the miner
    std::vector<double> last_news_ms;  ///< the last miner's, of each round
    Clock::time_point block_ordered;
    bool block_watched = false;
};

struct Miner {
    explicit Miner(asio::io_context& network) : socket(network), framer(256 * 1024) {}
    tcp::socket socket;
    LineFramer framer;
    NoncePart prefix;
    bool ready = false;
    Notify job;
    std::vector<Submit> shares;  ///< dug in advance
    std::unordered_map<i64, Clock::time_point> open;
    i64 next_id = 10;
    bool news = false;
};

asio::awaitable<void> hear(Miner& miner, Tally& tally)
{
    std::array<char, 4096> buffer;
    for (;;) {
        const auto [error, size] =
            co_await miner.socket.async_read_some(asio::buffer(buffer), kTuple);
        if (error) {
            ++tally.lost;
            co_return;
        }
        const auto now = Clock::now();
        (void)miner.framer.feed({buffer.data(), size}, [&](std::string_view line) {
            const auto message = parse_server_line(line);
            ADIT_CHECK(bool(message));
            if (const auto* notify = std::get_if<Notify>(&message->body)) {
                miner.job = *notify;
                miner.ready = true;
                if (tally.block_watched && !std::exchange(miner.news, true))
                    tally.news_ms.push_back(
                        std::chrono::duration<double, std::milli>(now - tally.block_ordered)
                            .count());
            } else if (const auto* reply = std::get_if<Reply>(&message->body)) {
                const i64 id = std::get<i64>(message->id);
                if (id == 1) {
                    miner.prefix = read_subscribed(*reply)->nonce_1;
                } else if (id == 2) {
                    ++tally.logged_in;
                } else if (const auto sent = miner.open.find(id); sent != miner.open.end()) {
                    tally.answer_ms.push_back(
                        std::chrono::duration<double, std::milli>(now - sent->second).count());
                    miner.open.erase(sent);
                    ++(reply->accepted ? tally.accepted : tally.refused);
                    if (!reply->accepted && tally.first_refusal.empty() && reply->error)
                        tally.first_refusal = reply->error->message;
                }
            }
            return true;
        });
    }
}

asio::awaitable<void> connect(Miner& miner, Tally& tally, u16 port)
{
    const auto [error] =
        co_await miner.socket.async_connect({asio::ip::address_v4::loopback(), port}, kTuple);
    ADIT_CHECK(!error);
    const std::string lines =
        encode(RequestId{i64{1}}, Subscribe{"load/1", "", "127.0.0.1", port}) +
        encode(RequestId{i64{2}}, Authorize{"wallet.load", "x"});
    (void)co_await asio::async_write(miner.socket, asio::buffer(lines), kTuple);
    co_await hear(miner, tally);
}

asio::awaitable<void> submit(Miner& miner)
{
    if (miner.shares.empty()) co_return;
    const i64 id = miner.next_id++;
    const std::string line = encode(RequestId{id}, miner.shares.back());
    miner.shares.pop_back();
    miner.open[id] = Clock::now();
    (void)co_await asio::async_write(miner.socket, asio::buffer(line), kTuple);
}

/// So many true shares for each miner, found by the CPU solver.
void dig(std::vector<std::unique_ptr<Miner>>& miners, std::size_t each)
{
    solver::Backend& cpu = *cpu::cpu_backend();
    auto solver = cpu.make_solver(cpu.devices().front(), {kParams, {}, {}, 0, false});
    ADIT_CHECK(bool(solver));
    for (auto& miner : miners) {
        equihash::PowInput input;
        std::copy(miner->job.header.begin(), miner->job.header.end(), input.header.begin());
        miner->prefix.place(input);
        for (u64 first = 0; miner->shares.size() < each; first += 16) {
            const auto report =
                (*solver)->solve(input, {static_cast<u32>(miner->prefix.size()), 8, first, 16}, {});
            ADIT_CHECK(bool(report));
            for (const auto& found : report->found) {
                if (miner->shares.size() == each) break;
                Submit share;
                share.worker = "wallet.load";
                share.job = miner->job.job;
                std::copy_n(miner->job.header.begin() + 100, 4, share.time.begin());
                const auto nonce_2 = *miner->prefix.nonce_2_of(found.nonce);
                share.nonce_2.assign(nonce_2.begin(), nonce_2.end());
                share.solution = with_length_prefix(found.solution.bytes);
                miner->shares.push_back(std::move(share));
            }
        }
    }
}

double percentile(std::vector<double>& values, double part)
{
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const auto at = static_cast<std::size_t>(part * static_cast<double>(values.size() - 1));
    return values[at];
}

int play(const Options& options, pid_t pool, int say, int hear_fd)
{
    u16 port = 0;
    ADIT_CHECK(::read(hear_fd, &port, sizeof port) == sizeof port);
    std::this_thread::sleep_for(200ms);
    const u64 before_kib = resident_kib(pool);

    asio::io_context network{1};
    Tally tally;
    std::vector<std::unique_ptr<Miner>> miners;
    const auto begun = Clock::now();
    for (int i = 0; i < options.connections; ++i) {
        miners.push_back(std::make_unique<Miner>(network));
        asio::co_spawn(network, connect(*miners.back(), tally, port), asio::detached);
        if (i % 100 == 99) network.run_for(5ms);  // not all in the same instant
    }
    while (tally.logged_in < options.connections && Clock::now() - begun < 60s)
        network.run_for(10ms);
    const double login_s = std::chrono::duration<double>(Clock::now() - begun).count();
    fmt::print("{} of {} miners logged in within {:.2f} s\n", tally.logged_in, options.connections,
               login_s);
    std::this_thread::sleep_for(500ms);
    const u64 after_kib = resident_kib(pool);
    fmt::print("pool: {} KiB before, {} KiB with them: {:.2f} KiB a connection\n", before_kib,
               after_kib,
               static_cast<double>(after_kib - before_kib) / std::max(1, tally.logged_in));

    const auto each = static_cast<std::size_t>(options.seconds / options.share_every_s) + 2;
    const auto dig_begun = Clock::now();
    dig(miners, each);
    fmt::print("{} shares dug in {:.1f} s\n", each * miners.size(),
               std::chrono::duration<double>(Clock::now() - dig_begun).count());

    // Shares come as a Poisson process over all miners.
    Random random(1);
    const auto mean = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(options.share_every_s / options.connections));
    const auto start = Clock::now();
    auto next = start;
    while (Clock::now() - start < std::chrono::seconds(options.seconds)) {
        while (next <= Clock::now()) {
            Miner& miner = *miners[random.below(miners.size())];
            asio::co_spawn(network, submit(miner), asio::detached);
            next += random.exponential(mean);
        }
        network.run_for(std::chrono::duration_cast<std::chrono::microseconds>(
            std::min<Duration>(std::max<Duration>(next - Clock::now(), 0ns), 5ms)));
        network.restart();
    }
    network.run_for(2s);
    network.restart();

    std::vector<double> written_ms;  // of all rounds, as the pool measures
    for (int round = 0; round < kBlockRounds; ++round) {
        for (auto& miner : miners) miner->news = false;
        tally.news_ms.clear();
        tally.block_watched = true;
        tally.block_ordered = Clock::now();
        ADIT_CHECK(::write(say, "b", 1) == 1);
        std::this_thread::sleep_for(options.read_after);
        const auto until = Clock::now() + 3s;
        while (tally.news_ms.size() < miners.size() && Clock::now() < until) {
            network.run_for(5ms);
            network.restart();
        }
        tally.last_news_ms.push_back(percentile(tally.news_ms, 1));
        ADIT_CHECK(::write(say, "v", 1) == 1);
        u32 us = 0;
        ADIT_CHECK(::read(hear_fd, &us, sizeof us) == sizeof us);
        written_ms.push_back(us / 1000.0);
    }

    std::size_t unanswered = 0;
    for (const auto& miner : miners) unanswered += miner->open.size();
    fmt::print(
        "{} accepted, {} refused{}, {} unanswered, {} connections lost, {:.0f} shares a second\n",
        tally.accepted, tally.refused,
        tally.first_refusal.empty() ? "" : " (" + tally.first_refusal + ")", unanswered, tally.lost,
        static_cast<double>(tally.accepted) / options.seconds);
    fmt::print("answer to a share, ms: median {:.2f}, 99 % {:.2f}, longest {:.2f}\n",
               percentile(tally.answer_ms, 0.5), percentile(tally.answer_ms, 0.99),
               percentile(tally.answer_ms, 1));
    fmt::print(
        "a new block written to all, ms, as the pool measures from the tip to the last write: "
        "best {:.2f}, median {:.2f}, worst of {} {:.2f}\n",
        percentile(written_ms, 0), percentile(written_ms, 0.5), written_ms.size(),
        percentile(written_ms, 1));
    fmt::print(
        "the same read by the last of {} miners, ms: best {:.2f}, median {:.2f}, worst {:.2f}\n",
        tally.news_ms.size(), percentile(tally.last_news_ms, 0),
        percentile(tally.last_news_ms, 0.5), percentile(tally.last_news_ms, 1));
    ADIT_CHECK(::write(say, "q", 1) == 1);
    const bool fine = tally.logged_in == options.connections && tally.lost == 0 &&
                      tally.refused == 0 && unanswered == 0 &&
                      tally.news_ms.size() == miners.size();
    if (!fine) fmt::print("NOT as it should be\n");
    for (auto& miner : miners) miner->socket.close();
    network.run_for(100ms);
    return fine ? 0 : 1;
}

bool raise_descriptor_limit(int connections)
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur > static_cast<rlim_t>(connections) + 100;
}

Options read_options(int argc, char** argv)
{
    Options options;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view flag = argv[i];
        if (flag == "--connections") options.connections = std::atoi(argv[i + 1]);
        if (flag == "--seconds") options.seconds = std::atoi(argv[i + 1]);
        if (flag == "--share-every") options.share_every_s = std::atof(argv[i + 1]);
        if (flag == "--read-after-ms")
            options.read_after = std::chrono::milliseconds(std::atoi(argv[i + 1]));
        if (flag == "--ledger") options.ledger = argv[i + 1];
    }
    options.connections = std::clamp(options.connections, 1, kConnectionsMax);
    options.seconds = std::clamp(options.seconds, 1, kSecondsMax);
    options.share_every_s = std::max(options.share_every_s, 0.01);
    return options;
}

int run(Options options)
{
    if (!raise_descriptor_limit(options.connections)) {
        fmt::print(stderr, "not enough file descriptors: ulimit -n {}\n",
                   options.connections + 1000);
        return 2;
    }
    const fs::path folder =
        (options.ledger.empty() ? fs::temp_directory_path() : fs::path(options.ledger)) /
        ("adit-load-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    options.ledger = folder.string();
    int down[2];
    int up[2];
    ADIT_CHECK(::pipe(down) == 0 && ::pipe(up) == 0);
    const pid_t pool = ::fork();
    if (pool == 0) {
        ::close(down[1]);
        ::close(up[0]);
        ::_exit(serve(options, up[1], down[0]));
    }
    ::close(down[0]);
    ::close(up[1]);
    const int code = play(options, pool, down[1], up[0]);
    int status = 0;
    ::waitpid(pool, &status, 0);
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    return status == 0 ? code : 1;
}

}  // namespace
}  // namespace adit::stratum

int main(int argc, char** argv)
{
    return adit::stratum::run(adit::stratum::read_options(argc, argv));
}
