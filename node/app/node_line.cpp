#include "node/app/node_line.hpp"

namespace adit::node::app {

Result<NodeLine, AppError> find_node(const NodeOptions& options)
{
    ADIT_TRY(const consensus::ChainSpec spec, read_chain(options));
    const auto folder = chain_folder(options, spec);
    const auto running = running_node(folder);

    rpc::NodeAddress node{"127.0.0.1", spec.rpc_port};
    if (running && running->rpc.port != 0) node = running->rpc;
    if (!options.rpc_bind.empty()) node.host = options.rpc_bind;
    if (options.rpc_port) node.port = *options.rpc_port;

    if (!options.rpc_user.empty())
        return NodeLine{node, rpc::Credentials(options.rpc_user, options.rpc_password)};
    // A cookie that a killed node left opens no door, so only a living one or a given port counts.
    if (running || options.rpc_port)
        if (auto cookie = rpc::read_cookie((folder / rpc::kCookieFile).string()))
            return NodeLine{node, std::move(*cookie)};
    const std::string why =
        running ? "the node there has left no readable cookie" : "no node is running on it";
    return AppError{AppError::kNothingThere,
                    "chain " + spec.name + " in " + folder.parent_path().string() + ": " + why +
                        "; start one with `adit node`, or say where it is with --data-dir and "
                        "--chain, or --rpc-user, --rpc-password and --rpc-port"};
}

bool has_node(const NodeOptions& options, const consensus::ChainSpec& spec)
{
    return options.rpc_port || !options.rpc_user.empty() ||
           running_node(chain_folder(options, spec)).has_value();
}

}  // namespace adit::node::app
