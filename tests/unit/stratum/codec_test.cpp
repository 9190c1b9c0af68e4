#include "stratum/proto/codec.hpp"

#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"
#include "tests/support/vectors.hpp"

namespace adit::stratum {
namespace {

const std::string kZeros64(64, '0');
const std::string kNotifyFields = "\"04000000\",\"" + std::string(64, 'a') + "\",\"" +
                                  std::string(64, 'b') + "\",\"" + kZeros64 +
                                  "\",\"fc06026b\",\"0f0f0f20\"";

std::string notify_line(const std::string& rest, const std::string& id = "\"cccd\"")
{
    return R"({"id":null,"method":"mining.notify","params":[)" + id + ',' + kNotifyFields + rest +
           "]}";
}

template <class Body>
Body server_says(const std::string& line)
{
    const auto message = parse_server_line(line);
    EXPECT_TRUE(message) << line << ": " << to_string(message.error());
    if (!message || !std::holds_alternative<Body>(message->body)) {
        ADD_FAILURE() << "not the expected message: " << line;
        return {};
    }
    return std::get<Body>(message->body);
}

template <class Body>
Body client_says(const std::string& line)
{
    const auto message = parse_client_line(line);
    EXPECT_TRUE(message) << line << ": " << to_string(message.error());
    if (!message || !std::holds_alternative<Body>(message->body)) {
        ADD_FAILURE() << "not the expected message: " << line;
        return {};
    }
    return std::get<Body>(message->body);
}

CodecError error_of(const std::string& line)
{
    const auto message = parse_server_line(line);
    EXPECT_FALSE(message) << line;
    return message ? CodecError{} : message.error();
}

AlgorithmHint hint(u32 n, u32 k, std::string_view tag)
{
    AlgorithmHint out;
    if (n != 0) out.params = ParamsHint{n, k};
    if (!tag.empty()) read_hint(tag, out);
    return out;
}

// ── recorded conversations ──────────────────────────────────────────────────────────────────────

/// Each recorded line is read, written again, and compared as JSON: our words mean what s-nomp's
/// and its miner's meant. Only fields that we deliberately leave out may differ.
TEST(Codec, ReadsEveryRecordedLine)
{
    int lines = 0;
    for (const char* file :
         {"stratum/s-nomp-48_5.json", "stratum/s-nomp-errors-and-rebroadcast.json"}) {
        const json::value session = test::load_vectors(file);
        for (const json::value& entry : json::array_of(session.as_object(), "lines")[0]) {
            const std::string line(test::text(entry.as_object(), "line"));
            if (test::text(entry.as_object(), "dir") == "client") {
                const auto message = parse_client_line(line);
                ASSERT_TRUE(message) << line;
                EXPECT_FALSE(std::holds_alternative<Refused>(message->body)) << line;
            } else {
                const auto message = parse_server_line(line);
                ASSERT_TRUE(message) << line;
                EXPECT_FALSE(std::holds_alternative<UnknownRequest>(message->body)) << line;
            }
            ++lines;
        }
    }
    EXPECT_EQ(lines, 121);
}

json::value parsed(std::string_view line)
{
    auto v = json::parse(line);
    EXPECT_TRUE(v) << line;
    return v ? *v : json::value();
}

TEST(Codec, WritesSubmitsAsTheRecordedMinerDid)
{
    const json::value session = test::load_vectors("stratum/s-nomp-48_5.json");
    int submits = 0;
    for (const json::value& entry : json::array_of(session.as_object(), "lines")[0]) {
        const std::string line(test::text(entry.as_object(), "line"));
        if (test::text(entry.as_object(), "dir") != "client") continue;
        const auto message = parse_client_line(line);
        const auto* submit = std::get_if<Submit>(&message->body);
        if (submit == nullptr) continue;
        const std::string written = encode(message->id, *submit);
        EXPECT_TRUE(written.ends_with('\n'));
        EXPECT_EQ(parsed(written.substr(0, written.size() - 1)), parsed(line));
        ++submits;
    }
    EXPECT_EQ(submits, 45);
}

// ── quirks, one row each ────────────────────────────────────────────────────────────────────────

struct HintRow {
    const char* rest;  ///< what follows bits
    bool clean;
    AlgorithmHint expected;
};

TEST(Codec, TakesHintsWhereverAndInWhateverShapeTheyCome)
{
    for (const HintRow& row : {
             HintRow{",true", true, {}},
             HintRow{"", true, {}},
             HintRow{",false", false, {}},
             HintRow{",\"true\"", true, {}},
             HintRow{",1", true, {}},
             HintRow{",0", false, {}},
             HintRow{R"(,true,"144_5","BgoldPoW")", true, hint(144, 5, "BgoldPoW")},
             HintRow{R"(,true,"BgoldPoW","144_5")", true, hint(144, 5, "BgoldPoW")},
             HintRow{R"(,true,null,null)", true, {}},
             HintRow{R"(,true,false,"ZcashPoW")", true, hint(0, 0, "ZcashPoW")},
             HintRow{R"(,true,7,{},[],"192_7")", true, hint(192, 7, "")},
             HintRow{R"(,true,"auto","144_5_")", true, {}},
             HintRow{R"(,true,"144_","_5")", true, {}},
             HintRow{R"(,true,"-144_5")", true, {}},
             HintRow{R"(,true,"125_4","ZelProof","99_9","ZcashPoW")", true,
                     hint(125, 4, "ZelProof")},
             HintRow{R"(,true,"99999999999_5")", true, {}},
         }) {
        const auto notify = server_says<Notify>(notify_line(row.rest));
        EXPECT_EQ(notify.hint, row.expected) << row.rest;
        EXPECT_EQ(notify.clean_jobs, row.clean) << row.rest;
        EXPECT_EQ(notify.job.text, "cccd");
        EXPECT_EQ(to_hex(ByteView(notify.header)), "04000000" + std::string(64, 'a') +
                                                       std::string(64, 'b') + kZeros64 +
                                                       "fc06026b0f0f0f20");
    }
}

TEST(Codec, TakesJobIdsAsNumbers)
{
    EXPECT_EQ(server_says<Notify>(notify_line(",true", "17")).job.text, "17");
    EXPECT_EQ(server_says<Notify>(notify_line(",true", "\"\"")).job.text, "");
}

struct ReplyRow {
    const char* line;
    bool accepted;
    std::optional<WireError> error;
};

TEST(Codec, ReadsResultsAndErrorsOfAnyShape)
{
    for (const ReplyRow& row : {
             ReplyRow{R"({"id":1,"result":true,"error":null})", true, {}},
             ReplyRow{R"({"id":1,"result":true})", true, {}},
             ReplyRow{R"({"error":null,"result":"OK","id":1})", true, {}},
             ReplyRow{R"({"id":1,"result":{"status":"OK"}})", true, {}},
             ReplyRow{R"({"id":1,"result":null,"error":null})", true, {}},
             ReplyRow{R"({"id":1,"result":1})", true, {}},
             ReplyRow{R"({"id":1,"result":"true","error":false})", true, {}},
             ReplyRow{R"({"id":1,"result":true,"error":[]})", true, {}},
             ReplyRow{R"({"id":1,"result":false})", false, {}},
             ReplyRow{R"({"id":1,"result":0})", false, {}},
             ReplyRow{R"({"id":1,"result":"false"})", false, {}},
             ReplyRow{R"({"id":1,"result":false,"error":[21,"job not found"]})", false,
                      WireError{21, "job not found"}},
             ReplyRow{R"({"id":1,"result":null,"error":[24,"unauthorized worker",null]})", false,
                      WireError{24, "unauthorized worker"}},
             ReplyRow{R"({"id":1,"error":{"code":23,"message":"low"}})", false,
                      WireError{23, "low"}},
             ReplyRow{R"({"id":1,"error":{"code":"22"}})", false, WireError{22, ""}},
             ReplyRow{R"({"id":1,"error":["21","stale"]})", false, WireError{21, "stale"}},
             ReplyRow{R"({"id":1,"error":["Stale share"]})", false, WireError{0, "Stale share"}},
             ReplyRow{R"({"id":1,"error":"low difficulty share"})", false,
                      WireError{0, "low difficulty share"}},
             ReplyRow{R"({"id":1,"error":20})", false, WireError{20, ""}},
             ReplyRow{R"({"id":1,"error":true})", false, WireError{}},
             ReplyRow{R"({"id":1,"error":[1e300,"x"]})", false, WireError{0, "x"}},
         }) {
        const auto reply = server_says<Reply>(row.line);
        EXPECT_EQ(reply.accepted, row.accepted) << row.line;
        EXPECT_EQ(reply.error, row.error) << row.line;
    }
}

TEST(Codec, TakesIdsOfAnyKind)
{
    const auto id = [](const char* line) { return parse_server_line(line)->id; };
    EXPECT_EQ(id(R"({"id":7,"result":true})"), RequestId{i64{7}});
    EXPECT_EQ(id(R"({"id":"7","result":true})"), RequestId{std::string("7")});
    EXPECT_EQ(id(R"({"id":null,"result":true})"), RequestId{});
    EXPECT_EQ(id(R"({"result":true})"), RequestId{});
    EXPECT_EQ(error_of(R"({"id":[1],"result":true})"), CodecError::bad_id);
}

struct SubscribedRow {
    const char* result;
    const char* session;
    const char* nonce_1;
};

TEST(Codec, ReadsSubscribeAnswers)
{
    for (const SubscribedRow& row : {
             SubscribedRow{R"([null,"70000000"])", "", "70000000"},
             SubscribedRow{R"(["s1","70"])", "s1", "70"},
             SubscribedRow{R"([null,""])", "", ""},
             SubscribedRow{R"(["70000000"])", "", "70000000"},
             SubscribedRow{R"("70000000")", "", "70000000"},
             SubscribedRow{R"([[["mining.notify","x"]],"aabb",28])", "", "aabb"},
         }) {
        const auto reply =
            server_says<Reply>(std::string(R"({"id":1,"result":)") + row.result + "}");
        const auto subscribed = read_subscribed(reply);
        ASSERT_TRUE(subscribed) << row.result;
        EXPECT_EQ(subscribed->session, row.session) << row.result;
        EXPECT_EQ(to_hex(subscribed->nonce_1.view()), row.nonce_1) << row.result;
    }
    const std::string long_nonce(64, '0');
    for (const std::string& result :
         {std::string("true"), std::string("null"), std::string("[]"), std::string("{}"),
          std::string(R"([null,5])"), std::string(R"([null,"7"])"), std::string(R"([null,"zz"])"),
          std::string(R"([null,")") + long_nonce + "\"]"}) {
        const auto reply = server_says<Reply>(R"({"id":1,"result":)" + result + "}");
        EXPECT_FALSE(read_subscribed(reply)) << result;
    }
}

TEST(Codec, ReadsTheSmallMessages)
{
    EXPECT_EQ(server_says<SetTarget>(R"({"method":"mining.set_target","params":["00)" +
                                     std::string(62, 'f') + "\"]}")
                  .target,
              ~U256{} >> 8);
    EXPECT_EQ(to_hex(server_says<SetExtranonce>(
                         R"({"id":0,"method":"mining.set_extranonce","params":["0011aabb",28]})")
                         .nonce_1.view()),
              "0011aabb");
    EXPECT_EQ(server_says<Reconnect>(R"({"method":"client.reconnect","params":[]})"), Reconnect{});
    EXPECT_EQ(server_says<Reconnect>(R"({"method":"client.reconnect"})"), Reconnect{});
    EXPECT_EQ(
        server_says<Reconnect>(R"({"method":"client.reconnect","params":["eu.x","3333","5"]})"),
        (Reconnect{"eu.x", 3333, 5}));
    EXPECT_EQ(
        server_says<Reconnect>(R"({"method":"client.reconnect","params":["eu.x",3333,999999]})"),
        (Reconnect{"eu.x", 3333, 3600}));
    EXPECT_EQ(server_says<ShowMessage>(R"({"method":"client.show_message","params":["hi"]})").text,
              "hi");
    server_says<GetVersion>(R"({"id":3,"method":"client.get_version","params":[]})");
    server_says<Ping>(R"({"id":3,"method":"mining.ping"})");
    EXPECT_EQ(server_says<UnknownRequest>(R"({"id":3,"method":"mining.dance"})").method,
              "mining.dance");
}

struct BadRow {
    std::string line;
    CodecError error;
};

TEST(Codec, SaysWhatIsWrongWithALine)
{
    const std::string target = R"({"method":"mining.set_target","params":[)";
    for (const BadRow& row : {
             BadRow{"", CodecError::not_json},
             BadRow{"garbage", CodecError::not_json},
             BadRow{"{\"id\":1", CodecError::not_json},
             BadRow{"[]", CodecError::not_an_object},
             BadRow{"7", CodecError::not_an_object},
             BadRow{"{}", CodecError::no_method_and_no_result},
             BadRow{R"({"id":1,"method":5})", CodecError::no_method_and_no_result},
             BadRow{target + "5]}", CodecError::bad_params},
             BadRow{target + "]}", CodecError::bad_params},
             BadRow{target + "\"00\"]}", CodecError::bad_length},
             BadRow{target + '"' + std::string(64, 'x') + "\"]}", CodecError::bad_hex},
             BadRow{R"({"method":"mining.notify"})", CodecError::bad_params},
             BadRow{R"({"method":"mining.notify","params":["a","04"]})", CodecError::bad_length},
             BadRow{notify_line(",true", "{}"), CodecError::bad_params},
             BadRow{notify_line(",true", '"' + std::string(129, 'a') + '"'),
                    CodecError::bad_params},
             BadRow{R"({"method":"mining.set_extranonce","params":[")" + kZeros64 + "\"]}",
                    CodecError::bad_length},
             BadRow{R"({"method":"client.reconnect","params":["h",99999]})",
                    CodecError::bad_params},
         }) {
        EXPECT_EQ(error_of(row.line), row.error) << row.line;
    }
}

