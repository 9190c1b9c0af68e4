#include "stratum/app/pool_flags.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "kernels/base/version.hpp"

namespace adit::stratum::app {
namespace {

/// What one -o and the flags behind it say of the login.
struct LoginWords {
    std::string user;
    std::string password;
    std::string worker;

    void take(char kind, const PoolFlags& flags, std::size_t index)
    {
        if (kind == 'u') user = flags.users[index];
        if (kind == 'p') password = flags.passwords[index];
        if (kind == 'w') worker = flags.workers[index];
        if (kind != 'O') return;
        const std::string& both = flags.userpasses[index];
        const auto colon = both.find(':');
        user = both.substr(0, colon);
        if (colon != std::string::npos) password = both.substr(colon + 1);
    }
    /// What is said here wins over what is said for all.
    LoginWords over(const LoginWords& all) const
    {
        return {user.empty() ? all.user : user, password.empty() ? all.password : password,
                worker.empty() ? all.worker : worker};
    }
};

/// The URLs as they were given, a --port behind each that one follows.
Result<std::vector<std::string>, FlagError> with_ports(const PoolFlags& flags)
{
    std::vector<std::string> texts = flags.urls;
    std::size_t urls_seen = 0;
    for (const auto& [kind, index] : flags.order) {
        if (kind == 'o') ++urls_seen;
        if (kind != 'n') continue;
        if (urls_seen == 0) return FlagError{"--port belongs behind its --server HOST"};
        std::string& text = texts[urls_seen - 1];
        if (const auto url = client::parse_pool_url(text))
            return FlagError{"--port " + flags.ports[index] + ": " + client::to_string(*url) +
                             " names a port already"};
        text += ":" + flags.ports[index];
    }
    return texts;
}

Duration seconds(double value)
{
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

}  // namespace

void add_pool_flags(CLI::App& command, const std::shared_ptr<PoolFlags>& flags)
{
    const auto many = [&](const char* names, std::vector<std::string>& to, const char* type,
                          const char* help) {
        command.add_option(names, to, help)
            ->type_name(type)
            ->allow_extra_args(false)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    };
    many("-o,--url,--pool,--server", flags->urls, "URL",
         "stratum+tcp|ssl://[user[.worker][:pass]@]host:port, or http://user:pass@host:port for a "
         "node; again for the next one when this one fails, pools and nodes mixed");
    many("-u,--user,--wallet", flags->users, "NAME", "User or wallet at the -o before it");
    many("-p,--password,--pass", flags->passwords, "TEXT", "Password at the -o before it");
    many("-w,--worker", flags->workers, "NAME", "Name of this rig, behind the user");
    many("-O,--userpass", flags->userpasses, "USER:PASS", "-u and -p in one");
    many("--port", flags->ports, "PORT", "Port of the -o before it, when that names none");
    command
        .add_option("-x,--proxy,--socks5", flags->proxy,
                    "SOCKS5 proxy, which resolves the pools' names, too")
        ->type_name("socks5://[USER:PASS@]HOST:PORT");
    command
        .add_option("--tls-fingerprint", flags->tls_fingerprint,
                    "Trust exactly the certificate with this SHA-256, whoever signed it")
        ->type_name("HEX");
    command
        .add_option("--tls-ca", flags->tls_ca,
                    "Certificates to trust in place of the system's (PEM)")
        ->check(CLI::ExistingFile)
        ->type_name("FILE");
    command.add_option("--sni", flags->sni, "Name to ask and verify the certificate for")
        ->type_name("NAME");
    command.add_flag("--tls-insecure", flags->tls_insecure,
                     "Believe any certificate: whoever sits between can take your shares");
    command.add_flag("-4", flags->only_v4, "IPv4 only");
    command.add_flag("-6", flags->only_v6, "IPv6 only");
    command
        .add_option(
            "-r,--retries", flags->retries,
            "Failed tries in a row until giving up; 0: never (default: 5 before the first work of "
            "a single node, else never)")
        ->type_name("N");
    command
        .add_option("-R,--retry-pause", flags->retry_pause_s,
                    "First pause after a failure; doubles up to a minute")
        ->check(CLI::Range(0.1, 3600.0))
        ->type_name("S");
    command
        .add_option("--return-to-main,--back-to-main-pool-sec", flags->return_to_main_s,
                    "How often to look whether the first one is back; 0: never")
        ->check(CLI::NonNegativeNumber)
        ->type_name("S");
    command
        .add_option("--max-latency", flags->max_latency_ms,
                    "Leave a pool whose answers take longer on average; 0: any")
        ->type_name("MS");
    command
        .add_option("--job-timeout,--failover-timeout", flags->job_timeout_s,
                    "Leave a pool that sends no new job for so long")
        ->check(CLI::PositiveNumber)
        ->type_name("S");
    command
        .add_option("--reconnect-on-rejects", flags->reconnect_on_rejects,
                    "Leave a pool after so many rejected shares in a row; 0: never")
        ->type_name("N");
    command
        .add_option("--record", flags->record,
                    "Write the session down, for adit replay; no passwords")
        ->type_name("FILE");
}

void note_order(const CLI::App& command, PoolFlags& flags)
{
    static const std::map<std::string, char> kKinds{{"url", 'o'},      {"user", 'u'},
                                                    {"password", 'p'}, {"worker", 'w'},
                                                    {"userpass", 'O'}, {"port", 'n'}};
    std::map<char, std::size_t> next;
    flags.order.clear();
    for (const CLI::Option* option : command.parse_order()) {
        if (option->get_lnames().empty()) continue;
        const auto kind = kKinds.find(option->get_lnames().front());
        if (kind != kKinds.end()) flags.order.emplace_back(kind->second, next[kind->second]++);
    }
}

Result<std::vector<client::PoolUrl>, FlagError> read_urls(const PoolFlags& flags)
{
    std::vector<client::PoolUrl> urls;
    ADIT_TRY(const auto texts, with_ports(flags));
    for (const std::string& text : texts) {
        auto url = client::parse_pool_url(text);
        if (!url) return FlagError{url.error().text};
        urls.push_back(std::move(*url));
    }
    if (urls.empty())
        return FlagError{
            "say where to mine: -o stratum+ssl://WALLET.rig:x@pool:3333, or "
            "-o http://user:pass@host:8232 for a node"};
    LoginWords for_all;
    std::vector<LoginWords> own(urls.size());
    std::size_t urls_seen = 0;
    for (const auto& [kind, index] : flags.order) {
        if (kind == 'o')
            ++urls_seen;
        else if (kind != 'n')
            (urls_seen == 0 ? for_all : own[urls_seen - 1]).take(kind, flags, index);
    }
    const bool any_pool = std::any_of(urls.begin(), urls.end(),
                                      [](const client::PoolUrl& url) { return !url.is_http(); });
    const auto among_pools = [&](const client::PoolUrl& url) { return any_pool && url.is_http(); };
    // One login behind the last of several bare URLs means them all, as people write it.
    if (urls.size() > 1 && for_all.user.empty() && !among_pools(urls.back()) &&
        flags.users.size() + flags.userpasses.size() == 1)
        for_all = own.back();
    for (std::size_t i = 0; i < urls.size(); ++i) {
        // A wallet's name is nothing to a node.
        if (among_pools(urls[i]) && own[i].user.empty()) continue;
        const bool says_itself = !urls[i].user.empty() || !own[i].user.empty();
        const LoginWords words = says_itself ? own[i] : own[i].over(for_all);
        if (!words.user.empty()) urls[i].user = words.user;
        if (!words.password.empty()) urls[i].password = words.password;
        urls[i].user = client::login_name(urls[i].user, words.worker);
    }
    return urls;
}

Result<Ways, FlagError> read_ways(const PoolFlags& flags)
{
    Ways ways;
    if (!flags.proxy.empty()) {
        ways.proxy = client::parse_proxy(flags.proxy);
        if (!ways.proxy) return FlagError{"--proxy: write socks5://[user:password@]host:port"};
    }
    if (flags.tls_insecure && !flags.tls_fingerprint.empty())
        return FlagError{
            "--tls-insecure and --tls-fingerprint exclude each other: the "
            "fingerprint alone is the safe one"};
    if (flags.only_v4 && flags.only_v6) return FlagError{"-4 and -6 exclude each other"};
    if (flags.only_v4) ways.family = net::Family::v4;
    if (flags.only_v6) ways.family = net::Family::v6;
    ways.tls.ca_file = flags.tls_ca;
    ways.tls.sni = flags.sni;
    if (flags.tls_insecure) ways.tls.trust = net::TlsSettings::Trust::nobody;
    if (!flags.tls_fingerprint.empty()) {
        const auto fingerprint = net::parse_fingerprint(flags.tls_fingerprint);
        if (!fingerprint)
            return FlagError{"--tls-fingerprint: 64 hex digits, the SHA-256 of the certificate"};
        ways.tls.trust = net::TlsSettings::Trust::pinned;
        ways.tls.fingerprint = *fingerprint;
    }
    return ways;
}

Duration retry_pause(const PoolFlags& flags) { return seconds(flags.retry_pause_s); }

void read_failover(const PoolFlags& flags, client::FailoverOptions& options)
{
    options.backoff_min = retry_pause(flags);
    options.backoff_max = std::max(options.backoff_max, options.backoff_min);
    options.return_to_main = seconds(flags.return_to_main_s);
}

Result<net::PoolSourceOptions, FlagError> read_pool_options(const PoolFlags& flags,
                                                            std::vector<client::PoolUrl> urls,
                                                            AlgorithmChoice algorithm)
{
    net::PoolSourceOptions options;
    for (const client::PoolUrl& url : urls) {
        if (url.user.empty())
            return FlagError{to_string(url) +
                             ": the pool must know whom to pay; put it before "
                             "the host (WALLET.rig@host:port) or say -u WALLET"};
    }
    options.client.pools = std::move(urls);
    options.client.agent = "adit/" + std::string(version());
    options.client.algorithm = std::move(algorithm);
    options.client.tries_max = flags.retries.value_or(0);
    options.client.max_latency = std::chrono::milliseconds(flags.max_latency_ms);
    read_failover(flags, options.client.failover);
    options.client.limits.job_age_max = seconds(flags.job_timeout_s);
    options.client.limits.rejects_in_a_row_max = static_cast<int>(flags.reconnect_on_rejects);
    options.record_file = flags.record;
    ADIT_TRY(Ways ways, read_ways(flags));
    options.tls = std::move(ways.tls);
    options.proxy = std::move(ways.proxy);
    options.family = ways.family;
    return options;
}

}  // namespace adit::stratum::app
