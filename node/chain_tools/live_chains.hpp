#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "node/primitives/address.hpp"

/// Marks of chains that run in the world, so that no new one takes them.
namespace adit::node::chain_tools {

/// Who uses this magic, ours included; nullopt when nobody we know of does.
std::optional<std::string_view> chain_with_magic(const std::array<u8, 4>& magic);

/// Who uses this two-byte address prefix, ours not included.
std::optional<std::string_view> live_chain_with_prefix(const std::array<u8, 2>& prefix);

}  // namespace adit::node::chain_tools
