#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "stratum/net/tls.hpp"
#include "stratum/server/pool_server.hpp"
#include "stratum/server/share_store.hpp"

namespace adit::stratum::net {

struct ListenAt {
    std::string host;  ///< address; empty: all
    u16 port = 0;      ///< 0: any free one
    bool tls = false;
};

struct PoolShellOptions {
    server::ServerOptions pool;
    std::vector<ListenAt> listen;
    std::optional<TlsServerContext> tls;  ///< needed by the places that listen with TLS
    unsigned judge_threads = 1;
    /// A block for the node(s); called from the pool's thread, must return at once.
    std::function<void(const Share& block, const std::string& worker)> on_block;
    std::function<void(bool warning, const std::string& line)> log;
};

/// One worker, for people.
struct WorkerView {
    std::string name;
    u32 connections = 0;
    std::array<u64, kRulings> rulings{};
    u64 blocks = 0;
    double solutions = 0;
    RateEstimate rate;
};
/// How long the newest work took to all miners: from the moment the pool was told to the last
/// write.
struct JobSpread {
    /// Written to at once. Slow readers are not waited for, and TLS is written behind it.
    std::size_t miners = 0;
    Duration took{};
};
struct PoolView {
    std::size_t connections = 0;
    std::size_t open_shares = 0;
    u32 height = 0;    ///< of the block being worked on; 0: no work
    JobSpread spread;  ///< of the newest work that came while miners were there
    std::vector<WorkerView> workers;
};

/// A pool on real sockets: the shell around `PoolServer`. One network thread, one for the ledger,
/// and some that verify shares.
class PoolShell {
public:
    struct Error {
        std::string text;  ///< one line: what could not be opened, and what to change
    };

    explicit PoolShell(PoolShellOptions options, server::ShareStore store);
    ~PoolShell();

    /// Opens the ports and begins. Gives the ports in the order of `listen`.
    Result<std::vector<u16>, Error> start();

    /// Work from the node; null: none is good any more. Any thread.
    void on_work(WorkPtr work);
    /// What the node said of a block. Any thread.
    void on_block_verdict(const Hash256& block, bool accepted, const std::string& reason);

    /// Any thread, while the pool runs; waits for its thread.
    PoolView view();

    /// No newcomers; every share that came is judged, stored and answered, within `grace`. Then the
    /// connections end. Once.
    void stop(Duration grace);

private:
    class Network;
    std::unique_ptr<Network> network_;
};

}  // namespace adit::stratum::net
