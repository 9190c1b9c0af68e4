#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/base/result.hpp"
#include "stratum/app/algorithm_flags.hpp"
#include "stratum/net/pool_source.hpp"

namespace CLI {
class App;
}

namespace adit::stratum::app {

/// Where to mine, as `adit mine` is told.
struct PoolFlags {
    std::vector<std::string> urls;
    std::vector<std::string> users;
    std::vector<std::string> passwords;
    std::vector<std::string> workers;
    std::vector<std::string> userpasses;
    std::vector<std::string> ports;
    std::string proxy;
    std::string tls_fingerprint;
    std::string tls_ca;
    std::string sni;
    bool tls_insecure = false;
    bool only_v4 = false;
    bool only_v6 = false;
    std::optional<u32> retries;  ///< absent: a lone node's first work 5 times, else for ever
    double retry_pause_s = 1;
    double return_to_main_s = 600;
    u32 max_latency_ms = 0;
    double job_timeout_s = 900;
    u32 reconnect_on_rejects = 10;
    std::string record;

    /// Which -u, -p, -w, -O, --port belongs to which -o: (kind, index of the kind) in the order
    /// given.
    std::vector<std::pair<char, std::size_t>> order;
};

/// Adds -o, -u, -p, -w, -O and all that pools need. The flags outlive the parsing.
void add_pool_flags(CLI::App& command, const std::shared_ptr<PoolFlags>& flags);

/// The order in which the login flags were given; to be called once, after the parsing.
void note_order(const CLI::App& command, PoolFlags& flags);

/// The pools with their logins. -u -p -w -O belong to the -o before them; those before the first
/// -o, or the only ones given, belong to every pool that says nothing itself; among pools, a node
/// has only its own.
Result<std::vector<client::PoolUrl>, FlagError> read_urls(const PoolFlags& flags);

/// How any of them is reached.
struct Ways {
    net::TlsSettings tls;
    std::optional<client::Proxy> proxy;
    net::Family family = net::Family::any;
};
Result<Ways, FlagError> read_ways(const PoolFlags& flags);

/// -R and --return-to-main, for whoever takes turns.
Duration retry_pause(const PoolFlags& flags);
void read_failover(const PoolFlags& flags, client::FailoverOptions& options);

/// Everything a `PoolSource` needs but its log; the URLs must all be stratum's.
Result<net::PoolSourceOptions, FlagError> read_pool_options(const PoolFlags& flags,
                                                            std::vector<client::PoolUrl> urls,
                                                            AlgorithmChoice algorithm);

}  // namespace adit::stratum::app
