#pragma once

#include "node/app/data_folder.hpp"

namespace adit::node::app {

/// Where a running node's RPC is, and what opens its door.
struct NodeLine {
    rpc::NodeAddress node;
    rpc::Credentials who;
};

/// What the command line says, else what the running node left in its folder.
Result<NodeLine, AppError> find_node(const NodeOptions& options);

/// Whether there is one to talk to: the command line names it, or one holds the folder.
bool has_node(const NodeOptions& options, const consensus::ChainSpec& spec);

}  // namespace adit::node::app
