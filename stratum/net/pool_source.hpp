#pragma once

#include <functional>
#include <memory>

#include "stratum/client/pool_client.hpp"
#include "stratum/net/node_address.hpp"

namespace adit::stratum::net {

/// How a miner reaches its pools.
struct PoolSourceOptions {
    client::ClientOptions client;
    TlsSettings tls;                     ///< for the pools whose URL says TLS
    std::optional<client::Proxy> proxy;  ///< SOCKS5, names resolved by it
    Family family = Family::any;
    std::string record_file;  ///< JSON lines of the whole session; empty: none
    /// One line for people about pools; called from the source's thread.
    std::function<void(bool warning, const std::string& line)> log;
};

/// What a pool sees of us, for the API.
struct UpstreamView {
    std::string name;
    bool in_use = false;
    client::PoolStats stats;
};
struct UpstreamsView {
    std::vector<UpstreamView> pools;
    RateEstimate rate;  ///< as the accepted shares tell it
};

/// Work from stratum pools: the shell around `PoolClient`, one thread with at most two connections.
class PoolSource final : public WorkSource {
public:
    explicit PoolSource(PoolSourceOptions options);
    ~PoolSource() override;

    std::string name() const override;
    void start(SourceListener& listener) override;
    void submit(Share share) override;
    void stop(Duration grace) override;

    /// Any thread, while the source runs; waits for its thread.
    UpstreamsView view();

private:
    class Shell;
    std::unique_ptr<Shell> shell_;
};

}  // namespace adit::stratum::net
