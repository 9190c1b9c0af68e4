#pragma once

#include <map>
#include <vector>

#include "kernels/base/random.hpp"
#include "node/wallet/ledger.hpp"

/// A made-up wallet and chains that pay it, without proof of work.
namespace adit::node::wallet::test {

inline constexpr u32 kMaturity = 4;

/// The keys of one fixed seed, with one imported; made once and copied.
KeyBook made_up_keys();
Secrets made_up_secrets();

/// Pays to somebody else; `mark` tells them apart.
Script stranger(u8 mark);
Script pay_to_key(const KeyBook& keys, const KeyPlace& place);

Block make_block(u32 height, const BlockHash& parent, const Script& miner, Amount reward,
                 const std::vector<Transaction>& transactions, u64 salt = 0);
Transaction spend(const std::vector<OutPoint>& coins, const std::vector<TxOut>& outputs);

/// A ledger and the blocks it was shown, so that they can be taken off again.
class Follower {
public:
    explicit Follower(Ledger& ledger) : ledger_(ledger) {}
    const Block& connect(const Script& miner, Amount reward,
                         const std::vector<Transaction>& transactions = {});
    void connect(const Block& block);
    void disconnect();
    u32 height() const { return static_cast<u32>(blocks_.size()) - 1; }

private:
    Ledger& ledger_;
    std::vector<Block> blocks_;
    u64 salt_ = 0;
};

}  // namespace adit::node::wallet::test
