#pragma once

#include <optional>

#include "kernels/base/json.hpp"
#include "stratum/proto/work_source.hpp"

namespace adit::stratum {

/// Sum of a coinbase's outputs in base units; nullopt when `tx` is of no known transaction version
/// (1, and the v4 and v5 of ZIP 243 and ZIP 225) or cut short.
std::optional<i64> coinbase_value(ByteView tx);

/// Whom the template's coinbase pays, the miner first: roles by `coinbase_required_outputs`, else
/// by zend's amount fields. Without either there is one payment, to "coinbase". Empty when the
/// coinbase cannot be read.
std::vector<Payment> payments_of(const json::object& offered, ByteView coinbase);

}  // namespace adit::stratum
