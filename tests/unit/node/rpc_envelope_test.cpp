#include <gtest/gtest.h>

#include "node/rpc/dispatcher.hpp"

namespace adit::node::rpc {
namespace {

/// A table in which `help` echoes its parameter and `uptime` fails in the way that was asked for.
MethodTable small_table()
{
    MethodTable table;
    table.add("help", [](const Params& params) -> RpcResult {
        const json::value* v = params.at(0);
        return v != nullptr ? *v : json::value("nothing");
    });
    table.add("getblockhash", [](const Params& params) -> RpcResult {
        ADIT_TRY(const auto code, params.integer(0));
        return RpcError{static_cast<RpcCode>(*code), "as asked"};
    });
    return table;
}

HttpAnswer answer_to(std::string_view body)
{
    const MethodTable table = small_table();
    Dispatcher dispatcher(table, [](const auto& work) { work(); });
    std::optional<HttpAnswer> answer;
    dispatcher.answer(body, {}, [&](HttpAnswer a) {
        EXPECT_FALSE(answer.has_value());
        answer = std::move(a);
    });
    return answer.value_or(HttpAnswer{0, "never answered"});
}

struct Row {
    const char* body;
    int status;
    const char* answer;
};
class Envelope : public testing::TestWithParam<Row> {};

TEST_P(Envelope, IsAnsweredLikeZcashd)
{
    const HttpAnswer answer = answer_to(GetParam().body);
    EXPECT_EQ(answer.status, GetParam().status);
    EXPECT_EQ(answer.body, std::string(GetParam().answer) + '\n');
}

INSTANTIATE_TEST_SUITE_P(
    Single, Envelope,
    testing::Values(
        Row{R"({"id":1,"method":"help","params":["x"]})", 200,
            R"({"result":"x","error":null,"id":1})"},
        Row{R"({"jsonrpc":"2.0","id":"a","method":"help","params":null})", 200,
            R"({"result":"nothing","error":null,"id":"a"})"},
        Row{R"({"method":"help"})", 200, R"({"result":"nothing","error":null,"id":null})"},
        Row{R"({"id":{"deep":[1]},"method":"help","params":[{"a":1}]})", 200,
            R"({"result":{"a":1},"error":null,"id":{"deep":[1]}})"},
        Row{R"({"id":1,"method":"help","params":{"a":1}})", 400,
            R"({"result":null,"error":{"code":-32600,"message":"Params must be an array"},"id":1})"},
        Row{R"({"id":1,"method":7})", 400,
            R"({"result":null,"error":{"code":-32600,"message":"Method must be a string"},"id":1})"},
        Row{R"({"id":1})", 400,
            R"({"result":null,"error":{"code":-32600,"message":"Missing method"},"id":1})"},
        Row{R"({"id":1,"method":"nosuch"})", 404,
            R"({"result":null,"error":{"code":-32601,"message":"Method not found"},"id":1})"},
        Row{R"({"id":1,"method":"getblockhash","params":[-5]})", 500,
            R"({"result":null,"error":{"code":-5,"message":"as asked"},"id":1})"},
        Row{R"({"id":1,"method":"getblockhash","params":["x"]})", 500,
            R"({"result":null,"error":{"code":-3,"message":"height must be a whole number"},"id":1})"},
        Row{"{", 500,
            R"({"result":null,"error":{"code":-32700,"message":"Parse error: incomplete JSON"},"id":null})"},
        Row{"\"x\"", 500,
            R"({"result":null,"error":{"code":-32700,"message":"Top-level object parse error"},"id":null})"}));

INSTANTIATE_TEST_SUITE_P(
    Batch, Envelope,
    testing::Values(
        Row{"[]", 200, "[]"},
        Row{R"([{"id":1,"method":"help"},{"id":2,"method":"nosuch"},3])", 200,
            R"([{"result":"nothing","error":null,"id":1},)"
            R"({"result":null,"error":{"code":-32601,"message":"Method not found"},"id":2},)"
            R"({"result":null,"error":{"code":-32600,"message":"Invalid Request object"},"id":null}])"}));

TEST(Calls, WrongCountsGetTheHelp)
{
    const HttpAnswer none = answer_to(R"({"id":1,"method":"getblockhash"})");
    EXPECT_EQ(none.status, 500);
    EXPECT_NE(none.body.find(R"("code":-1,"message":"getblockhash height\n\n)"), std::string::npos);
    const HttpAnswer many = answer_to(R"({"id":1,"method":"help","params":["a","b"]})");
    EXPECT_NE(many.body.find("\"code\":-1"), std::string::npos);
}

TEST(Calls, BatchesHaveALimit)
{
    std::string batch = "[";
    for (std::size_t i = 0; i < kBatchCallsMax; ++i) batch += "{\"method\":\"help\"},";
    batch.back() = ']';
    EXPECT_EQ(answer_to(batch).status, 200);
    batch.back() = ',';
    EXPECT_EQ(answer_to(batch + "1]").status, 400);
}

TEST(Calls, BatchesStopWhereTheirAnswersGrowTooLong)
{
    MethodTable table;
    int calls = 0;
    table.add("help", [&](const Params&) -> RpcResult {
        ++calls;
        return json::value(std::string(kBatchAnswerBytesMax / 4, 'x'));
    });
    Dispatcher dispatcher(table, [](const auto& work) { work(); });
    std::string batch = "[";
    for (int i = 0; i < 9; ++i) batch += "{\"method\":\"help\"},";
    batch.back() = ']';
    dispatcher.answer(batch, {}, [&](const HttpAnswer& answer) {
        EXPECT_LT(answer.body.size(), 2 * kBatchAnswerBytesMax);
        EXPECT_TRUE(answer.body.ends_with(
            R"({"result":null,"error":{"code":-7,"message":"the batch's answers are too long: )"
            R"(ask in smaller batches"},"id":null}])"
            "\n"));
    });
    EXPECT_EQ(calls, 4);
}

