#pragma once

#include "node/mempool/block_template.hpp"
#include "node/mempool/mempool.hpp"

namespace adit::node::mempool {

/// The transactions for a block: best fee per byte first, each together with the ancestors it
/// needs.
/// @param bytes_max   for the transactions, header and coinbase apart
/// @param sigops_max  likewise
/// @return parents before children, `depends` filled in
std::vector<TemplateTransaction> select_packages(const Mempool& pool, const NextBlock& next,
                                                 std::size_t bytes_max, u32 sigops_max);

}  // namespace adit::node::mempool
