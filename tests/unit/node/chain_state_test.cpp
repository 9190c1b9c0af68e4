#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/mempool/block_template.hpp"
#include "tests/unit/node/chain_support.hpp"

namespace adit::node::chain {
namespace {

using consensus::BlockError;
using test::BlockPlan;
using test::kNow;

/// Writes down what it is told.
struct Diary final : ChainListener {
    std::vector<std::string> lines;
    void on_block_connected(const BlockNode& node, const Block&) override
    {
        lines.push_back("+" + std::to_string(node.height.value));
    }
    void on_block_disconnected(const BlockNode& node, const Block&) override
    {
        lines.push_back("-" + std::to_string(node.height.value));
    }
    void on_tip_changed(const TipChange& change) override
    {
        lines.push_back("tip " + std::to_string(change.from->height.value) + " " +
                        std::to_string(change.fork->height.value) + " " +
                        std::to_string(change.to->height.value));
    }
    void on_reorg_refused(const BlockNode&, u32 depth) override
    {
        lines.push_back("refused " + std::to_string(depth));
    }
    std::vector<std::string> take() { return std::exchange(lines, {}); }
};

class ChainstateTest : public testing::Test {
protected:
    ChainstateTest() { reopen(); }

    void reopen()
    {
        chain.reset();
        auto opened = Chainstate::open(spec, *store, test::made_up_options());
        ASSERT_TRUE(opened);
        chain = std::move(*opened);
        chain->add_listener(diary);
    }
    /// `count` blocks in a row on `from`.
    std::vector<Block> branch(const BlockNode* from, int count, u64 salt)
    {
        std::vector<Block> blocks;
        for (int i = 0; i < count; ++i) {
            BlockPlan plan;
            plan.salt = salt * 1000 + static_cast<u64>(i);
            blocks.push_back(test::make_block(spec, *from, plan));
            const BlockHeader& h = blocks.back().header;
            from = scratch.add(hash_of(h), *from, h.version, h.time, h.bits);
        }
        return blocks;
    }
    const BlockNode* genesis() { return scratch.genesis(); }
    const BlockNode* node_of(const Block& block) { return scratch.find(hash_of(block.header)); }

    BlockOutcome accept(const Block& block, Publish when = Publish::now)
    {
        const auto outcome = chain->accept_block(block, kNow, when);
        EXPECT_TRUE(outcome) << reject_word(outcome.error());
        return outcome ? *outcome : BlockOutcome::store_failed;
    }
    std::optional<BlockError> refusal(const Block& block)
    {
        const auto outcome = chain->accept_block(block, kNow);
        return outcome ? std::nullopt : std::optional(outcome.error());
    }
    BlockHash tip() { return chain->tip().block->hash; }

