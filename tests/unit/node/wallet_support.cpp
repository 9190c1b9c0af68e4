#include "tests/unit/node/wallet_support.hpp"

#include "node/script/templates.hpp"

namespace adit::node::wallet::test {

Secrets made_up_secrets()
{
    Secrets secrets{crypto::secret_copy(Bytes(16, 0x21)), {}};
    secrets.imported.push_back(*crypto::SecretKey::from_bytes(Bytes(32, 9), false));
    return secrets;
}

KeyBook made_up_keys()
{
    static const KeyBook keys(made_up_secrets().ring(Hash256{{1}}));
    return keys;
}

Script stranger(u8 mark)
{
    Hash160 hash{};
    hash.fill(mark);
    return script::pay_to_pubkey_hash(hash);
}

Script pay_to_key(const KeyBook& keys, const KeyPlace& place)
{
    return script::pay_to(keys.address_at(place));
}

Block make_block(u32 height, const BlockHash& parent, const Script& miner, Amount reward,
                 const std::vector<Transaction>& transactions, u64 salt)
{
    Block block;
    block.header.prev = parent;
    block.header.time = 1'700'000'000 + height * 10;
    Transaction coinbase;
    coinbase.inputs.push_back({OutPoint{}, script::height_push(Height(height))});
    coinbase.inputs[0].script_sig.resize(16);
    store_le(coinbase.inputs[0].script_sig.data() + 8, salt);
    coinbase.outputs.push_back({reward, miner});
    block.transactions = {coinbase};
    block.transactions.insert(block.transactions.end(), transactions.begin(), transactions.end());
    block.header.merkle_root = merkle_root_of(block.transactions).root;
    return block;
}

Transaction spend(const std::vector<OutPoint>& coins, const std::vector<TxOut>& outputs)
{
    Transaction tx;
    for (const OutPoint& coin : coins) tx.inputs.push_back({coin, {}});
    tx.outputs = outputs;
    return tx;
}

const Block& Follower::connect(const Script& miner, Amount reward,
                               const std::vector<Transaction>& transactions)
{
    const BlockHash parent = blocks_.empty() ? BlockHash() : hash_of(blocks_.back().header);
    connect(
        make_block(static_cast<u32>(blocks_.size()), parent, miner, reward, transactions, ++salt_));
    return blocks_.back();
}

void Follower::connect(const Block& block)
{
    ledger_.connect(block, hash_of(block.header), Height(static_cast<u32>(blocks_.size())),
                    block.header.time);
    blocks_.push_back(block);
}

void Follower::disconnect()
{
    blocks_.pop_back();
    if (blocks_.empty()) return ledger_.disconnect(std::nullopt);
    const Block& tip = blocks_.back();
    ledger_.disconnect(MinedAt{hash_of(tip.header), Height(height()), 0, tip.header.time});
}

}  // namespace adit::node::wallet::test