// ── what a server hears ─────────────────────────────────────────────────────────────────────────

TEST(Codec, ReadsSubscribesOfOldMiners)
{
    EXPECT_EQ(client_says<Subscribe>(R"({"id":1,"method":"mining.subscribe","params":[]})"),
              Subscribe{});
    EXPECT_EQ(client_says<Subscribe>(R"({"id":1,"method":"mining.subscribe","params":["a/1"]})"),
              (Subscribe{"a/1", "", "", 0}));
    EXPECT_EQ(client_says<Subscribe>(
                  R"({"id":1,"method":"mining.subscribe","params":["a/1",null,"h","3333"]})"),
              (Subscribe{"a/1", "", "h", 3333}));
}

TEST(Codec, RefusedRequestsKeepTheirId)
{
    const auto message = parse_client_line(R"({"id":"x","method":"mining.submit","params":["w"]})");
    ASSERT_TRUE(message);
    EXPECT_EQ(message->id, RequestId{std::string("x")});
    EXPECT_EQ(std::get<Refused>(message->body),
              (Refused{"mining.submit", CodecError::bad_params, false}));
    EXPECT_EQ(client_says<Refused>(R"({"id":1,"method":"mining.dance"})"),
              (Refused{"mining.dance", CodecError::no_method_and_no_result, true}));
    EXPECT_EQ(client_says<Refused>(R"({"id":1,"method":"mining.authorize","params":[[]]})").why,
              CodecError::bad_params);
}

