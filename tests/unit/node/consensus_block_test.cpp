// A valid block with three transactions, mined for real on (48,5), and everything that can be wrong
// with it: each change is refused with its own word, and the block as it was is accepted.

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "node/consensus/check_tx.hpp"
#include "node/consensus/spec_file.hpp"
#include "node/script/templates.hpp"
#include "tests/unit/node/consensus_world.hpp"

namespace adit::node::consensus {
namespace {

constexpr u32 kMaturity = 5;
constexpr Amount kFee = 1000;
constexpr std::size_t kTreasury = 1;  // places of the outputs in a coinbase; the miner's is 0
constexpr std::size_t kSecure = 2;
constexpr std::size_t kSuper = 3;

const Script kMinerScript{script::OP_1};
const Script kOpenSesame{script::OP_1};

/// A chain of eight blocks, and the next one, which is valid: coinbase, a spend of the first
/// block's miner, and a spend of that spend.
struct World {
    ChainSpec spec;
    std::optional<MemoryChain> chain;
    MemoryCoins coins;
    Block next;
    UnixTime now = 0;

    World()
    {
        auto found = find_spec("regtest");
        ADIT_CHECK(found.has_value());
        spec = std::move(*found);
        spec.coinbase_maturity = kMaturity;
        // Secure and super nodes share a script here: equal scripts and equal values.
        Payee& last = spec.reward_eras[0].payees[2];
        last.scripts = spec.reward_eras[0].payees[1].scripts;
        chain.emplace(spec);
        TxId first_coinbase;
        for (u32 height = 1; height <= 8; ++height) {
            Block block = draft();
            seal(spec, block);
            const auto effect = judge_it(block);
            ADIT_CHECK(effect.has_value());
            if (height == 1) first_coinbase = txid_of(block.transactions[0]);
            coins.apply(*effect);
            chain->add(block.header);
        }
        const Amount miner = reward_plan(spec, Height(1)).miner;
        next = draft(2 * kFee);
        next.transactions.push_back(spend({first_coinbase, 0}, miner - kFee));
        next.transactions.push_back(spend({txid_of(next.transactions[1]), 0}, miner - 2 * kFee));
        seal(spec, next);
    }