TEST(Calls, AFullWorkQueueIsSaidAtOnce)
{
    const MethodTable table = small_table();
    std::vector<std::function<void()>> queue;
    Dispatcher dispatcher(
        table, [&](auto work) { queue.push_back(std::move(work)); }, 2);
    std::vector<int> statuses;
    const auto ask = [&] {
        dispatcher.answer("{\"method\":\"help\"}", {},
                          [&](const HttpAnswer& a) { statuses.push_back(a.status); });
    };
    ask(), ask(), ask();
    EXPECT_EQ(statuses, std::vector({503}));
    for (auto& work : std::exchange(queue, {})) work();
    ask();
    EXPECT_EQ(statuses, std::vector({503, 200, 200}));
    queue.at(0)();
    EXPECT_EQ(statuses, std::vector({503, 200, 200, 200}));
}

TEST(Calls, ACallThatWaitsHoldsUpItsOwnBatchOnly)
{
    MethodTable table = small_table();
    Reply waiting;
    table.add_waiting("getblocktemplate", [&](const Params&, std::stop_token, Reply reply) {
        waiting = std::move(reply);
    });
    Dispatcher dispatcher(table, [](const auto& work) { work(); });
    std::string batch, other;
    dispatcher.answer(R"([{"id":1,"method":"getblocktemplate"},{"id":2,"method":"help"}])", {},
                      [&](HttpAnswer a) { batch = a.body; });
    dispatcher.answer(R"({"id":3,"method":"help"})", {}, [&](HttpAnswer a) { other = a.body; });
    EXPECT_EQ(batch, "");
    EXPECT_NE(other, "");
    waiting(json::value("late"));
    EXPECT_EQ(batch,
              R"([{"result":"late","error":null,"id":1},{"result":"nothing","error":null,"id":2}])"
              "\n");
}

}  // namespace
}  // namespace adit::node::rpc