    consensus::ChainSpec spec = test::made_up_spec();
    BlockIndex scratch{spec.genesis.header};
    std::unique_ptr<Store> store = make_memory_store();
    Diary diary;
    std::unique_ptr<Chainstate> chain;
};

TEST_F(ChainstateTest, StartsAtGenesisWithItsCoinsLocked)
{
    EXPECT_EQ(tip(), hash_of(spec.genesis.header));
    EXPECT_EQ(chain->tip().supply, (Supply{5 * kCoin, 0, 5 * kCoin, 0}));
    const OutPoint genesis_coin{txid_of(spec.genesis.transactions[0]), 0};
    EXPECT_FALSE(chain->coin(genesis_coin)->coin);
    EXPECT_EQ(**chain->block_of(*chain->tip().block), spec.genesis);
}

TEST_F(ChainstateTest, TellsWhatBecameOfABlock)
{
    const auto a = branch(genesis(), 3, 1);
    const auto b = branch(genesis(), 2, 2);
    EXPECT_EQ(refusal(a[1]), BlockError::prev_blk_not_found);
    EXPECT_EQ(accept(a[0]), BlockOutcome::connected);
    EXPECT_EQ(accept(a[0]), BlockOutcome::duplicate);
    EXPECT_EQ(accept(a[1]), BlockOutcome::connected);
    EXPECT_EQ(accept(b[0]), BlockOutcome::side_branch);
    EXPECT_EQ(accept(b[0]), BlockOutcome::duplicate_inconclusive);
    EXPECT_EQ(accept(b[1]), BlockOutcome::side_branch) << "as much work, but seen later";
    EXPECT_EQ(tip(), hash_of(a[1].header));
    EXPECT_EQ(accept(spec.genesis), BlockOutcome::duplicate);
}

TEST_F(ChainstateTest, FollowsTheBranchWithMoreWorkAndComesBack)
{
    const auto a = branch(genesis(), 4, 1);
    const auto b = branch(node_of(a[0]), 2, 2);
    accept(a[0]);
    accept(a[1]);
    diary.take();
    accept(b[0]);
    EXPECT_THAT(diary.take(), testing::IsEmpty());
    EXPECT_EQ(accept(b[1]), BlockOutcome::connected);
    EXPECT_THAT(diary.take(), testing::ElementsAre("-2", "+2", "+3", "tip 2 1 3"));
    EXPECT_TRUE(chain->is_on_best_chain(*chain->find(hash_of(b[0].header))));
    EXPECT_FALSE(chain->is_on_best_chain(*chain->find(hash_of(a[1].header))));
    EXPECT_EQ(chain->at(Height(2))->hash, hash_of(b[0].header));
    EXPECT_EQ(chain->branch_tips().size(), 2u);

    accept(a[2]);
    EXPECT_EQ(accept(a[3]), BlockOutcome::connected);
    EXPECT_EQ(tip(), hash_of(a[3].header));
    EXPECT_EQ(accept(b[1]), BlockOutcome::duplicate) << "its coins were checked once";
}

TEST_F(ChainstateTest, BodiesThatArriveOutOfOrderWaitForTheirAncestors)
{
    const auto blocks = branch(genesis(), 4, 1);
    std::vector<BlockHeader> headers;
    for (const Block& block : blocks) headers.push_back(block.header);
    const auto rows = chain->accept_headers(headers, kNow);
    EXPECT_EQ(rows.added, 4u);
    EXPECT_FALSE(rows.refused);
    EXPECT_EQ(chain->best_header()->hash, hash_of(blocks[3].header));
    EXPECT_EQ(tip(), hash_of(spec.genesis.header));
    EXPECT_FALSE(*chain->block_of(*chain->best_header()));

    EXPECT_EQ(accept(blocks[3]), BlockOutcome::waiting);
    EXPECT_EQ(accept(blocks[1]), BlockOutcome::waiting);
    reopen();
    EXPECT_EQ(chain->best_header()->hash, hash_of(blocks[3].header));
    EXPECT_EQ(accept(blocks[0]), BlockOutcome::connected);
    EXPECT_EQ(tip(), hash_of(blocks[1].header));
    EXPECT_EQ(accept(blocks[2]), BlockOutcome::connected);
    EXPECT_EQ(tip(), hash_of(blocks[3].header));
}

TEST_F(ChainstateTest, ARowOfHeadersEndsAtItsFirstBadOne)
{
    const auto blocks = branch(genesis(), 3, 1);
    std::vector<BlockHeader> headers{blocks[0].header, blocks[1].header, blocks[2].header};
    headers[2].bits ^= 1;
    const auto rows = chain->accept_headers(headers, kNow);
    EXPECT_EQ(rows.added, 2u);
    EXPECT_EQ(rows.last->hash, hash_of(blocks[1].header));
    EXPECT_EQ(rows.refused, BlockError::bad_diffbits);
    headers = {blocks[2].header};
    headers[0].prev = {};
    EXPECT_EQ(chain->accept_headers(headers, kNow).refused, BlockError::prev_blk_not_found);
}

TEST_F(ChainstateTest, ABlockFoundBadWhileSwitchingPutsTheOldChainBack)
{
    const auto a = branch(genesis(), 3, 1);
    auto b = branch(genesis(), 2, 2);
    BlockPlan bad;
    bad.coinbase_extra = 1;
    b.push_back(test::make_block(spec, *node_of(b[1]), bad));
    const BlockHeader& h = b[2].header;
    const BlockNode* on_bad = scratch.add(hash_of(h), *node_of(b[1]), 4, h.time, h.bits);
    const auto later = branch(on_bad, 2, 3);
    for (const Block& block : a) accept(block);
    for (const Block& block : {b[0], b[1], b[2]}) accept(block);  // as much work: nobody looks yet
    const test::World before = test::world_in(*store);
    diary.take();
    EXPECT_EQ(refusal(later[0]), BlockError::bad_prevblk);
    EXPECT_THAT(diary.take(),
                testing::ElementsAre("-3", "-2", "-1", "+1", "+2", "-2", "-1", "+1", "+2", "+3"));
    EXPECT_EQ(tip(), hash_of(a[2].header));
    EXPECT_EQ(chain->tip().supply, before.supply);
    EXPECT_EQ(test::world_in(*store), before);

    EXPECT_EQ(accept(b[2]), BlockOutcome::duplicate_invalid);
    EXPECT_EQ(refusal(later[1]), BlockError::bad_prevblk);
    reopen();
    EXPECT_EQ(accept(b[2]), BlockOutcome::duplicate_invalid);
    EXPECT_EQ(chain->find(hash_of(b[2].header))->standing().failure, BlockError::bad_cb_amount);
    EXPECT_EQ(refusal(later[1]), BlockError::bad_prevblk);
}

TEST_F(ChainstateTest, WhatACarrierCouldHaveAlteredIsNotRemembered)
{
    const Block good = branch(genesis(), 1, 1)[0];
    Block altered = good;
    altered.transactions[0].lock_time = 1;
    EXPECT_EQ(refusal(altered), BlockError::bad_txnmrklroot);
    EXPECT_EQ(accept(good), BlockOutcome::connected);

    Block early = branch(node_of(good), 1, 2)[0];
    EXPECT_EQ(chain->accept_block(early, early.header.time - 7201).error(),
              BlockError::time_too_new);
    EXPECT_EQ(accept(early), BlockOutcome::connected);
}

// Two hashes of a merkle tree can be chosen so that together they read as a transaction: a body of
// these has the root of the true body, and must not stain its header.
TEST_F(ChainstateTest, MerkleNodesPassedOffAsTransactionsAreNotRemembered)
{
    Transaction node;
    node.inputs.push_back({{TxId(), 0}, {0x51}});
    node.outputs.push_back({0, {0x51, 0x52, 0x53}});
    ASSERT_EQ(to_bytes(node).size(), 64u);
    Block block = branch(genesis(), 1, 1)[0];
    block.transactions = {node};
    block.header.merkle_root = merkle_root_of(block.transactions).root;
    EXPECT_EQ(refusal(block), BlockError::bad_txns_64_bytes);
    EXPECT_FALSE(chain->find(hash_of(block.header))->standing().failed);
    EXPECT_EQ(refusal(block), BlockError::bad_txns_64_bytes) << "asked again, judged again";
}

TEST_F(ChainstateTest, APermanentlyBadBodyIsRemembered)
{
    Block bad = branch(genesis(), 1, 1)[0];
    bad.transactions[0].inputs[0].script_sig[0] ^= 1;  // the height
    bad.header.merkle_root = merkle_root_of(bad.transactions).root;
    EXPECT_EQ(refusal(bad), BlockError::bad_cb_height);
    EXPECT_EQ(accept(bad), BlockOutcome::duplicate_invalid);
    EXPECT_EQ(chain->best_header(), chain->tip().block);
    reopen();
    EXPECT_EQ(accept(bad), BlockOutcome::duplicate_invalid);
}

TEST_F(ChainstateTest, ABranchThatForksTooDeepIsNotFollowedAndSaidOnce)
{
    spec.max_reorg = 3;
    reopen();
    const auto a = branch(genesis(), 5, 1);
    const auto deep = branch(node_of(a[0]), 6, 2);  // forks 4 below a[4]
    const auto edge = branch(node_of(a[1]), 4, 3);  // forks 3 below
    for (const Block& block : a) accept(block);
    diary.take();
    for (const Block& block : deep) EXPECT_EQ(accept(block), BlockOutcome::side_branch);
    EXPECT_THAT(diary.take(), testing::ElementsAre("refused 4"));
    EXPECT_EQ(tip(), hash_of(a[4].header));
    reopen();
    EXPECT_EQ(tip(), hash_of(a[4].header));
    for (const Block& block : edge) accept(block);
    EXPECT_EQ(tip(), hash_of(edge[3].header));
}

TEST_F(ChainstateTest, ALaterPublicationTellsOnce)
{
    const auto blocks = branch(genesis(), 3, 1);
    for (const Block& block : blocks)
        EXPECT_EQ(accept(block, Publish::later), BlockOutcome::connected);
    EXPECT_EQ(tip(), hash_of(spec.genesis.header));
    EXPECT_THAT(diary.take(), testing::ElementsAre("+1", "+2", "+3"));
    ASSERT_TRUE(chain->publish());
    EXPECT_EQ(tip(), hash_of(blocks[2].header));
    EXPECT_THAT(diary.take(), testing::ElementsAre("tip 0 0 3"));
    ASSERT_TRUE(chain->publish());
    EXPECT_THAT(diary.take(), testing::IsEmpty());
}

TEST_F(ChainstateTest, ProposalsAreCheckedAndNotKept)
{
    const auto blocks = branch(genesis(), 2, 1);
    EXPECT_TRUE(chain->check_proposal(blocks[0], kNow));
    EXPECT_EQ(chain->check_proposal(blocks[1], kNow).error(), BlockError::prev_blk_not_found);
    BlockPlan greedy;
    greedy.coinbase_extra = 1;
    EXPECT_EQ(chain->check_proposal(test::make_block(spec, *genesis(), greedy), kNow).error(),
              BlockError::bad_cb_amount);
    EXPECT_EQ(chain->find(hash_of(blocks[0].header)), nullptr);
}

TEST_F(ChainstateTest, CoinsAnswerWithTheBlockTheyAreUnspentAt)
{
    const auto blocks = branch(genesis(), 1, 1);
    accept(blocks[0]);
    const auto answer = chain->coin({txid_of(blocks[0].transactions[0]), 0});
    ASSERT_TRUE(answer && answer->coin);
    EXPECT_EQ(answer->coin->out, blocks[0].transactions[0].outputs[0]);
    EXPECT_TRUE(answer->coin->coinbase);
    EXPECT_EQ(answer->as_of->hash, hash_of(blocks[0].header));
    EXPECT_FALSE(chain->coin({txid_of(blocks[0].transactions[0]), 9})->coin);
}

TEST_F(ChainstateTest, BlocksLeaveAsTheyStandOnTheWire)
{
    const auto blocks = branch(genesis(), 1, 1);
    accept(blocks[0]);
    const BlockNode& node = *chain->tip().block;
    EXPECT_EQ(**chain->block_bytes_of(node), to_bytes(blocks[0]));
    const Bytes whole = to_bytes(blocks[0]);
    const std::size_t header = to_bytes(blocks[0].header).size();
    EXPECT_EQ(**chain->body_bytes_of(node), Bytes(whole.begin() + header, whole.end()));
    EXPECT_EQ(*chain->header_bytes_of(node), to_bytes(blocks[0].header));
    EXPECT_EQ(*chain->header_of(node), blocks[0].header);
}

/// A store that fails from some write on.
class BrokenStore final : public Store {
public:
    explicit BrokenStore(Store& store) : store_(store) {}
    Result<std::optional<Bytes>, StoreError> get(Column column, ByteView key) const override
    {
        if (no_reads) return StoreError{StoreFault::io_failed, "broken"};
        return store_.get(column, key);
    }
    Result<void, StoreError> scan(
        Column column, const std::function<bool(ByteView, ByteView)>& visit) const override
    {
        return store_.scan(column, visit);
    }
    Result<void, StoreError> write(const Batch& batch) override
    {
        if (writes_left-- <= 0) return StoreError{StoreFault::disk_full, "full"};
        return store_.write(batch);
    }
    Result<void, StoreError> sync() override
    {
        if (no_sync) return StoreError{StoreFault::io_failed, "broken"};
        return {};
    }
    int writes_left = 1'000'000;
    bool no_sync = false;
    bool no_reads = false;

private:
    Store& store_;
};

TEST_F(ChainstateTest, AFailedStoreEndsWritingAndLosesNothingAnnounced)
{
    const auto a = branch(genesis(), 2, 1);
    const auto b = branch(genesis(), 3, 2);
    for (int writes = 0; writes < 12; ++writes) {
        store = make_memory_store();
        BrokenStore broken(*store);
        {
            auto opened = Chainstate::open(spec, broken, test::made_up_options());
            ASSERT_TRUE(opened);
            broken.writes_left = writes;
            for (const auto& blocks : {a, b})
                for (const Block& block : blocks) (void)(*opened)->accept_block(block, kNow);
            chain = std::move(*opened);
        }
        // Two blocks, two kept aside, the third one's own records, two back, three forth.
        ASSERT_EQ(chain->failure().has_value(), writes < 10) << writes;
        const BlockHash announced = tip();
        if (chain->failure()) {
            EXPECT_EQ(chain->failure()->fault, StoreFault::disk_full);
            EXPECT_EQ(accept(b[2]), BlockOutcome::store_failed);
            EXPECT_FALSE(chain->publish());
        }
        reopen();
        const BlockNode* node = chain->find(announced);
        ASSERT_NE(node, nullptr);
        EXPECT_GE(chain->tip().block->total_work, node->total_work);
    }
}

TEST_F(ChainstateTest, NothingIsAnnouncedThatWasNotSynced)
{
    const auto a = branch(genesis(), 1, 1);
    BrokenStore broken(*store);
    chain = std::move(*Chainstate::open(spec, broken, test::made_up_options()));
    chain->add_listener(diary);
    broken.no_sync = true;
    EXPECT_EQ(accept(a[0]), BlockOutcome::store_failed);
    EXPECT_EQ(tip(), hash_of(spec.genesis.header));
    EXPECT_THAT(diary.take(), testing::ElementsAre("+1"));
    chain.reset();
}

TEST_F(ChainstateTest, ACoinThatCannotBeReadIsTheStoresFaultNotTheBlocks)
{
    test::Tree tree(spec, 3);
    while (tree.leaves().back().block.transactions.size() < 2)
        tree.grow_on(tree.leaves().back(), false);
    auto& leaves = tree.leaves();
    const Block& spending = leaves.back().block;
    for (const bool proposed : {true, false}) {
        store = make_memory_store();
        BrokenStore broken(*store);
        auto options = test::made_up_options();
        options.coin_cache_bytes_max = 0;
        chain = std::move(*Chainstate::open(spec, broken, std::move(options)));
        for (std::size_t i = 1; i + 1 < leaves.size(); ++i) accept(leaves[i].block);
        broken.no_reads = true;
        if (proposed)
            EXPECT_FALSE(chain->check_proposal(spending, kNow));
        else
            EXPECT_EQ(accept(spending), BlockOutcome::store_failed);
        EXPECT_TRUE(chain->failure());
        const BlockNode* node = chain->find(hash_of(spending.header));
        EXPECT_EQ(node == nullptr, proposed);
        EXPECT_FALSE(node != nullptr && node->standing().failed);
        chain.reset();
    }
}

}  // namespace
}  // namespace adit::node::chain
