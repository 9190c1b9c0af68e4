#include "node/consensus/subsidy.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>

#include "node/script/templates.hpp"
#include "tests/support/vectors.hpp"

namespace adit::node::consensus {
namespace {

constexpr Amount kHalf = 6'2500'0000;
constexpr Amount kWhole = 12'5000'0000;

struct ShareRow {
    Amount subsidy;
    BasisPoints share_bp;
    Amount share;
};
class ShareOf : public testing::TestWithParam<ShareRow> {};
TEST_P(ShareOf, RoundsDown)
{
    EXPECT_EQ(share_of(GetParam().subsidy, GetParam().share_bp), GetParam().share);
}
constexpr Amount kAmountMax = std::numeric_limits<Amount>::max();
INSTANTIATE_TEST_SUITE_P(Subsidies, ShareOf,
                         testing::Values(ShareRow{kWhole, 6'000, 7'5000'0000},
                                         ShareRow{kWhole, 850, 1'0625'0000}, ShareRow{1, 1'000, 0},
                                         ShareRow{9'999, 1, 0}, ShareRow{10'000, 1, 1},
                                         ShareRow{19'999, 5'000, 9'999},
                                         ShareRow{kAmountMax, 10'000, kAmountMax},
                                         ShareRow{kAmountMax, 0, 0}));

struct SubsidyRow {
    SubsidyRule rule;
    u32 height;
    Amount subsidy;
};
class SubsidyAt : public testing::TestWithParam<SubsidyRow> {};
TEST_P(SubsidyAt, FollowsSlowStartAndHalvings)
{
    EXPECT_EQ(subsidy_at(GetParam().rule, Height(GetParam().height)), GetParam().subsidy)
        << "height " << GetParam().height;
}
constexpr SubsidyRule kHorizen{kWhole, 840'000, 2};
constexpr SubsidyRule kPlain{kWhole, 840'000, 0};
constexpr SubsidyRule kZcash{kWhole, 840'000, 20'000};  // before Blossom
INSTANTIATE_TEST_SUITE_P(
    Heights, SubsidyAt,
    testing::Values(SubsidyRow{kHorizen, 0, 0}, SubsidyRow{kHorizen, 1, kWhole},
                    SubsidyRow{kHorizen, 840'000, kWhole}, SubsidyRow{kHorizen, 840'001, kHalf},
                    SubsidyRow{kHorizen, 1'680'000, kHalf},
                    SubsidyRow{kHorizen, 1'680'001, kHalf / 2}, SubsidyRow{kPlain, 0, 0},
                    SubsidyRow{kPlain, 1, kWhole}, SubsidyRow{kPlain, 839'999, kWhole},
                    SubsidyRow{kPlain, 840'000, kHalf}, SubsidyRow{kZcash, 1, 62'500},
                    SubsidyRow{kZcash, 9'999, 9'999 * Amount{62'500}},
                    SubsidyRow{kZcash, 10'000, 10'001 * Amount{62'500}},
                    SubsidyRow{kZcash, 19'999, kWhole}, SubsidyRow{kZcash, 20'000, kWhole},
                    SubsidyRow{kZcash, 849'999, kWhole}, SubsidyRow{kZcash, 850'000, kHalf},
                    SubsidyRow{{kWhole, 1, 0}, 30, 1}, SubsidyRow{{kWhole, 1, 0}, 31, 0},
                    SubsidyRow{{kWhole, 1, 0}, 64, 0}, SubsidyRow{{kWhole, 1, 0}, 0xffffffff, 0}));

TEST(Subsidy, SumsAreThoseOfTheSingleBlocks)
{
    for (const SubsidyRule& rule :
         {kHorizen, SubsidyRule{kWhole, 37, 0}, SubsidyRule{kWhole, 37, 12},
          SubsidyRule{kWhole, 5, 40}, SubsidyRule{0, 5, 0}, SubsidyRule{1, 1, 0}}) {
        Amount sum = 0;
        for (u32 height = 0; height < 2'000; ++height) {
            sum += subsidy_at(rule, Height(height));
            ASSERT_EQ(issued_up_to(rule, Height(height)), sum) << height;
        }
    }
    EXPECT_EQ(issued_up_to({kAmountMax, 0xffffffff, 0}, Height(0xffffffff)), kAmountMax)
        << "more than fits is as much as fits";
}

/// The spec of one net of the published tables.
ChainSpec horizen_spec(const json::object& tables, const std::string& net, bool main)
{
    static const std::pair<const char*, Role> kKinds[] = {{"FOUNDATION", Role::treasury},
                                                          {"SECURENODE", Role::secure_nodes},
                                                          {"SUPERNODE", Role::super_nodes}};
    const json::object& prefixes = *json::object_of(*json::object_of(tables, "address_prefixes"),
                                                    main ? "main" : "test_and_regtest");
    const auto prefix = [&](const char* key) {
        const Bytes bytes = test::hex(prefixes, key);
        return std::array<u8, 2>{bytes[0], bytes[1]};
    };
    const AddressPrefixes now{prefix("pubkey"), prefix("script"), 0};
    const AddressPrefixes old{prefix("old_pubkey"), prefix("old_script"), 0};

    ChainSpec spec;
    spec.subsidy.initial = kWhole;
    spec.subsidy.halving_interval =
        static_cast<u32>(test::integer(*json::object_of(tables, "halving"), net));
    spec.subsidy.slow_start = net == "REGTEST" ? 0 : 2;
    for (const auto& entry : *json::array_of(tables, "forks")) {
        const json::object& fork = entry.as_object();
        RewardEra era;
        era.from = static_cast<u32>(test::integer(*json::object_of(fork, "heights"), net));
        const json::object& shares = *json::object_of(fork, "per_mille");
        const json::object& addresses = *json::object_of(*json::object_of(fork, "addresses"), net);
        for (const auto& [kind, role] : kKinds) {
            const auto per_mille = json::integer_of(shares, kind);
            if (!per_mille) continue;
            Payee payee{role, PayeeKind::address, *per_mille * 10, {}, {}, 0, 0};
            for (const auto& address : *json::array_of(addresses, kind)) {
                const std::string text(address.as_string().c_str());
                auto parsed = parse_address(text, now);
                if (!parsed) parsed = parse_address(text, old);
                EXPECT_TRUE(parsed) << text;
                payee.addresses.push_back(text);
                payee.scripts.push_back(script::pay_to(*parsed));
            }
            const bool first_fork = test::integer(fork, "fork") == 1;
            const i64 count = static_cast<i64>(payee.scripts.size());
            payee.rotation_interval = static_cast<u32>(
                first_fork ? (spec.subsidy.halving_interval + count) / count
                           : test::integer(*json::object_of(tables, "rotation_interval"), net));
            payee.rotation_from = first_fork ? 0 : era.from;
            era.payees.push_back(std::move(payee));
        }
        spec.reward_eras.push_back(std::move(era));
    }
    return spec;
}

TEST(RewardPlan, IsHorizensAtEveryPublishedHeight)
{
    const auto file = test::load_vectors("horizen/community-fund.json");
    const json::object& tables = file.as_object();
    const std::map<std::string, ChainSpec, std::less<>> specs{
        {"main", horizen_spec(tables, "MAIN", true)},
        {"testnet", horizen_spec(tables, "TESTNET", false)},
        {"regtest", horizen_spec(tables, "REGTEST", false)}};
    const json::array& cases = *json::array_of(tables, "cases");
    ASSERT_EQ(cases.size(), 59u);
    for (const auto& entry : cases) {
        const json::object& row = entry.as_object();
        const Height height(static_cast<u32>(test::integer(row, "height")));
        SCOPED_TRACE(std::string(test::text(row, "network")) + " " + std::to_string(height.value));
        const RewardPlan plan = reward_plan(specs.find(test::text(row, "network"))->second, height);
        EXPECT_EQ(plan.subsidy, test::integer(row, "subsidy"));
        EXPECT_EQ(plan.miner, test::integer(row, "miner"));
        const json::array& required = *json::array_of(row, "required");
        ASSERT_EQ(plan.required.size(), required.size());
        for (std::size_t i = 0; i < required.size(); ++i) {
            const json::object& output = required[i].as_object();
            EXPECT_EQ(plan.required[i].amount, test::integer(output, "value"));
            EXPECT_EQ(plan.required[i].script, test::hex(output, "script"));
            EXPECT_EQ(plan.required[i].address, test::text(output, "address"));
        }
    }
}

TEST(RewardPlan, APayeeWithNothingRequiresNothing)
{
    ChainSpec spec;
    spec.subsidy = {3, 1000, 0};  // a tenth of 3 rounds down to nothing
    spec.reward_eras = {
        {1,
         {Payee{Role::treasury, PayeeKind::address, 5000, {{0x51}}, {"t"}, 0, 0},
          Payee{Role::secure_nodes, PayeeKind::address, 1000, {{0x52}}, {"s"}, 0, 0}}}};
    const RewardPlan plan = reward_plan(spec, Height(1));
    ASSERT_EQ(plan.required.size(), 1u);
    EXPECT_EQ(plan.required[0], (RequiredOutput{Role::treasury, {0x51}, 1, "t"}));
    EXPECT_EQ(plan.miner, 2);
    EXPECT_TRUE(reward_plan(spec, Height(0)).required.empty());
}

// Small worlds of few scripts and amounts, so that outputs and requirements often coincide; held
// against the plain count of each (script, amount).
TEST(CheckPayees, MatchesAsAMultiset)
{
    rc::check([] {
        const auto outputs_of = [](int most) {
            return *rc::gen::container<std::vector<std::pair<int, int>>>(
                *rc::gen::inRange(0, most),
                rc::gen::pair(rc::gen::inRange(0, 2), rc::gen::inRange(1, 3)));
        };
        const auto paid = outputs_of(6);
        const auto wanted = outputs_of(5);
        std::vector<TxOut> outputs;
        RewardPlan plan;
        std::map<std::pair<int, int>, int> balance;
        for (const auto& [script, amount] : paid) {
            outputs.push_back({amount, {static_cast<u8>(script)}});
            ++balance[{script, amount}];
        }
        for (const auto& [script, amount] : wanted) {
            plan.required.push_back({Role::treasury, {static_cast<u8>(script)}, amount, ""});
            --balance[{script, amount}];
        }
        bool enough = true;
        for (const auto& [kind, left] : balance) enough = enough && left >= 0;
        RC_ASSERT(check_payees(outputs, plan).has_value() == enough);
    });
}

TEST(CheckCoinbaseAmount, TheMinerMayTakeLessAndNeverMore)
{
    RewardPlan plan;
    plan.subsidy = 100;
    const auto check = [&](std::vector<TxOut> outputs, Amount fees) {
        return check_coinbase_amount(outputs, plan, fees).has_value();
    };
    EXPECT_TRUE(check({{100, {}}}, 0));
    EXPECT_TRUE(check({{99, {}}}, 0));
    EXPECT_TRUE(check({{60, {}}, {45, {}}}, 5));
    EXPECT_FALSE(check({{101, {}}}, 0));
    EXPECT_FALSE(check({{60, {}}, {46, {}}}, 5));
    EXPECT_FALSE(check({{kAmountMax, {}}, {kAmountMax, {}}}, kAmountMax));
}

}  // namespace
}  // namespace adit::node::consensus
