#include "stratum/app/pool_config.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "kernels/base/version.hpp"
#include "stratum/client/pool_url.hpp"
#include "stratum/proto/target.hpp"

namespace adit::stratum::app {
namespace {

namespace fs = std::filesystem;

constexpr u16 kUsualPort = 3333;

/// "3333", "127.0.0.1:3333", "[::1]:3333"
Result<net::ListenAt, FlagError> read_listen(const std::string& text, bool tls)
{
    const bool port_alone = text.find_first_not_of("0123456789") == std::string::npos;
    const auto url = client::parse_pool_url(port_alone ? "0.0.0.0:" + text : text);
    if (text == "0" || text.ends_with(":0"))
        return net::ListenAt{port_alone ? "0.0.0.0" : text.substr(0, text.size() - 2), 0, tls};
    if (!url)
        return FlagError{std::string(tls ? "--listen-tls " : "--listen ") + text +
                         ": write PORT or ADDRESS:PORT"};
    return net::ListenAt{url->host, url->port, tls};
}

Result<net::NodeAddress, FlagError> read_node(const std::string& text, const std::string& cookie)
{
    const auto url = client::parse_pool_url(text);
    if (!url) return FlagError{"--node: " + url.error().text};
    if (!url->is_http())
        return FlagError{"--node " + client::to_string(*url) +
                         ": a node is reached by http://user:password@host:port"};
    return net::node_at(*url, cookie);
}

/// The certificate that was named, or one made here at the first start.
Result<net::TlsServerContext, FlagError> load_certificate(const PoolCommandFlags& flags,
                                                          const fs::path& folder)
{
    std::string certificate = flags.tls_cert;
    std::string key = flags.tls_key;
    if (certificate.empty() != key.empty())
        return FlagError{"--tls-cert and --tls-key go together"};
    if (certificate.empty()) {
        certificate = (folder / "certificate.pem").string();
        key = (folder / "key.pem").string();
        if (!fs::exists(certificate))
            if (auto made = net::make_self_signed("adit-pool", certificate, key); !made)
                return FlagError{made.error().text};
    }
    auto context = net::TlsServerContext::load(certificate, key);
    if (!context) return FlagError{context.error().text};
    return std::move(*context);
}

}  // namespace

void add_pool_flags(CLI::App& command, PoolCommandFlags& flags)
{
    command
        .add_option("--node", flags.nodes,
                    "The node to mine for, http://user:password@host:port; a second one gets "
                    "the blocks, too")
        ->type_name("URL");
    command.add_option("--cookie", flags.cookie, "The node's cookie file, instead of a password")
        ->type_name("FILE");
    command.add_option("--listen", flags.listen, "Where miners connect (default: 3333)")
        ->type_name("[ADDRESS:]PORT");
    command.add_option("--listen-tls", flags.listen_tls, "Where miners connect with TLS")
        ->type_name("[ADDRESS:]PORT");
    command
        .add_option("--tls-cert", flags.tls_cert,
                    "Certificate chain; without one, one is made and its fingerprint shown")
        ->type_name("FILE");
    command.add_option("--tls-key", flags.tls_key, "Its key")->type_name("FILE");
    command.add_option("--ledger", flags.ledger, "The share ledger's file")->type_name("FILE");
    command.add_option("--password", flags.password, "Miners must know it (default: any will do)")
        ->type_name("TEXT");
    add_algorithm_flags(command, flags.algorithm);
    command.add_option("--share-every", flags.share_every_s, "The pace of shares to steer to")
        ->check(CLI::Range(0.5, 600.0))
        ->type_name("S");
    command.add_option("--start-difficulty", flags.start_difficulty, "Of a newcomer's shares")
        ->check(CLI::NonNegativeNumber)
        ->type_name("D");
    command.add_option("--connections-max", flags.connections_max, "Of all miners")->type_name("N");
    command.add_option("--per-address-max", flags.per_address_max, "Connections of one address")
        ->type_name("N");
    command
        .add_option("--judge-threads", flags.judge_threads,
                    "Threads that verify shares (default: half the cores)")
        ->type_name("N");
    command.add_option("--print-time", flags.print_every_s, "Seconds between two status lines")
        ->check(CLI::Range(1, 86'400))
        ->type_name("S");
}

std::string default_ledger_file()
{
    const char* data = std::getenv("XDG_DATA_HOME");
    const char* home = std::getenv("HOME");
    fs::path folder = data != nullptr && *data != '\0' ? fs::path(data)
                      : home != nullptr                ? fs::path(home) / ".local" / "share"
                                                       : fs::path(".");
    return (folder / "adit" / "pool" / "shares.db").string();
}

Result<PoolConfig, FlagError> read_pool_config(const PoolCommandFlags& flags)
{
    PoolConfig config;
    if (flags.nodes.empty())
        return FlagError{"say which node to mine for: --node http://user:password@host:port"};
    for (const std::string& text : flags.nodes) {
        ADIT_TRY(auto node, read_node(text, flags.cookie));
        config.nodes.push_back(std::move(node));
    }
    ADIT_TRY(config.algorithm, read_algorithm(flags.algorithm));
    config.ledger_file = flags.ledger.empty() ? default_ledger_file() : flags.ledger;
    const fs::path folder = fs::absolute(config.ledger_file).parent_path();
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return FlagError{folder.string() + ": " + error.message()};

    std::vector<std::string> plain = flags.listen;
    if (plain.empty() && flags.listen_tls.empty()) plain.push_back(std::to_string(kUsualPort));
    for (const std::string& text : plain) {
        ADIT_TRY(auto place, read_listen(text, false));
        config.shell.listen.push_back(std::move(place));
    }
    for (const std::string& text : flags.listen_tls) {
        ADIT_TRY(auto place, read_listen(text, true));
        config.shell.listen.push_back(std::move(place));
    }
    if (!flags.listen_tls.empty()) {
        ADIT_TRY(auto certificate, load_certificate(flags, folder));
        config.shell.tls = std::move(certificate);
    }

    server::ServerOptions& pool = config.shell.pool;
    pool.agent = "adit/" + std::string(version());
    pool.password = flags.password;
    pool.guard.connections_max = flags.connections_max;
    pool.guard.connections_per_address_max = flags.per_address_max;
    pool.vardiff.share_every =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(flags.share_every_s));
    if (flags.start_difficulty > 0)
        pool.start_solutions = flags.start_difficulty * solutions_per_share(difficulty_one());
    config.shell.judge_threads = flags.judge_threads > 0
                                     ? flags.judge_threads
                                     : std::max(1u, std::thread::hardware_concurrency() / 2);
    return config;
}

}  // namespace adit::stratum::app
