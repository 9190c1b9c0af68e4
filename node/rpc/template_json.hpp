#pragma once

#include "kernels/base/json.hpp"
#include "node/rpc/template_feed.hpp"

/// Templates as getblocktemplate gives them.
namespace adit::node::rpc {

/// BIP 22 with the Zcash family's fields; what a pool that builds its own coinbase needs, and what
/// one that takes ours needs.
json::object template_json(const consensus::ChainSpec& spec, const TemplateFeed::Offer& offer);

/// The role's key in zend's templates and subsidies.
std::string_view zend_key(consensus::Role role);

}  // namespace adit::node::rpc