// ── our own lines come back as they were ────────────────────────────────────────────────────────

std::string chomp(std::string line)
{
    EXPECT_TRUE(line.ends_with('\n'));
    line.pop_back();
    EXPECT_EQ(line.find('\n'), std::string::npos);
    return line;
}

TEST(Codec, ReadsWhatItWrites)
{
    const RequestId id{i64{42}};
    const Subscribe subscribe{"adit/0.1 \"quoted\" \\ \n", "s", "pool.example", 3333};
    EXPECT_EQ(client_says<Subscribe>(chomp(encode(id, subscribe))), subscribe);
    const Authorize authorize{"wallet.rig", "x\t\x01"};
    EXPECT_EQ(client_says<Authorize>(chomp(encode(id, authorize))), authorize);
    const SuggestTarget suggest{~U256{} >> 9};
    EXPECT_EQ(client_says<SuggestTarget>(chomp(encode(id, suggest))), suggest);
    client_says<ExtranonceSubscribe>(chomp(encode(id, ExtranonceSubscribe{})));

    const SetTarget set_target{~U256{} >> 30};
    EXPECT_EQ(server_says<SetTarget>(chomp(encode(set_target))), set_target);
    Notify notify;
    notify.job.text = "j\"1";
    for (std::size_t i = 0; i < notify.header.size(); ++i) notify.header[i] = static_cast<u8>(i);
    for (const AlgorithmHint& with :
         {AlgorithmHint{}, hint(144, 5, "BgoldPoW"), hint(0, 0, "ZcashPoW"), hint(96, 5, "")}) {
        notify.hint = with;
        notify.clean_jobs = !notify.clean_jobs;
        EXPECT_EQ(server_says<Notify>(chomp(encode(notify))), notify);
    }
    const SetExtranonce extranonce{*NoncePart::from_hex("0102")};
    EXPECT_EQ(server_says<SetExtranonce>(chomp(encode(extranonce))), extranonce);
    for (const Reconnect& reconnect : {Reconnect{}, Reconnect{"eu.pool.example", 3333, 7}})
        EXPECT_EQ(server_says<Reconnect>(chomp(encode(reconnect))), reconnect);
    const ShowMessage show{"maintenance at 12:00 — sorry"};
    EXPECT_EQ(server_says<ShowMessage>(chomp(encode(show))), show);

    const Subscribed subscribed{"session", *NoncePart::from_hex("01020304")};
    EXPECT_EQ(*read_subscribed(server_says<Reply>(chomp(encode_result(id, subscribed)))),
              subscribed);
    EXPECT_EQ(server_says<Reply>(chomp(encode_error(id, WireCode::low_difficulty, "low"))).error,
              (WireError{23, "low"}));
    EXPECT_EQ(chomp(encode_error(id, WireCode::unauthorized, "no", true)),
              R"({"id":42,"result":null,"error":[24,"no",null]})");
    EXPECT_EQ(chomp(encode_result({}, true)), R"({"id":null,"result":true,"error":null})");
    EXPECT_EQ(chomp(encode_text_result(RequestId{std::string("a\"")}, "pong")),
              R"({"id":"a\"","result":"pong","error":null})");
}

