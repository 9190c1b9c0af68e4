#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"

namespace adit {

/// Lower-case hex of the bytes in order.
std::string to_hex(ByteView bytes);

/// Lower-case hex of the bytes last to first: the way RPC and explorers show hashes.
std::string to_hex_reversed(ByteView bytes);

/// Strict: an even number of hex digits (either case), nothing else. Empty text is empty bytes.
std::optional<Bytes> from_hex(std::string_view text);

/// Exactly 64 digits as they stand / as shown by RPC (reversed into internal order).
std::optional<Hash256> hash_from_hex(std::string_view text);
std::optional<Hash256> hash_from_hex_reversed(std::string_view text);

}  // namespace adit
