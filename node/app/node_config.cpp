#include "node/app/node_config.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "node/consensus/spec_file.hpp"
#include "node/script/templates.hpp"

namespace adit::node::app {
namespace {

/// What every pay-to-pubkey-hash address of the chain begins with.
std::string address_start(const consensus::ChainSpec& spec)
{
    Address highest;
    highest.hash.fill(0xff);
    const std::string low = to_text(Address{}, spec.prefixes);
    const std::string high = to_text(highest, spec.prefixes);
    std::size_t same = 0;
    while (same < low.size() && same < high.size() && low[same] == high[same]) ++same;
    return low.substr(0, same);
}

}  // namespace

int complain(const AppError& error)
{
    fmt::print(stderr, "adit: {}\n", error.text);
    return error.exit_code;
}

void add_chain_options(CLI::App& command, NodeOptions& options)
{
    command.add_option("--chain", options.chain, "local, test, regtest or a spec file")
        ->capture_default_str();
    command.add_option("--data-dir", options.data_dir,
                       "data folder; every chain has its own inside (default: " +
                           default_data_dir().string() + ")");
}

void add_rpc_options(CLI::App& command, NodeOptions& options)
{
    add_chain_options(command, options);
    command.add_option("--rpc-bind", options.rpc_bind, "address of JSON-RPC (default: 127.0.0.1)");
    command
        .add_option("--rpc-port", options.rpc_port,
                    "port of JSON-RPC (default: the chain's; 0: any free one)")
        ->check(CLI::Range(0, 65535));
    command.add_option("--rpc-user", options.rpc_user, "user besides the cookie's");
    command.add_option("--rpc-password", options.rpc_password, "the user's password");
}

void add_node_options(CLI::App& command, NodeOptions& options)
{
    add_rpc_options(command, options);
    command.add_option("--rpc-allow", options.rpc_allow,
                       "address or range that may call besides loopback: 192.168.1.0/24");
    command.add_option("--rpc-name", options.rpc_names,
                       "host name that callers may use besides localhost");
    command.add_option("--address", options.address, "address that is paid for mined blocks");
    add_peer_options(command, options.peers);
}

std::filesystem::path default_data_dir()
{
    const auto folder = [](const char* variable) -> std::filesystem::path {
        const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets it
        return value != nullptr && value[0] == '/' ? value : "";
    };
    if (const auto data = folder("XDG_DATA_HOME"); !data.empty()) return data / "adit";
    if (const auto home = folder("HOME"); !home.empty()) return home / ".local/share/adit";
    return std::filesystem::current_path() / "adit-data";
}

Result<consensus::ChainSpec, AppError> read_chain(const NodeOptions& options)
{
    auto spec = consensus::find_spec(options.chain);
    if (!spec) return AppError::usage(spec.error().text());
    return std::move(*spec);
}

std::filesystem::path chain_folder(const NodeOptions& options, const consensus::ChainSpec& spec)
{
    const std::filesystem::path root =
        options.data_dir.empty() ? default_data_dir() : std::filesystem::path(options.data_dir);
    return std::filesystem::absolute(root) / spec.name;
}

Result<Script, AppError> script_for(std::string_view address, const consensus::ChainSpec& spec)
{
    const auto read = parse_address(address, spec.prefixes);
    if (!read)
        return AppError::usage("--address " + std::string(address) + ": no address of the chain " +
                               spec.name + ", whose addresses begin with " + address_start(spec));
    return script::pay_to(*read);
}

Result<NodeConfig, AppError> read_options(const NodeOptions& options)
{
    NodeConfig config;
    ADIT_TRY(config.spec, read_chain(options));
    config.folder = chain_folder(options, config.spec);
    if (!options.rpc_bind.empty()) config.rpc_bind = options.rpc_bind;
    config.rpc_port = options.rpc_port.value_or(config.spec.rpc_port);
    config.peers = options.peers;

    if (options.rpc_user.empty() != options.rpc_password.empty())
        return AppError::usage("--rpc-user and --rpc-password go together: give both or neither");
    if (options.rpc_user.find(':') != std::string::npos)
        return AppError::usage("--rpc-user: a user name has no colon");
    if (!options.rpc_user.empty())
        config.rpc_callers.emplace_back(options.rpc_user, options.rpc_password);
    for (const std::string& text : options.rpc_allow) {
        const auto range = rpc::AddressRange::parse(text);
        if (!range)
            return AppError::usage("--rpc-allow " + text +
                                   ": no address or range, such as 192.168.1.7 or 192.168.1.0/24");
        config.rpc_allow.push_back(*range);
    }
    config.rpc_names = options.rpc_names;
    if (!options.address.empty()) {
        ADIT_TRY(config.miner_script, script_for(options.address, config.spec));
    }
    return config;
}

std::string rpc_warning(const NodeConfig& config)
{
    const auto loopback = rpc::may_call(config.rpc_bind, {});
    if (!config.rpc_allow.empty() && !loopback)
        return "JSON-RPC is not encrypted: whoever sees the network between sees the password";
    if (!config.rpc_allow.empty())
        return "--rpc-allow lets nobody in while RPC listens on " + config.rpc_bind +
               ": give --rpc-bind, too";
    if (loopback) return "";
    return "RPC listens on " + config.rpc_bind +
           " and still answers this machine alone: name others with --rpc-allow";
}

}  // namespace adit::node::app