    /// A block on the tip with nothing but a coinbase; proof of work and root are still missing.
    Block draft(Amount fees = 0) const
    {
        Block block;
        block.header.prev = chain->tip();
        block.header.time = time_bounds(spec, chain->ancestry(spec)).earliest + 100;
        block.header.bits = next_bits(spec, chain->ancestry(spec), block.header.time);
        block.transactions = {
            make_coinbase(spec, chain->ancestry(spec).next(), kMinerScript, fees, {})};
        return block;
    }
    static Transaction spend(const OutPoint& from, Amount value)
    {
        Transaction tx;
        tx.inputs.push_back({from, kOpenSesame, 0xffffffff});
        tx.outputs.push_back({value, kMinerScript});
        return tx;
    }
    Result<BlockEffect, BlockError> judge_it(const Block& block) const
    {
        const auto scripts = [](const Transaction& tx, std::size_t i, const TxOut&) {
            return tx.inputs[i].script_sig == kOpenSesame ||
                   script::is_push_only(tx.inputs[i].script_sig);
        };
        return judge(spec, block, *chain, coins, now != 0 ? now : block.header.time, scripts);
    }
};

const World& world()
{
    static const World made;
    return made;
}

/// What is sealed anew after a change, so that the change alone is wrong.
enum class Seal { nothing, proof_of_work, all };

struct Mutation {
    const char* name;
    BlockError expected;
    std::function<void(World&)> change;  // of world.next, or of the world around it
    Seal reseal = Seal::all;
    int points = 100;  // the misbehaviour of a peer that sends it
};

void PrintTo(const Mutation& mutation, std::ostream* out) { *out << mutation.name; }

Transaction& coinbase(World& w) { return w.next.transactions[0]; }
TxOut& paid(World& w, std::size_t place) { return coinbase(w).outputs[place]; }
Transaction& first_spend(World& w) { return w.next.transactions[1]; }
Transaction& last_spend(World& w) { return w.next.transactions[2]; }

Script sigops_script(u32 count) { return Script(count, script::OP_CHECKSIG); }

std::vector<Mutation> header_mutations()
{
    using E = BlockError;
    return {
        {"version", E::version_invalid, [](World& w) { w.next.header.version = 3; },
         Seal::proof_of_work},
        {"solution_bit", E::invalid_solution, [](World& w) { w.next.header.solution[7] ^= 1; },
         Seal::nothing},
        {"solution_short", E::invalid_solution, [](World& w) { w.next.header.solution.pop_back(); },
         Seal::nothing},
        {"solution_empty", E::invalid_solution, [](World& w) { w.next.header.solution.clear(); },
         Seal::nothing},
        {"nonce", E::invalid_solution, [](World& w) { w.next.header.nonce[31] ^= 1; },
         Seal::nothing},
        {"reserved", E::invalid_solution, [](World& w) { w.next.header.reserved.bytes[0] ^= 1; },
         Seal::nothing},
        {"hash_over_target", E::high_hash, [](World& w) { solve(w.spec, w.next.header, false); },
         Seal::nothing, 50},
        {"bits_over_limit", E::high_hash, [](World& w) { w.next.header.bits = 0x200f'0f10; },
         Seal::proof_of_work, 50},
        {"bits_negative", E::high_hash,
         [](World& w) { w.next.header.bits = 0x208f'0f0f, solve(w.spec, w.next.header); },
         Seal::nothing, 50},
        {"prev", E::prev_blk_not_found, [](World& w) { w.next.header.prev.bytes[5] ^= 1; },
         Seal::proof_of_work, 0},
        {"bits", E::bad_diffbits, [](World& w) { w.next.header.bits = 0x200f'0f0e; },
         Seal::proof_of_work},
        {"time_of_median", E::time_too_old,
         [](World& w) {
             w.next.header.time = time_bounds(w.spec, w.chain->ancestry(w.spec)).earliest - 1;
         },
         Seal::proof_of_work},
        {"time_past_median", E::time_too_far_ahead_of_mtp,
         [](World& w) {
             w.next.header.time = time_bounds(w.spec, w.chain->ancestry(w.spec)).latest + 1;
         },
         Seal::proof_of_work},
        {"clock", E::time_too_new, [](World& w) { w.now = w.next.header.time - 7201; },
         Seal::nothing, 0},
        {"checkpoint", E::checkpoint_mismatch,
         [](World& w) { w.spec.checkpoints[9] = w.chain->tip(); }, Seal::nothing},
        {"version_by_height", E::bad_version,
         [](World& w) {
             w.spec.upgrades = {{"five", 9, 5}};
         },
         Seal::nothing},
    };
}

std::vector<Mutation> body_mutations()
{
    using E = BlockError;
    return {
        {"merkle_root", E::bad_txnmrklroot,
         [](World& w) { w.next.header.merkle_root.bytes[0] ^= 1; }, Seal::proof_of_work},
        {"transaction_dropped", E::bad_txnmrklroot,
         [](World& w) { w.next.transactions.pop_back(); }, Seal::nothing},
        {"transactions_swapped", E::bad_txnmrklroot,
         [](World& w) { std::swap(first_spend(w), last_spend(w)); }, Seal::nothing},
        {"last_transaction_twice", E::bad_txns_duplicate,
         [](World& w) { w.next.transactions.push_back(Transaction(last_spend(w))); },
         Seal::nothing},
        {"no_transactions", E::bad_blk_length, [](World& w) { w.next.transactions.clear(); }},
        {"oversized", E::bad_blk_length,
         [](World& w) {
             w.spec.size.block_bytes_max = static_cast<u32>(to_bytes(w.next).size()) - 1;
         },
         Seal::nothing},
        {"no_coinbase", E::bad_cb_missing,
         [](World& w) { w.next.transactions.erase(w.next.transactions.begin()); }},
        {"coinbase_second", E::bad_cb_missing,
         [](World& w) { std::swap(coinbase(w), first_spend(w)); }},
        {"two_coinbases", E::bad_cb_multiple,
         [](World& w) {
             w.next.transactions.push_back(coinbase(w));
             w.next.transactions.back().lock_time = 1;
         }},
        {"sigops", E::bad_blk_sigops,
         [](World& w) {
             w.spec.size.block_sigops_max = 7;
             coinbase(w).outputs.push_back({0, sigops_script(4)});
             last_spend(w).inputs[0].script_sig = sigops_script(1);
         }},
        {"sigops_revealed", E::bad_blk_sigops,
         [](World& w) {
             // One CHECKMULTISIG of three keys behind a script hash: four with the payees' 2.
             const Script redeem{script::OP_1, script::OP_1 + 2, script::OP_CHECKMULTISIG};
             first_spend(w).outputs[0].script_pubkey = script::pay_to_script_hash(Hash160{});
             last_spend(w).inputs[0] = {{txid_of(first_spend(w)), 0},
                                        script::ScriptBuilder().push(redeem).take(),
                                        0xffffffff};
             w.spec.size.block_sigops_max = 5;
         }},
        {"height", E::bad_cb_height,
         [](World& w) { coinbase(w).inputs[0].script_sig[0] = script::OP_1 + 9; }},
        {"height_not_minimal", E::bad_cb_height,
         [](World& w) {
             coinbase(w).inputs[0].script_sig = {1, 9, 0};
         }},
        {"height_missing", E::bad_cb_height,
         [](World& w) {
             coinbase(w).inputs[0].script_sig = {0, 0};
         }},
        {"locked_to_this_height", E::bad_txns_nonfinal,
         [](World& w) { first_spend(w).lock_time = 9, first_spend(w).inputs[0].sequence = 0; }},
        {"locked_to_this_time", E::bad_txns_nonfinal,
         [](World& w) {
             first_spend(w).lock_time = w.next.header.time;
             first_spend(w).inputs[0].sequence = 0;
         }},
    };
}

std::vector<Mutation> reward_mutations()
{
    using E = BlockError;
    std::vector<Mutation> all;
    // Where one role's loss would be another's gain the sums stay right: only the split is wrong.
    const auto move_to_miner = [](std::size_t place, Amount amount) {
        return [=](World& w) { paid(w, place).value -= amount, paid(w, 0).value += amount; };
    };
    static const char* const kNames[3][4] = {
        {"treasury_one_less", "treasury_one_more", "treasury_missing", "treasury_other_script"},
        {"secure_one_less", "secure_one_more", "secure_missing", "secure_other_script"},
        {"super_one_less", "super_one_more", "super_missing", "super_other_script"}};
    for (const std::size_t place : {kTreasury, kSecure, kSuper}) {
        const auto& names = kNames[place - 1];
        all.push_back({names[0], E::cb_no_community_fund, move_to_miner(place, 1)});
        all.push_back({names[1], E::cb_no_community_fund, move_to_miner(place, -1)});
        all.push_back({names[2], E::cb_no_community_fund, [=](World& w) {
                           paid(w, 0).value += paid(w, place).value;
                           coinbase(w).outputs.erase(coinbase(w).outputs.begin() +
                                                     static_cast<std::ptrdiff_t>(place));
                       }});
        all.push_back({names[3], E::cb_no_community_fund,
                       [=](World& w) { paid(w, place).script_pubkey = kMinerScript; }});
    }
    all.push_back({"one_output_for_two_roles", E::cb_no_community_fund, [](World& w) {
                       paid(w, 0).value += paid(w, kSuper).value;
                       coinbase(w).outputs.pop_back();
                   }});
    all.push_back({"two_roles_in_one_sum", E::cb_no_community_fund, [](World& w) {
                       paid(w, kSecure).value += paid(w, kSuper).value;
                       coinbase(w).outputs.pop_back();
                   }});
    all.push_back({"scripts_swapped", E::cb_no_community_fund, [](World& w) {
                       std::swap(paid(w, kTreasury).script_pubkey, paid(w, kSecure).script_pubkey);
                   }});
    all.push_back({"values_swapped", E::cb_no_community_fund,
                   [](World& w) { std::swap(paid(w, kTreasury).value, paid(w, kSuper).value); }});
    all.push_back({"miner_takes_one_more", E::bad_cb_amount, [](World& w) { ++paid(w, 0).value; }});
    all.push_back({"fees_of_nobody", E::bad_cb_amount,
                   [](World& w) { last_spend(w).outputs[0].value += kFee; }});
    all.push_back({"an_output_more", E::bad_cb_amount, [](World& w) {
                       coinbase(w).outputs.push_back({1, kMinerScript});
                   }});
    return all;
}

std::vector<Mutation> transaction_mutations()
{
    using E = BlockError;
    const auto in_last = [](auto change) { return [=](World& w) { change(w, last_spend(w)); }; };
    return {
        {"coinbase_script_short", E::bad_cb_length,
         [](World& w) { coinbase(w).inputs[0].script_sig.resize(1); }},
        {"coinbase_script_long", E::bad_cb_length,
         [](World& w) { coinbase(w).inputs[0].script_sig.resize(101); }},
        {"tx_version_2", E::bad_txns_version,
         in_last([](World&, Transaction& tx) { tx.version = 2; })},
        {"tx_version_0", E::bad_txns_version,
         in_last([](World&, Transaction& tx) { tx.version = 0; })},
        {"tx_overwintered", E::bad_txns_version,
         in_last([](World&, Transaction& tx) { tx.version = static_cast<i32>(0x8000'0004); })},
        {"no_inputs", E::bad_txns_vin_empty,
         in_last([](World&, Transaction& tx) { tx.inputs.clear(); })},
        {"no_outputs", E::bad_txns_vout_empty,
         in_last([](World&, Transaction& tx) { tx.outputs.clear(); })},
        {"tx_oversized", E::bad_txns_oversize,
         in_last([](World&, Transaction& tx) { tx.outputs[0].script_pubkey.resize(100'000); })},
        {"tx_of_64_bytes", E::bad_txns_64_bytes,
         in_last([](World&, Transaction& tx) { tx.outputs[0].script_pubkey.resize(3); })},
        {"value_negative", E::bad_txns_vout_negative,
         in_last([](World&, Transaction& tx) { tx.outputs[0].value = -1; })},
        {"value_over_money", E::bad_txns_vout_toolarge,
         in_last([](World& w, Transaction& tx) { tx.outputs[0].value = w.spec.money_max + 1; })},
        {"sum_over_money", E::bad_txns_txouttotal_toolarge, in_last([](World& w, Transaction& tx) {
             tx.outputs[0].value = w.spec.money_max;
             tx.outputs.push_back({1, kMinerScript});
         })},
        {"same_outpoint_twice", E::bad_txns_inputs_duplicate,
         in_last([](World&, Transaction& tx) { tx.inputs.push_back(TxIn(tx.inputs[0])); })},
        {"null_prevout", E::bad_txns_prevout_null, in_last([](World&, Transaction& tx) {
             tx.inputs.push_back({OutPoint{}, kOpenSesame, 0});
         })},
        {"unknown_input", E::bad_txns_inputs_missingorspent,
         in_last([](World&, Transaction& tx) { tx.inputs[0].prevout.index = 7; })},
        {"spent_in_this_block", E::bad_txns_inputs_missingorspent,
         in_last([](World& w, Transaction& tx) { tx.inputs = first_spend(w).inputs; })},
        {"spent_before", E::bad_txns_inputs_missingorspent,
         [](World& w) { w.coins.coins.erase(first_spend(w).inputs[0].prevout); }, Seal::nothing},
        {"spent_before_it_is_made", E::bad_txns_inputs_missingorspent,
         [](World& w) { std::swap(first_spend(w), last_spend(w)); }},
        {"own_coinbase_spent", E::bad_txns_premature_spend_of_coinbase,
         in_last([](World& w, Transaction& tx) {
             tx.inputs[0].prevout = {txid_of(coinbase(w)), 0};
         })},
        {"coinbase_one_too_young", E::bad_txns_premature_spend_of_coinbase,
         [](World& w) { w.spec.coinbase_maturity = 9; }, Seal::nothing},
        {"pays_more_than_it_takes", E::bad_txns_in_belowout,
         in_last([](World&, Transaction& tx) { tx.outputs[0].value += kFee + 1; })},
        {"coins_over_money", E::bad_txns_fee_outofrange,
         [](World& w) {
             w.coins.coins[first_spend(w).inputs[0].prevout].out.value = w.spec.money_max + 1;
         },
         Seal::nothing},
        {"script_says_no", E::script_verify_failed,
         in_last([](World&, Transaction& tx) { tx.inputs[0].script_sig = {script::OP_RETURN}; })},
        {"txid_still_unspent", E::bad_txns_bip30,
         [](World& w) {
             w.coins.coins[{txid_of(first_spend(w)), 0}] = {{1, kMinerScript}, Height(2), false};
         },
         Seal::nothing},
    };
}

std::vector<Mutation> all_mutations()
{
    std::vector<Mutation> all;
    for (auto part :
         {header_mutations(), body_mutations(), reward_mutations(), transaction_mutations()})
        all.insert(all.end(), part.begin(), part.end());
    return all;
}

void reseal(World& w, Seal what)
{
    // A changed body changes what the last transaction spends; keep it the child of the first.
    if (what == Seal::all) w.next.header.merkle_root = merkle_root_of(w.next.transactions).root;
    if (what != Seal::nothing) solve(w.spec, w.next.header);
}

class Mutations : public testing::TestWithParam<Mutation> {};

TEST_P(Mutations, AreRefusedWithTheirWordAndScore)
{
    World changed = world();
    ASSERT_TRUE(changed.judge_it(changed.next)) << "the twin is valid";
    GetParam().change(changed);
    reseal(changed, GetParam().reseal);
    const auto verdict = changed.judge_it(changed.next);
    ASSERT_FALSE(verdict);
    EXPECT_EQ(reject_word(verdict.error()), reject_word(GetParam().expected));
    EXPECT_EQ(misbehaviour_points(verdict.error()), GetParam().points);
}

TEST(AllMutations, LeaveNoRuleOut)
{
    std::set<BlockError> met;
    for (const Mutation& mutation : all_mutations()) met.insert(mutation.expected);
    for (int i = 0; i <= static_cast<int>(BlockError::invalidated); ++i) {
        const auto error = static_cast<BlockError>(i);
        // These two are about blocks before this one, and the chain's tests meet them.
        if (error == BlockError::bad_prevblk || error == BlockError::invalidated) continue;
        EXPECT_TRUE(met.contains(error)) << reject_word(error);
    }
    EXPECT_GE(all_mutations().size(), 75u);
}

INSTANTIATE_TEST_SUITE_P(Block, Mutations, testing::ValuesIn(all_mutations()),
                         [](const auto& test) { return test.param.name; });

/// Changes just inside each bound, which must pass.
std::vector<Mutation> harmless_changes()
{
    const auto none = BlockError{};
    return {
        {"nothing", none, [](World&) {}, Seal::nothing},
        {"earliest_time", none,
         [](World& w) {
             w.next.header.time = time_bounds(w.spec, w.chain->ancestry(w.spec)).earliest;
         },
         Seal::proof_of_work},
        {"latest_time", none,
         [](World& w) {
             w.next.header.time = time_bounds(w.spec, w.chain->ancestry(w.spec)).latest;
         },
         Seal::proof_of_work},
        {"clock_two_hours_behind", none, [](World& w) { w.now = w.next.header.time - 7200; },
         Seal::nothing},
        {"checkpoint_met", none, [](World& w) { w.spec.checkpoints[9] = hash_of(w.next.header); },
         Seal::nothing},
        {"higher_version", none, [](World& w) { w.next.header.version = 5; }, Seal::proof_of_work},
        {"exactly_the_largest_block", none,
         [](World& w) { w.spec.size.block_bytes_max = static_cast<u32>(to_bytes(w.next).size()); },
         Seal::nothing},
        {"exactly_as_many_sigops", none,
         [](World& w) {
             w.spec.size.block_sigops_max = 7;
             coinbase(w).outputs.push_back({0, sigops_script(4)});
         }},
        {"largest_transaction", none,
         [](World& w) {
             Script& script = last_spend(w).outputs[0].script_pubkey;
             script.resize(90'000);
             script.resize(script.size() + 100'000 - to_bytes(last_spend(w)).size());
         }},
        {"locked_to_the_height_before", none,
         [](World& w) { last_spend(w).lock_time = 8, last_spend(w).inputs[0].sequence = 0; }},
        {"locked_but_final", none, [](World& w) { last_spend(w).lock_time = 1'000'000; }},
        {"outputs_in_another_order", none,
         [](World& w) { std::reverse(coinbase(w).outputs.begin(), coinbase(w).outputs.end()); }},
        {"miner_takes_less", none, [](World& w) { paid(w, 0).value -= 12345; }},
        {"miner_takes_nothing", none,
         [](World& w) { coinbase(w).outputs.erase(coinbase(w).outputs.begin()); }},
        {"longest_coinbase_script", none,
         [](World& w) { coinbase(w).inputs[0].script_sig.resize(100); }},
        {"coinbase_just_mature", none, [](World& w) { w.spec.coinbase_maturity = 8; },
         Seal::nothing},
        {"no_fee", none,
         [](World& w) {
             last_spend(w).outputs[0].value += kFee;
             paid(w, 0).value -= kFee;
         }},
    };
}

class Harmless : public testing::TestWithParam<Mutation> {};

TEST_P(Harmless, ChangesPass)
{
    World changed = world();
    GetParam().change(changed);
    reseal(changed, GetParam().reseal);
    const auto verdict = changed.judge_it(changed.next);
    ASSERT_TRUE(verdict) << reject_word(verdict.error());
}

INSTANTIATE_TEST_SUITE_P(Block, Harmless, testing::ValuesIn(harmless_changes()),
                         [](const auto& test) { return test.param.name; });

TEST(ConnectBlock, TellsWhatItDoesToCoins)
{
    World w = world();
    const auto effect = w.judge_it(w.next);
    ASSERT_TRUE(effect);
    EXPECT_EQ(effect->fees, 2 * kFee);
    EXPECT_EQ(effect->issued, subsidy_at(w.spec.subsidy, Height(9)));
    EXPECT_EQ(effect->unspendable, 0);
    EXPECT_EQ(effect->created.size(), 6u);  // four of the coinbase, one of each spend
    EXPECT_EQ(effect->spent.size(), 2u);    // the second of them made in this very block

    const auto before = w.coins.coins;
    w.coins.apply(*effect);
    EXPECT_EQ(w.coins.coins.size(), before.size() + 6 - 2);
    w.coins.undo(*effect);
    EXPECT_EQ(w.coins.coins, before);
}

TEST(ConnectBlock, KeepsNoOutputThatNobodyCanSpend)
{
    World w = world();
    const Amount burnt = last_spend(w).outputs[0].value;
    last_spend(w).outputs[0].script_pubkey = script::null_data(as_bytes("gone"));
    reseal(w, Seal::all);
    const auto effect = w.judge_it(w.next);
    ASSERT_TRUE(effect);
    EXPECT_EQ(effect->unspendable, burnt);
    EXPECT_EQ(effect->created.size(), 5u);
}

TEST(ConnectBlock, NobodySpendsWhileScriptsCannotRun)
{
    const World& w = world();
    const auto verdict = connect_block(w.spec, w.next, Height(9), w.coins, refuse_every_spend());
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error(), BlockError::script_verify_failed);
}

TEST(MakeCoinbase, PaysMinerFirstThenTheRolesInOrder)
{
    const World& w = world();
    const Transaction tx = make_coinbase(w.spec, Height(300), kMinerScript, 7, as_bytes("fresh"));
    ASSERT_EQ(tx.outputs.size(), 4u);
    EXPECT_EQ(tx.outputs[0], (TxOut{7'5000'0007, kMinerScript}));
    EXPECT_EQ(tx.outputs[kTreasury].value, 2'5000'0000);
    EXPECT_EQ(tx.outputs[kSecure].value, 1'2500'0000);
    EXPECT_EQ(tx.outputs[kSuper].value, 1'2500'0000);
    EXPECT_EQ(tx.inputs[0].script_sig, (Script{2, 0x2c, 0x01, 5, 'f', 'r', 'e', 's', 'h'}));
    EXPECT_EQ(make_coinbase(w.spec, Height(1), kMinerScript, 0, {}).inputs[0].script_sig,
              (Script{script::OP_1, script::OP_0}));
    const Bytes longest(kCoinbaseExtraBytesMax, 3);
    EXPECT_TRUE(
        check_tx(w.spec, make_coinbase(w.spec, Height(0xffffffff), kMinerScript, 0, longest)));
}

TEST(Verdicts, BlameWhoDeservesIt)
{
    EXPECT_EQ(misbehaviour_points(BlockError::invalid_solution), 100);
    EXPECT_EQ(misbehaviour_points(BlockError::high_hash), 50);
    EXPECT_EQ(misbehaviour_points(BlockError::time_too_new), 0);
    for (const auto passing :
         {BlockError::bad_txnmrklroot, BlockError::bad_txns_duplicate,
          BlockError::bad_txns_64_bytes, BlockError::time_too_new, BlockError::prev_blk_not_found})
        EXPECT_FALSE(is_permanent(passing)) << reject_word(passing);
    EXPECT_TRUE(is_permanent(BlockError::cb_no_community_fund));
}

}  // namespace
}  // namespace adit::node::consensus
