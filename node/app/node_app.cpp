#include "node/app/node_app.hpp"

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>

#include "kernels/base/check.hpp"
#include "node/app/peer_service.hpp"
#include "node/app/pool_service.hpp"
#include "node/app/script_checks.hpp"
#include "node/app/team_solver.hpp"
#include "node/consensus/check_header.hpp"
#include "node/mempool/signature_cache.hpp"
#include "node/net/node_loop.hpp"
#include "node/rpc/dispatcher.hpp"
#include "node/rpc/http_shell.hpp"
#include "node/rpc/services.hpp"
#include "node/script/templates.hpp"
#include "node/wallet/unlocker.hpp"
#include "node/wallet/wallet.hpp"

namespace adit::node::app {
namespace {

constexpr std::chrono::milliseconds kTick{250};
/// What the wallet may read of the chain before the node answers; the rest follows meanwhile.
constexpr std::chrono::seconds kWalletReadsFirst{1};
/// Room for the largest block as hex, and for what stands around it.
constexpr std::size_t kBodyBytesBesidesBlock = 64 * 1024;

/// Where a caller on this machine finds what listens on `bind`.
std::string reachable(const std::string& bind)
{
    if (bind == "0.0.0.0") return "127.0.0.1";
    return bind == "::" ? "::1" : bind;
}

/// On this machine's cores: for chains where that takes no time.
std::optional<Block> solve_block(const consensus::ChainSpec& spec, Block block)
{
    constexpr u64 kBatch = 8;
    constexpr u64 kNoncesMax = 1u << 20;
    auto team = TeamSolver::on_cpu(spec.params, spec.personalization, [](u64) {});
    if (!team) return std::nullopt;
    const equihash::PowInput input = pow_input_of(block.header);
    for (u64 first = 0; first < kNoncesMax; first += kBatch) {
        const auto report = (*team)->solve(input, {0, 8, first, kBatch}, {});
        if (!report) return std::nullopt;
        for (const auto& found : report->found) {
            block.header.nonce = found.nonce;
            block.header.solution = found.solution.bytes;
            if (check_header(spec, block.header)) return block;
        }
    }
    return std::nullopt;
}

}  // namespace

struct NodeApp::Parts {
    Parts(NodeConfig its_config, DataFolder its_folder, const Clock* its_clock)
        : config(std::move(its_config)),
          folder(std::move(its_folder)),
          clock(its_clock != nullptr ? *its_clock : system_clock)
    {}

    SystemClock system_clock;
    NodeConfig config;
    DataFolder folder;
    const Clock& clock;
    std::optional<MiningKey> key;
    std::optional<rpc::Credentials> cookie;
    std::optional<std::string> wallet_address;
    std::string wallet_warning;
    std::atomic<double> local_rate{0};

    // From here on the chain thread's, while it runs.
    mempool::SignatureCache signatures;
    script::SpendTeam script_team{script::SpendTeam::helpers_for_this_machine()};
    std::unique_ptr<chain::Store> store;
    std::unique_ptr<chain::Chainstate> chain;
    std::optional<mempool::ChainPool> pool;
    std::optional<PoolService> pool_service;
    std::unique_ptr<wallet::Wallet> wallet;  ///< null: the folder has none
    std::optional<rpc::TemplateFeed> templates;
    std::optional<rpc::NodeServices> services;
    rpc::MethodTable methods;
    std::optional<rpc::Dispatcher> dispatcher;

    net::NodeLoop loop;
    wallet::Unlocker unlocker{
        [this](std::function<void()> work) { loop.post_chain(std::move(work)); }};
    std::unique_ptr<rpc::HttpShell> shell;

    std::mutex mutex;
    std::condition_variable ended;
    bool end_asked = false;
    std::optional<AppError> failure;
    bool stopped = false;

    std::unique_ptr<PeerService> peers;

