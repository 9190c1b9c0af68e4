#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "node/consensus/spec.hpp"
#include "node/rpc/access.hpp"

namespace CLI {
class App;
}

namespace adit::node::app {

/// Why a command ends early: one line for people, and the exit code that goes with it.
struct AppError {
    static constexpr int kFailed = 1;
    static constexpr int kUsage = 2;
    static constexpr int kNothingThere = 4;

    static AppError failed(std::string text) { return {kFailed, std::move(text)}; }
    static AppError usage(std::string text) { return {kUsage, std::move(text)}; }

    int exit_code = kFailed;
    std::string text;
};

/// Says it on standard error: "adit: …". Gives back the exit code.
int complain(const AppError& error);

/// How a node meets others, as the command line says it.
struct PeerOptions {
    std::string listen;  ///< IP:PORT; empty: the chain's port on every interface
    bool no_listen = false;
    std::vector<std::string> connect;   ///< only these: HOST[:PORT][#sha256=HEX]
    std::vector<std::string> add_node;  ///< these besides those found
    std::size_t max_peers = 125;
    bool allow_plain_peers = false;
    std::string relay_policy = "diffusion";

    /// Whether the command line asks for peers at all.
    bool asked() const { return !listen.empty() || !connect.empty() || !add_node.empty(); }
};
/// --listen, --no-listen, --connect, --addnode, --max-peers, --allow-plain-peers, --relay-policy.
void add_peer_options(CLI::App& command, PeerOptions& options);

/// What a command line says about a node, as it stands. Empty: not said.
struct NodeOptions {
    std::string chain = "local";  ///< a name or a spec file
    std::string data_dir;
    std::string rpc_bind;
    std::optional<u16> rpc_port;
    std::string rpc_user;
    std::string rpc_password;
    std::vector<std::string> rpc_allow;  ///< address ranges besides loopback
    std::vector<std::string> rpc_names;  ///< Host names besides localhost
    std::string address;                 ///< where the miner's part of templates goes
    PeerOptions peers;
};

/// --chain and --data-dir: what every node command takes.
void add_chain_options(CLI::App& command, NodeOptions& options);
/// The above, and how to reach or offer RPC: --rpc-bind, --rpc-port, --rpc-user, --rpc-password.
void add_rpc_options(CLI::App& command, NodeOptions& options);
/// The above, and what a running node takes: --rpc-allow, --rpc-name, --address, and the peers'
/// options.
void add_node_options(CLI::App& command, NodeOptions& options);

/// The same, read and checked.
struct NodeConfig {
    consensus::ChainSpec spec;
    std::filesystem::path folder;  ///< of this chain: the data folder and the chain's name
    std::string rpc_bind = "127.0.0.1";
    u16 rpc_port = 0;  ///< 0: any free one
    std::vector<rpc::Credentials> rpc_callers;
    std::vector<rpc::AddressRange> rpc_allow;
    std::vector<std::string> rpc_names;
    std::optional<Script> miner_script;  ///< nullopt: no templates
    PeerOptions peers;
};
Result<NodeConfig, AppError> read_options(const NodeOptions& options);

/// What the user should know of the RPC he asked for; one line, empty when all is well.
std::string rpc_warning(const NodeConfig& config);

/// Spec and folder alone.
Result<consensus::ChainSpec, AppError> read_chain(const NodeOptions& options);
std::filesystem::path chain_folder(const NodeOptions& options, const consensus::ChainSpec& spec);

/// $XDG_DATA_HOME/adit, else ~/.local/share/adit, else ./adit-data.
std::filesystem::path default_data_dir();

/// The script an address of this chain stands for; the error says what an address looks like.
Result<Script, AppError> script_for(std::string_view address, const consensus::ChainSpec& spec);

}  // namespace adit::node::app
