#include "node/app/peer_service.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <future>
#include <iterator>
#include <mutex>
#include <thread>

#include "kernels/base/hex.hpp"
#include "kernels/base/version.hpp"

namespace adit::node::app {
namespace {

constexpr std::chrono::minutes kPeersSaveInterval{15};
constexpr std::chrono::seconds kSeedsInterval{60};  ///< without any peer for so long: ask again
constexpr std::size_t kFilesBesidesPeers = 300;     ///< descriptors for the store, RPC and the rest
constexpr std::string_view kPinMark = "#sha256=";

Bytes read_file(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), {});
}

/// Whole or not at all. Losing it costs only a search for peers.
void write_file(const std::filesystem::path& path, ByteView bytes)
{
    const std::filesystem::path fresh = path.string() + ".new";
    {
        std::ofstream file(fresh, std::ios::binary | std::ios::trunc);
        file.write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
        if (!file.flush()) return;
    }
    std::error_code ignored;
    std::filesystem::rename(fresh, path, ignored);
}

std::vector<p2p::Endpoint> read_endpoints(const std::filesystem::path& path)
{
    std::vector<p2p::Endpoint> endpoints;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
        if (const auto endpoint = p2p::Endpoint::parse(line)) endpoints.push_back(*endpoint);
    return endpoints;
}

template <class Endpoints>
void write_endpoints(const std::filesystem::path& path, const Endpoints& endpoints)
{
    std::string text;
    for (const p2p::Endpoint& endpoint : endpoints) text += endpoint.text() + "\n";
    write_file(path, as_bytes(text));
}

/// The operator's bans, one a line: address, until, since (Unix seconds).
std::vector<p2p::Ban> read_bans(const std::filesystem::path& path)
{
    std::vector<p2p::Ban> bans;
    std::ifstream file(path);
    std::string address;
    p2p::Ban ban;
    while (file >> address >> ban.until >> ban.created) {
        const auto endpoint = p2p::Endpoint::parse(address);
        if (!endpoint) continue;
        ban.ip = endpoint->ip;
        bans.push_back(ban);
    }
    return bans;
}

void write_bans(const std::filesystem::path& path, const std::vector<p2p::Ban>& bans)
{
    std::string text;
    for (const p2p::Ban& ban : bans)
        if (ban.manual)
            text +=
                fmt::format("{} {} {}\n", p2p::Endpoint{ban.ip, 1}.text(), ban.until, ban.created);
    write_file(path, as_bytes(text));
}

/// Raises the limit of open files to what so many peers need, as far as the system lets us.
/// @return how many peers there is room for
std::size_t make_room_for(std::size_t peers)
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return peers;
    const rlim_t wanted = peers + net::kHalfOpenMax + kFilesBesidesPeers;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
        static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
        ::getrlimit(RLIMIT_NOFILE, &limit);
    }
    const std::size_t others = net::kHalfOpenMax + kFilesBesidesPeers;
    return limit.rlim_cur > others ? std::min<std::size_t>(peers, limit.rlim_cur - others) : 1;
}

/// IP:PORT where port 0 stands for any free one.
std::optional<p2p::Endpoint> parse_bind(const std::string& text)
{
    if (!text.ends_with(":0")) return p2p::Endpoint::parse(text);
    auto endpoint = p2p::Endpoint::parse(text.substr(0, text.size() - 1) + "1");
    if (endpoint) endpoint->port = 0;
    return endpoint;
}

/// HOST[:PORT][#sha256=HEX], resolved.
struct Target {
    p2p::Endpoint endpoint;
    std::optional<Hash256> pin;
};
Result<Target, AppError> parse_target(const std::string& text, u16 default_port)
{
    Target target;
    std::string host = text;
    if (const auto mark = text.find(kPinMark); mark != std::string::npos) {
        const auto bytes = from_hex(text.substr(mark + kPinMark.size()));
        if (!bytes || bytes->size() != 32)
            return AppError::usage(
                text +
                ": a pin is #sha256= and 64 hex digits, the SHA-256 of the peer's certificate");
        target.pin.emplace();
        std::copy(bytes->begin(), bytes->end(), target.pin->bytes.begin());
        host = text.substr(0, mark);
    }
    const auto found = net::resolve(host, default_port);
    if (!found) return AppError::usage(found.error());
    target.endpoint = found->front();
    return target;
}

}  // namespace