    std::optional<AppError> open_wallet();
    std::optional<AppError> open_chain();
    std::optional<AppError> open_peers();
    std::optional<AppError> open_rpc();
    void ask_end(std::optional<AppError> why);
    void tick();
};

std::optional<AppError> NodeApp::Parts::open_wallet()
{
    auto opened = wallet::Wallet::open(folder.path(), config.spec, clock);
    if (!opened) return AppError::failed(opened.error().text);
    wallet = std::move(*opened);
    if (!wallet) return std::nullopt;
    wallet_warning = wallet->trouble();
    std::error_code ignored;
    if (std::filesystem::exists(folder.key(), ignored))
        wallet_warning =
            folder.key().string() +
            " holds an earlier run's key: `adit wallet import` takes it into the wallet";
    if (config.miner_script) return std::nullopt;
    const Address address = wallet->mining_address();
    wallet_address = to_text(address, config.spec.prefixes);
    config.miner_script = script::pay_to(address);
    return std::nullopt;
}

std::optional<AppError> NodeApp::Parts::open_chain()
{
    chain::StoreConfig place;
    place.folder = folder.store();
    place.chain_id = chain_id(config.spec);
    place.chain_name = config.spec.name;
    auto opened = chain::open_store(place);
    if (!opened) return AppError::failed(opened.error().text);
    store = std::move(*opened);
    chain::Chainstate::Options options;
    options.script_batch_check = consensus_script_checks(script_team, &signatures);
    options.hash_salt = entropy_seed();
    auto loaded = chain::Chainstate::open(config.spec, *store, std::move(options));
    if (!loaded) return AppError::failed(loaded.error().text);
    chain = std::move(*loaded);

    pool.emplace(*chain, clock, mempool::MempoolLimits{}, entropy_seed(), &signatures);
    pool_service.emplace(*pool, clock, folder.path() / "mempool.dat");
    templates.emplace(*chain, clock, config.miner_script, crypto::system_random(), &*pool);
    services.emplace(rpc::NodeServices{
        *chain, *pool, clock, *templates, clock.now(), [this] { ask_end(std::nullopt); },
        [this] { return local_rate.load(); }, [this] { return bytes_below(folder.store()); },
        [this](Block block) { return solve_block(config.spec, std::move(block)); }});
    if (wallet) {
        wallet->attach(*chain, *pool);
        (void)wallet->follow(kWalletReadsFirst);
        services->wallet = wallet.get();
        services->unlocker = &unlocker;
    }
    methods = make_method_table(*services);
    dispatcher.emplace(methods,
                       [this](std::function<void()> work) { loop.post_chain(std::move(work)); });
    loop.tick_chain(kTick, [this] { tick(); });
    return std::nullopt;
}

std::optional<AppError> NodeApp::Parts::open_peers()
{
    auto opened =
        PeerService::open(config.peers, folder.path(), *chain, &*pool_service, loop, clock);
    if (!opened) return opened.error();
    peers = std::move(*opened);
    pool_service->tell(&peers->network());
    services->network = &peers->network();
    services->peer_shell = &peers->shell();
    loop.tick_chain(p2p::kTickInterval, [this] { peers->tick(); });
    return std::nullopt;
}

std::optional<AppError> NodeApp::Parts::open_rpc()
{
    auto written = rpc::write_cookie(folder.cookie().string());
    if (!written) return AppError::failed(written.error().text);
    cookie = std::move(*written);

    rpc::HttpConfig http;
    http.bind = config.rpc_bind;
    http.port = config.rpc_port;
    http.allowed = config.rpc_allow;
    http.names = config.rpc_names;
    http.callers = config.rpc_callers;
    http.callers.push_back(*cookie);
    http.limits.body_bytes_max = 2u * config.spec.size.block_bytes_max + kBodyBytesBesidesBlock;
    auto listening =
        rpc::HttpShell::listen(loop.network(), std::move(http),
                               [this](std::string_view body, std::stop_token gone,
                                      std::function<void(rpc::HttpAnswer)> done) {
                                   dispatcher->answer(body, std::move(gone), std::move(done));
                               });
    if (!listening) {
        AppError error = AppError::failed(listening.error().text);
        if (!listening.error().in_use) return AppError{AppError::kUsage, error.text};
        if (const std::string holder = port_holder(config.rpc_port); !holder.empty())
            error.text += ", held by process " + holder;
        error.text += "; stop that, or give another port with --rpc-port";
        return error;
    }
    shell = std::move(*listening);
    folder.announce({reachable(config.rpc_bind), shell->port()});
    return std::nullopt;
}

void NodeApp::Parts::ask_end(std::optional<AppError> why)
{
    const std::scoped_lock lock(mutex);
    end_asked = true;
    if (!failure) failure = std::move(why);
    ended.notify_all();
}

void NodeApp::Parts::tick()
{
    pool_service->tick();
    if (wallet) wallet->tick();
    templates->tick();
    if (const auto broken = chain->failure()) ask_end(AppError::failed(broken->text));
}

Result<std::unique_ptr<NodeApp>, AppError> NodeApp::start(NodeConfig config, NodeStart start)
{
    ADIT_TRY(DataFolder folder, DataFolder::open(config.folder));
    auto parts = std::make_unique<Parts>(std::move(config), std::move(folder), start.clock);
    if (auto error = parts->open_wallet()) return *error;
    if (start.make_key && !parts->config.miner_script) {
        ADIT_TRY(parts->key,
                 mining_key(parts->folder.key(), parts->config.spec, crypto::system_random()));
        parts->config.miner_script = parts->key->script;
    }
    if (auto error = parts->open_chain()) return *error;
    if (start.always_peers || parts->config.peers.asked())
        if (auto error = parts->open_peers()) return *error;
    if (auto error = parts->open_rpc()) return *error;
    parts->loop.start();
    return std::unique_ptr<NodeApp>(new NodeApp(std::move(parts)));
}

NodeApp::NodeApp(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
NodeApp::~NodeApp() { stop(); }

void NodeApp::stop()
{
    if (std::exchange(parts_->stopped, true)) return;
    if (parts_->peers) parts_->peers->stop();
    parts_->loop.post_chain([this] {
        parts_->templates->close();
        parts_->unlocker.stop();
    });
    parts_->shell->stop();
    parts_->loop.stop();
    if (parts_->wallet) parts_->wallet->detach();
    parts_->shell.reset();
    parts_->templates.reset();
    parts_->pool_service->tell(nullptr);
    parts_->peers.reset();
    parts_->pool_service->save();
    parts_->pool_service.reset();
    parts_->pool.reset();
    parts_->chain.reset();
    parts_->store.reset();
}

bool NodeApp::wait_for_end(std::chrono::milliseconds patience)
{
    std::unique_lock lock(parts_->mutex);
    return parts_->ended.wait_for(lock, patience, [&] { return parts_->end_asked; });
}

std::optional<AppError> NodeApp::failure() const
{
    const std::scoped_lock lock(parts_->mutex);
    return parts_->failure;
}

const consensus::ChainSpec& NodeApp::spec() const { return parts_->config.spec; }
const rpc::Credentials& NodeApp::rpc_credentials() const { return *parts_->cookie; }
const std::filesystem::path& NodeApp::folder() const { return parts_->folder.path(); }
const std::optional<MiningKey>& NodeApp::key() const { return parts_->key; }
chain::Tip NodeApp::tip() const { return parts_->chain->tip(); }
const std::optional<std::string>& NodeApp::wallet_address() const { return parts_->wallet_address; }
const std::string& NodeApp::wallet_warning() const { return parts_->wallet_warning; }
u16 NodeApp::peer_port() const { return parts_->peers ? parts_->peers->port() : u16{0}; }
std::string NodeApp::peer_warning() const { return parts_->peers ? parts_->peers->warning() : ""; }
std::string NodeApp::pool_warning() const { return parts_->pool_service->warning(); }
void NodeApp::set_local_rate(double sol_s) { parts_->local_rate = sol_s; }

rpc::NodeAddress NodeApp::rpc_address() const
{
    return {reachable(parts_->config.rpc_bind), parts_->shell->port()};
}

void NodeApp::on_pool(const std::function<void(mempool::ChainPool&)>& work)
{
    on_chain([&](chain::Chainstate&) { work(*parts_->pool); });
}

void NodeApp::on_chain(const std::function<void(chain::Chainstate&)>& work)
{
    ADIT_CHECK(!parts_->stopped);
    std::promise<void> done;
    parts_->loop.post_chain([&] {
        work(*parts_->chain);
        done.set_value();
    });
    done.get_future().wait();
}

}  // namespace adit::node::app
