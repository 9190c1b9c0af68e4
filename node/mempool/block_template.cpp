#include "node/mempool/block_template.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"
#include "kernels/base/compact.hpp"
#include "node/consensus/check_header.hpp"
#include "node/consensus/check_tx.hpp"
#include "node/consensus/coinbase.hpp"
#include "node/consensus/difficulty.hpp"

namespace adit::node::mempool {
namespace {

Hash256 merkle_root_over(const Transaction& coinbase,
                         const std::vector<TemplateTransaction>& transactions)
{
    std::vector<TxId> txids{txid_of(coinbase)};
    txids.reserve(transactions.size() + 1);
    for (const TemplateTransaction& chosen : transactions) txids.push_back(chosen.txid);
    return merkle_root_of(txids).root;
}

}  // namespace

Block BlockTemplate::block() const
{
    Block block{header, {coinbase}};
    for (const TemplateTransaction& chosen : transactions) block.transactions.push_back(*chosen.tx);
    return block;
}

BlockTemplate make_template(const consensus::ChainSpec& spec, const chain::BlockNode& parent,
                            TemplateRequest request)
{
    const auto blocks = chain::ancestors_of(parent, consensus::ancestors_needed(spec));
    const consensus::Ancestry ancestry{parent.height, blocks};

    BlockTemplate result;
    result.parent = &parent;
    result.height = ancestry.next();
    result.transactions = std::move(request.transactions);
    for (const TemplateTransaction& chosen : result.transactions) result.fees += chosen.fee;
    result.rewards = consensus::reward_plan(spec, result.height);
    result.coinbase = consensus::make_coinbase(spec, result.height, request.miner_script,
                                               result.fees, request.extra);
    result.coinbase_sigops = consensus::count_sigops(result.coinbase);

    const auto bounds = consensus::time_bounds(spec, ancestry);
    result.mintime = bounds.earliest;
    result.maxtime = bounds.latest;
    const u32 time =
        static_cast<u32>(std::clamp<UnixTime>(request.now, result.mintime, result.maxtime));
    // Where bits depend on the time, the template is good on its own side of the change alone.
    if (const auto change = consensus::minimum_difficulty_from(spec, ancestry)) {
        if (time >= *change) {
            result.mintime = std::max(result.mintime, *change);
        } else {
            result.maxtime = std::min(result.maxtime, *change - 1);
            result.bits_change_at = *change;
        }
    }

    BlockHeader& header = result.header;
    header.version =
        std::max(spec.template_version, consensus::header_version_min(spec, result.height));
    header.prev = parent.hash;
    header.merkle_root = merkle_root_over(result.coinbase, result.transactions);
    header.time = time;
    header.bits = consensus::next_bits(spec, ancestry, time);
    result.target = decode_compact(header.bits).target;
    ADIT_CHECK(!result.target.is_zero());
    return result;
}

}  // namespace adit::node::mempool