void add_peer_options(CLI::App& command, PeerOptions& options)
{
    command
        .add_option("--listen", options.listen,
                    "Take peers at IP:PORT (default: the chain's port, everywhere)")
        ->option_text("IP:PORT");
    command.add_flag("--no-listen", options.no_listen, "Take no peers; still connect to others");
    command
        .add_option("--connect", options.connect,
                    "Connect to these alone: HOST[:PORT][#sha256=HEX]; repeat")
        ->option_text("PEER");
    command
        .add_option("--addnode", options.add_node, "Connect to these besides those found; repeat")
        ->option_text("PEER");
    command.add_option("--max-peers", options.max_peers, "Most connections in all")
        ->option_text("N");
    command.add_flag("--allow-plain-peers", options.allow_plain_peers,
                     "Peers without TLS are welcome, too");
    command.add_option("--relay-policy", options.relay_policy, "diffusion, flood or fixed")
        ->option_text("WORD");
}

/// Shared with the resolver's thread.
struct PeerService::SeedSearch {
    std::mutex mutex;
    std::vector<p2p::Endpoint> found;
    bool ended = false;
};

PeerService::PeerService(net::NodeLoop& loop, const Clock& clock, std::filesystem::path folder)
    : loop_(loop),
      clock_(clock),
      folder_(std::move(folder)),
      seed_search_(std::make_shared<SeedSearch>())
{}

PeerService::~PeerService() = default;

Result<std::unique_ptr<PeerService>, AppError> PeerService::open(
    const PeerOptions& options, const std::filesystem::path& folder, chain::Chainstate& chain,
    p2p::TransactionPool* pool, net::NodeLoop& loop, const Clock& clock)
{
    const consensus::ChainSpec& spec = chain.spec();
    const auto policy = p2p::parse_relay_policy(options.relay_policy);
    if (!policy)
        return AppError::usage("--relay-policy " + options.relay_policy +
                               ": say diffusion, flood or fixed");

    auto identity = net::TlsIdentity::load_or_make(folder);
    if (!identity) return AppError{AppError::kFailed, identity.error()};
    net::PeerShellOptions shell_options;
    shell_options.allow_plain = options.allow_plain_peers || spec.foreign_peers;
    for (const p2p::Endpoint& endpoint : read_endpoints(folder / "tls_peers.txt"))
        shell_options.spoke_tls.insert(endpoint);

    std::vector<p2p::Endpoint> wanted;
    for (const auto* list : {&options.connect, &options.add_node}) {
        for (const std::string& text : *list) {
            ADIT_TRY(const Target target, parse_target(text, spec.p2p_port));
            wanted.push_back(target.endpoint);
            if (target.pin) shell_options.pins[target.endpoint] = *target.pin;
        }
    }

    std::unique_ptr<PeerService> service(new PeerService(loop, clock, folder));
    service->shell_ =
        std::make_unique<net::PeerShell>(loop, std::move(*identity), std::move(shell_options));
    p2p::NetworkConfig config;
    config.user_agent = "/Adit:" + std::string(version()) + "/";
    config.relay_policy = *policy;
    config.limits.peers_max = make_room_for(options.max_peers);
    if (config.limits.peers_max < options.max_peers)
        service->warning_ = fmt::format(
            "{} peers at most: the system lets this process open no more files (ulimit -n)",
            config.limits.peers_max);
    config.limits.automatic = options.connect.empty();

    if (!options.no_listen) {
        const auto bind = options.listen.empty()
                              ? std::optional(p2p::Endpoint::ipv4(0, 0, 0, 0, spec.p2p_port))
                              : parse_bind(options.listen);
        if (!bind)
            return AppError::usage("--listen " + options.listen + ": give IP:PORT, as in 0.0.0.0:" +
                                   std::to_string(spec.p2p_port));
        const auto port = service->shell_->listen(*bind);
        if (port)
            service->port_ = *port;
        else if (!options.listen.empty())
            return AppError{AppError::kFailed, port.error()};
        else
            service->warning_ = port.error() + "; going on without";
        config.listen_port = service->port_;
        if (service->port_ != 0 && bind->is_routable())
            config.own_endpoint = p2p::Endpoint{bind->ip, service->port_};
    }

    Hash256 key;
    fill_entropy(key.bytes);
    p2p::AddrBook book(key, entropy_seed());
    if (const Bytes saved = read_file(folder / "peers.dat"); !saved.empty()) {
        if (auto loaded = p2p::AddrBook::load(saved, entropy_seed()))
            book = std::move(*loaded);
        else
            service->warning_ = (folder / "peers.dat").string() +
                                " is damaged; starting with an empty address book";
    }
    const bool lonely = book.size() == 0;
    service->network_ =
        std::make_unique<p2p::Network>(config, consensus::chain_id(spec), chain, pool,
                                       std::move(book), *service->shell_, clock, entropy_seed());
    service->network_->keeper().set_anchors(read_endpoints(folder / "anchors.txt"));
    for (const p2p::Endpoint& endpoint : wanted) service->network_->add_peer(endpoint);
    for (const p2p::Ban& ban : read_bans(folder / "bans.txt"))
        service->network_->keeper().ban(ban.ip, ban.until, ban.created, true);
    service->bans_saved_ = service->network_->keeper().manual_ban_changes();
    service->spoke_tls_saved_ = service->shell_->spoke_tls_count();
    service->shell_->attach(*service->network_);
    service->save_due_ = clock.now() + kPeersSaveInterval;
    if (options.connect.empty()) service->seeds_ = spec.seeds;
    service->seeds_port_ = spec.p2p_port;
    service->seeds_due_ = clock.now() + (lonely ? Duration{} : kSeedsInterval);
    return service;
}

