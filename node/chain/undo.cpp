#include "node/chain/undo.hpp"

#include <set>

#include "node/script/templates.hpp"

namespace adit::node::chain {

using consensus::BlockEffect;
using consensus::SpentCoin;

CoinDelta delta_of(const BlockEffect& effect)
{
    // Whatever stands in both lists came and went within the block.
    std::set<OutPoint> created, passing;
    for (const SpentCoin& coin : effect.created) created.insert(coin.outpoint);
    CoinDelta delta;
    for (const SpentCoin& coin : effect.spent) {
        if (created.contains(coin.outpoint))
            passing.insert(coin.outpoint);
        else
            delta.removed.push_back(coin);
    }
    for (const SpentCoin& coin : effect.created)
        if (!passing.contains(coin.outpoint)) delta.added.push_back(coin);
    return delta;
}

Bytes undo_record(const BlockEffect& effect)
{
    Writer writer;
    writer.compact_size(effect.spent.size());
    for (const SpentCoin& spent : effect.spent) writer.var_bytes(to_record(spent.coin));
    return writer.take();
}

std::optional<BlockEffect> read_undo(ByteView record, const Block& block, Height height)
{
    Reader reader(record);
    BlockEffect effect;
    const u64 count = reader.compact_size();
    Amount inputs = 0;
    Amount outputs = 0;  // of all but the coinbase
    for (const Transaction& tx : block.transactions) {
        const bool coinbase = tx.is_coinbase();
        const TxId txid = txid_of(tx);
        for (u32 i = 0; i < tx.outputs.size(); ++i) {
            const TxOut& out = tx.outputs[i];
            (coinbase ? effect.issued : outputs) += out.value;
            if (script::is_unspendable(out.script_pubkey))
                effect.unspendable += out.value;
            else
                effect.created.push_back({{txid, i}, {out, height, coinbase}});
        }
        if (coinbase) continue;
        for (const TxIn& in : tx.inputs) {
            Bytes bytes;
            reader.var_bytes(bytes);
            auto coin = read_coin(bytes);
            if (!reader.ok() || !coin) return std::nullopt;
            inputs += coin->out.value;
            effect.spent.push_back({in.prevout, std::move(*coin)});
        }
    }
    if (!reader.ok() || reader.left() != 0 || effect.spent.size() != count) return std::nullopt;
    effect.fees = inputs - outputs;
    effect.issued -= effect.fees;
    return effect;
}

}  // namespace adit::node::chain
