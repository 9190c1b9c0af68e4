#pragma once

#include <string>

#include "kernels/base/json.hpp"

namespace adit::gpu_check {

/// A record as Markdown: one table an experiment, a line a result, in the record's order.
std::string to_tables(const json::object& record);

}  // namespace adit::gpu_check
