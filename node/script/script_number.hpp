#pragma once

#include <optional>

#include "kernels/base/bytes.hpp"

namespace adit::node::script {

inline constexpr std::size_t kOperandBytesMax = 4;   ///< of arithmetic
inline constexpr std::size_t kLockTimeBytesMax = 5;  ///< of CHECKLOCKTIMEVERIFY

/// A number on the stack: little-endian, the top bit of the last byte is the sign, nothing is zero.
/// @param minimal  refuse forms with spare bytes
/// @return nullopt when longer than `bytes_max`, or not minimal where it must be
std::optional<i64> read_number(ByteView bytes, std::size_t bytes_max, bool minimal);

/// The shortest form.
Bytes write_number(i64 value);

/// Whether a stack element counts as true: any bit but the sign's.
bool as_bool(ByteView bytes);

}  // namespace adit::node::script