TEST(Codec, QuotesWhateverItIsGiven)
{
    for (int c = 0; c < 128; ++c) {
        const std::string text = std::string("a") + static_cast<char>(c) + "b";
        const auto read = json::parse(stratum::quoted(text));
        ASSERT_TRUE(read) << c;
        EXPECT_EQ(std::string_view(read->as_string()), text) << c;
    }
}

// ── errors in words ─────────────────────────────────────────────────────────────────────────────

struct WordsRow {
    WireError error;
    Ruling ruling;
};

TEST(Errors, AreReadByCodeAndByWords)
{
    for (const WordsRow& row : {
             WordsRow{{21, "anything"}, Ruling::stale},
             WordsRow{{22, ""}, Ruling::duplicate},
             WordsRow{{23, ""}, Ruling::low_difficulty},
             WordsRow{{24, ""}, Ruling::unauthorized},
             WordsRow{{25, ""}, Ruling::not_subscribed},
             WordsRow{{20, "invalid solution"}, Ruling::invalid_solution},
             WordsRow{{20, "Error: Incorrect size of solution (72), expected 74"},
                      Ruling::invalid_solution},
             WordsRow{{20, "ntime out of range"}, Ruling::rejected_otherwise},
             WordsRow{{0, "Stale share"}, Ruling::stale},
             WordsRow{{-1, "Low difficulty share"}, Ruling::low_difficulty},
             WordsRow{{-2, "SHARE ABOVE TARGET"}, Ruling::low_difficulty},
             WordsRow{{0, "Duplicate share"}, Ruling::duplicate},
             WordsRow{{0, ""}, Ruling::rejected_otherwise},
         })
        EXPECT_EQ(classify(row.error), row.ruling) << row.error.message;
}

}  // namespace
}  // namespace adit::stratum