void PeerService::tick()
{
    {
        const std::scoped_lock lock(seed_search_->mutex);
        for (const p2p::Endpoint& endpoint : seed_search_->found) network_->add_seed(endpoint);
        seed_search_->found.clear();
    }
    network_->on_tick();
    save_what_changed();
    if (network_->connections() > 0)
        seeds_due_ = clock_.now() + kSeedsInterval;
    else if (clock_.now() >= seeds_due_)
        find_seeds();
    if (clock_.now() < save_due_) return;
    save_due_ = clock_.now() + kPeersSaveInterval;
    save();
}

void PeerService::stop()
{
    {
        const std::scoped_lock lock(seed_search_->mutex);
        seed_search_->ended = true;
    }
    std::promise<void> parted;
    loop_.post_chain([&] {
        save_what_changed();
        save();
        network_->shut_down();
        parted.set_value();
    });
    parted.get_future().wait();
    shell_->stop();
}

void PeerService::save() const
{
    write_file(folder_ / "peers.dat", network_->addresses().save());
    write_endpoints(folder_ / "anchors.txt", network_->anchors());
    write_endpoints(folder_ / "tls_peers.txt", shell_->spoke_tls());
}

/// What must outlive a pulled plug: the operator's bans, and who once spoke TLS.
void PeerService::save_what_changed()
{
    if (const u64 changes = network_->keeper().manual_ban_changes(); changes != bans_saved_) {
        bans_saved_ = changes;
        write_bans(folder_ / "bans.txt", network_->keeper().bans(clock_.unix_time()));
    }
    if (const std::size_t count = shell_->spoke_tls_count(); count != spoke_tls_saved_) {
        spoke_tls_saved_ = count;
        write_endpoints(folder_ / "tls_peers.txt", shell_->spoke_tls());
    }
}

/// A resolver may take its time, so it has a thread of its own, which nobody waits for: what it
/// finds is dropped once the node is on its way out.
void PeerService::find_seeds()
{
    seeds_due_ = clock_.now() + kSeedsInterval;
    if (seeds_.empty()) return;
    std::thread([search = seed_search_, seeds = seeds_, port = seeds_port_] {
        for (const std::string& seed : seeds) {
            const auto found = net::resolve(seed, port);
            const std::scoped_lock lock(search->mutex);
            if (search->ended) return;
            if (found) search->found.insert(search->found.end(), found->begin(), found->end());
        }
    }).detach();
}

}  // namespace adit::node::app
