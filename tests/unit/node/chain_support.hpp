#pragma once

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/base/random.hpp"
#include "node/chain/chainstate.hpp"
#include "node/consensus/coin_view.hpp"

/// Chains made up for tests: any header passes for proof of work, so that blocks cost nothing.
namespace adit::node::chain::test {

/// Times move in steps of 10 s; bits follow the times over a window of 3; coinbases mature after 3
/// blocks; half of the subsidy is the miner's.
consensus::ChainSpec made_up_spec();

/// Every header passes, inputs whose script begins with this opcode fail, all others may spend.
inline constexpr u8 kBadSpend = 0xff;
Chainstate::Options made_up_options();

/// A clock far ahead of all made-up times.
inline constexpr UnixTime kNow = 2'000'000'000;

/// A valid block on `parent`.
struct BlockPlan {
    u32 time_step_s = 10;  ///< after the parent's time; kept within what the rules allow
    u64 salt = 0;          ///< makes a block unlike its brothers
    std::vector<Transaction> transactions;
    Amount fees = 0;
    Amount coinbase_extra = 0;  ///< added to what the miner takes: above 0 breaks a rule
};
Block make_block(const consensus::ChainSpec& spec, const BlockNode& parent, const BlockPlan& plan);

/// A transaction that spends these coins for these outputs.
Transaction spend(const std::vector<OutPoint>& coins, const std::vector<TxOut>& outputs);

/// What the chain should hold after a block, by a replay as plain as can be: the oracle.
struct World {
    std::map<OutPoint, consensus::Coin> coins;
    Supply supply;

    /// Connects a block without asking whether it may be.
    void replay(const Block& block, Height height);
    bool operator==(const World&) const = default;
};
World genesis_world(const consensus::ChainSpec& spec);

/// The same as the store tells it.
World world_in(const Store& store);

/// A made-up block and what is true of it.
struct Leaf {
    Block block;
    const BlockNode* node = nullptr;  ///< in the tree's own index
    Leaf* parent = nullptr;
    World world;          ///< after it; nothing when not valid
    bool valid = true;    ///< it and all its ancestors
    bool breaks = false;  ///< it breaks a rule itself
};

/// A random tree of blocks with spends, fees, branches and now and then an invalid block.
class Tree {
public:
    Tree(const consensus::ChainSpec& spec, u64 seed);

    /// Grows one more block: on the newest one mostly, elsewhere now and then.
    Leaf& grow();
    Leaf& grow_on(Leaf& parent, bool may_break);
    std::deque<Leaf>& leaves() { return leaves_; }  ///< genesis first
    Leaf& find(const BlockHash& hash);
    bool knows(const BlockHash& hash) const { return by_hash_.contains(hash); }
    Random& random() { return random_; }

private:
    std::vector<Transaction> random_spends(const Leaf& parent, Amount& fees);

    const consensus::ChainSpec& spec_;
    Random random_;
    BlockIndex index_;
    std::deque<Leaf> leaves_;
    std::map<BlockHash, Leaf*> by_hash_;
    u64 salt_ = 0;
};

/// A folder under the system's own for such, gone with the object.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

StoreConfig store_config(const std::filesystem::path& folder);

}  // namespace adit::node::chain::test
