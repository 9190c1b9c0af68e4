#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "stratum/net/pool_shell.hpp"
#include "stratum/net/pool_source.hpp"
#include "tests/unit/stratum/folder.hpp"
#include "tests/unit/stratum/mined.hpp"

/// A real pool on loopback and a miner that hears it.
namespace adit::stratum::net {

using namespace std::chrono_literals;
using test::Folder;
using test::kHardBits;
using test::make_test_work;

/// Hears a source and lets a test wait for what it says.
class Ear final : public SourceListener {
public:
    void on_work(WorkPtr work) override
    {
        const std::lock_guard lock(mutex_);
        work_ = std::move(work);
        ++works_;
        changed_.notify_all();
    }
    void on_verdict(const ShareVerdict& verdict) override
    {
        const std::lock_guard lock(mutex_);
        ++outcomes_[static_cast<std::size_t>(verdict.outcome)];
        ++verdicts_;
        reason_ = verdict.reason;
        changed_.notify_all();
    }
    void on_state(const SourceState& state) override
    {
        const std::lock_guard lock(mutex_);
        state_ = state;
        said_ += state.text + "\n";
        changed_.notify_all();
    }
    void on_log(const std::string& line)
    {
        const std::lock_guard lock(mutex_);
        said_ += line + "\n";
        changed_.notify_all();
    }

    template <class Holds>
    bool wait(Holds holds, Duration patience = 20s)
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, holds);
    }
    WorkPtr wait_for_work(u8 block = 0)
    {
        if (!wait([&] { return work_ && (block == 0 || work_->input.header[4] == block); }))
            ADD_FAILURE() << "no work; " << said();
        const std::lock_guard lock(mutex_);
        return work_;
    }
    bool wait_for_verdicts(int count)
    {
        return wait([&] { return verdicts_ >= count; });
    }
    bool wait_for_phase(SourceState::Phase phase)
    {
        return wait([&] { return state_.phase == phase; });
    }
    bool wait_for_words(const std::string& words)
    {
        return wait([&] { return said_.find(words) != std::string::npos; });
    }
    int accepted()
    {
        const std::lock_guard lock(mutex_);
        return outcomes_[0];
    }
    std::string reason()  ///< of the newest verdict
    {
        const std::lock_guard lock(mutex_);
        return reason_;
    }
    std::string said()
    {
        const std::lock_guard lock(mutex_);
        return said_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    WorkPtr work_;
    int works_ = 0;
    int verdicts_ = 0;
    std::array<int, 6> outcomes_{};
    SourceState state_;
    std::string said_;
    std::string reason_;
};

/// A pool on a free port of loopback, with its ledger in a folder.
struct TestPool {
    explicit TestPool(const std::string& ledger, std::optional<TlsServerContext> tls = {},
                      u16 at = 0, server::GuardLimits guard = {})
    {
        PoolShellOptions options;
        options.pool.agent = "adit/test";
        options.pool.guard = guard;
        options.pool.start_solutions = 1;
        options.pool.vardiff.shares_for_a_look = 1'000'000;
        options.listen.push_back({"127.0.0.1", at, tls.has_value()});
        options.tls = std::move(tls);
        options.log = [this](bool, const std::string& line) { log += line + "\n"; };
        auto store = server::ShareStore::open(ledger, server::ShareStore::Mode::write);
        EXPECT_TRUE(store);
        shell = std::make_unique<PoolShell>(std::move(options), std::move(*store));
        const auto ports = shell->start();
        EXPECT_TRUE(ports) << (ports ? "" : ports.error().text);
        port = ports ? ports->front() : u16{0};
        shell->on_work(make_test_work(1, 1, kHardBits));
    }
    std::string log;
    std::unique_ptr<PoolShell> shell;
    u16 port = 0;
};

inline PoolSourceOptions options_for(u16 port, const std::string& scheme, const std::string& host,
                                     Ear& ear)
{
    PoolSourceOptions options;
    options.client.pools.push_back(
        *client::parse_pool_url(scheme + "://wallet.rig:x@" + host + ":" + std::to_string(port)));
    options.client.agent = "adit/test";
    options.client.failover.backoff_min = 50ms;
    options.log = [&ear](bool, const std::string& line) { ear.on_log(line); };
    return options;
}
inline PoolSourceOptions options_for(const TestPool& pool, Ear& ear,
                                     const std::string& scheme = "stratum+tcp")
{
    return options_for(pool.port, scheme, "localhost", ear);
}

inline std::vector<Share> dig(const WorkPtr& work, std::size_t count, u32 first = 0)
{
    std::vector<Share> shares;
    for (const auto& mined : test::mine(
             work->input, *NoncePart::from_bytes(work->input.nonce().first(work->prefix_bytes)),
             count, work->share_target, first)) {
        Share share;
        share.work = work;
        std::copy(mined.nonce.begin(), mined.nonce.end(), share.nonce.begin());
        share.solution.bytes = mined.solution;
        share.hash = mined.hash;
        share.found = std::chrono::steady_clock::now();
        shares.push_back(std::move(share));
    }
    return shares;
}

inline std::size_t in_ledger(const std::string& file)
{
    auto store = server::ShareStore::open(file, server::ShareStore::Mode::read);
    EXPECT_TRUE(store);
    return store ? store->newest_shares(0)->size() : 0;
}

}  // namespace adit::stratum::net
