#include "stratum/proto/codec.hpp"

#include <algorithm>

#include "kernels/base/hex.hpp"
#include "stratum/proto/json_read.hpp"

namespace adit::stratum {
namespace {

using json::array;
using json::object;
using json::value;

constexpr std::size_t kHintsRead = 8;  ///< params looked at behind clean_jobs

Result<RequestId, CodecError> read_id(const object& message)
{
    const value* id = json::member_of(message, "id");
    if (id == nullptr || id->is_null()) return RequestId{};
    if (const auto* number = id->if_int64()) return RequestId{*number};
    if (const auto words = read::text(*id)) {
        if (words->size() > kJobIdBytesMax) return CodecError::too_long;
        return RequestId{std::string(*words)};
    }
    return CodecError::bad_id;
}

/// The params array; one that is missing, null or of another shape reads as empty.
const array& params_of(const object& message)
{
    static const array none;
    const array* params = json::array_of(message, "params");
    return params == nullptr ? none : *params;
}

template <class Body>
using Parsed = Result<Body, CodecError>;

// ── server to client ────────────────────────────────────────────────────────────────────────────

Parsed<U256> read_target(const value& v)
{
    const auto digits = read::text(v);
    if (!digits) return CodecError::bad_params;
    if (digits->size() != 64) return CodecError::bad_length;
    const auto number = U256::from_hex(*digits);
    if (!number) return CodecError::bad_hex;
    return *number;
}

Parsed<JobId> read_job_id(const value& v)
{
    auto id = read::name(v, kJobIdBytesMax);
    if (!id) return CodecError::bad_params;
    return JobId{std::move(*id)};
}

Parsed<Notify> read_notify(const array& params)
{
    Notify notify;
    ADIT_TRY(notify.job, read_job_id(read::at(params, 0)));
    static constexpr std::array<std::size_t, 6> kFieldBytes{4, 32, 32, 32, 4, 4};
    std::size_t offset = 0;
    for (std::size_t i = 0; i < kFieldBytes.size(); ++i) {
        const auto digits = read::text(read::at(params, i + 1));
        if (!digits) return CodecError::bad_params;
        if (digits->size() != 2 * kFieldBytes[i]) return CodecError::bad_length;
        const auto field = MutableByteView(notify.header).subspan(offset, kFieldBytes[i]);
        if (!read::fixed_hex(params[i + 1], field)) return CodecError::bad_hex;
        offset += kFieldBytes[i];
    }
    notify.clean_jobs = read::truth(read::at(params, 7)).value_or(true);
    for (std::size_t i = 8; i < std::min(params.size(), 8 + kHintsRead); ++i)
        if (const auto hint = read::text(params[i])) read_hint(*hint, notify.hint);
    return notify;
}

Parsed<NoncePart> read_nonce_1(const value& v)
{
    const auto digits = read::text(v);
    if (!digits) return CodecError::bad_params;
    if (digits->size() > 2 * NoncePart::kBytesMax) return CodecError::bad_length;
    const auto part = NoncePart::from_hex(*digits);
    if (!part) return CodecError::bad_hex;
    return *part;
}

Parsed<Reconnect> read_reconnect(const array& params)
{
    Reconnect reconnect;
    const value& host = read::at(params, 0);
    if (!host.is_null()) {
        auto name = read::name(host, kSessionBytesMax);
        if (!name) return CodecError::bad_params;
        reconnect.host = std::move(*name);
    }
    const value& port = read::at(params, 1);
    if (!port.is_null()) {
        const auto number = read::whole_number(port);
        if (!number || *number < 0 || *number > 65535) return CodecError::bad_params;
        reconnect.port = static_cast<u16>(*number);
    }
    constexpr i64 kWaitMax_s = 3600;
    const auto wait = read::whole_number(read::at(params, 2)).value_or(0);
    reconnect.wait_s = static_cast<u32>(std::clamp<i64>(wait, 0, kWaitMax_s));
    return reconnect;
}

std::string cut(std::string_view words) { return std::string(words.substr(0, kTextBytesMax)); }

Parsed<ServerMessage> read_call(RequestId id, std::string_view method, const array& params)
{
    ServerMessage message{std::move(id), UnknownRequest{}};
    if (method == "mining.notify") {
        ADIT_TRY(message.body, read_notify(params));
    } else if (method == "mining.set_target") {
        ADIT_TRY(const U256 target, read_target(read::at(params, 0)));
        message.body = SetTarget{target};
    } else if (method == "mining.set_extranonce") {
        ADIT_TRY(const NoncePart nonce_1, read_nonce_1(read::at(params, 0)));
        message.body = SetExtranonce{nonce_1};
    } else if (method == "client.reconnect") {
        ADIT_TRY(message.body, read_reconnect(params));
    } else if (method == "client.show_message") {
        message.body = ShowMessage{cut(read::text(read::at(params, 0)).value_or(""))};
    } else if (method == "client.get_version") {
        message.body = GetVersion{};
    } else if (method == "mining.ping") {
        message.body = Ping{};
    } else {
        message.body = UnknownRequest{cut(method)};
    }
    return message;
}

Reply read_reply(const value* result, const value* error)
{
    Reply reply;
    if (error != nullptr) reply.error = read_error(*error);
    if (result != nullptr) reply.result = *result;
    reply.accepted = !reply.error && read::truth(reply.result).value_or(true);
    return reply;
}

// ── client to server ────────────────────────────────────────────────────────────────────────────

std::string text_or_empty(const value& v, std::size_t bytes_max)
{
    return std::string(read::text(v).value_or("").substr(0, bytes_max));
}

Subscribe read_subscribe(const array& params)
{
    Subscribe subscribe;  // nothing in it is needed, so nothing in it can be wrong
    subscribe.agent = text_or_empty(read::at(params, 0), kAgentBytesMax);
    subscribe.session = text_or_empty(read::at(params, 1), kSessionBytesMax);
    subscribe.host = text_or_empty(read::at(params, 2), kSessionBytesMax);
    const i64 port = read::whole_number(read::at(params, 3)).value_or(0);
    subscribe.port = port > 0 && port <= 65535 ? static_cast<u16>(port) : u16{0};
    return subscribe;
}

Parsed<Authorize> read_authorize(const array& params)
{
    auto worker = read::name(read::at(params, 0), kWorkerBytesMax);
    if (!worker) return CodecError::bad_params;
    auto password = read::name(read::at(params, 1), kPasswordBytesMax);
    if (!password && !read::at(params, 1).is_null()) return CodecError::bad_params;
    return Authorize{std::move(*worker), password.value_or("")};
}

Parsed<Bytes> read_bytes(const value& v, std::size_t bytes_max)
{
    const auto digits = read::text(v);
    if (!digits) return CodecError::bad_params;
    if (digits->size() > 2 * bytes_max) return CodecError::too_long;
    auto bytes = from_hex(*digits);
    if (!bytes) return CodecError::bad_hex;
    return std::move(*bytes);
}

Parsed<Submit> read_submit(const array& params)
{
    Submit submit;
    auto worker = read::name(read::at(params, 0), kWorkerBytesMax);
    if (!worker) return CodecError::bad_params;
    submit.worker = std::move(*worker);
    ADIT_TRY(submit.job, read_job_id(read::at(params, 1)));
    if (!read::fixed_hex(read::at(params, 2), submit.time)) return CodecError::bad_hex;
    ADIT_TRY(submit.nonce_2, read_bytes(read::at(params, 3), equihash::kNonceBytes));
    ADIT_TRY(submit.solution, read_bytes(read::at(params, 4), kSolutionBytesMax));
    return submit;
}

Parsed<decltype(ClientMessage::body)> read_request(std::string_view method, const array& params)
{
    if (method == "mining.submit") {
        ADIT_TRY(auto submit, read_submit(params));
        return submit;
    }
    if (method == "mining.subscribe") return read_subscribe(params);
    if (method == "mining.authorize") {
        ADIT_TRY(auto authorize, read_authorize(params));
        return authorize;
    }
    if (method == "mining.suggest_target") {
        ADIT_TRY(const U256 target, read_target(read::at(params, 0)));
        return SuggestTarget{target};
    }
    if (method == "mining.suggest_difficulty") {
        const auto difficulty = read::number(read::at(params, 0));
        if (!difficulty) return CodecError::bad_params;
        return SuggestDifficulty{*difficulty};
    }
    if (method == "mining.extranonce.subscribe") return ExtranonceSubscribe{};
    return Refused{cut(method), CodecError::no_method_and_no_result, true};
}

}  // namespace

std::optional<WireError> read_error(const value& error)
{
    if (error.is_null()) return std::nullopt;
    if (const auto* flag = error.if_bool())
        return *flag ? std::optional(WireError{}) : std::nullopt;
    WireError out;
    const auto code_of = [](const value& v) {
        const i64 code = read::whole_number(v).value_or(0);
        return code >= -99999 && code <= 99999 ? static_cast<int>(code) : 0;
    };
    if (const array* parts = error.if_array()) {
        if (parts->empty()) return std::nullopt;
        out.code = code_of(read::at(*parts, 0));
        const bool words_first = out.code == 0 && parts->size() == 1;
        out.message = cut(read::text(read::at(*parts, words_first ? 0 : 1)).value_or(""));
    } else if (const object* fields = error.if_object()) {
        if (const value* code = json::member_of(*fields, "code")) out.code = code_of(*code);
        out.message = cut(json::string_of(*fields, "message").value_or(""));
    } else if (const auto words = read::text(error)) {
        out.message = cut(*words);
    } else {
        out.code = code_of(error);
    }
    return out;
}

Result<ServerMessage, CodecError> parse_server_line(std::string_view line)
{
    const auto parsed = json::parse(line);
    if (!parsed) return CodecError::not_json;
    const object* message = parsed->if_object();
    if (message == nullptr) return CodecError::not_an_object;
    ADIT_TRY(RequestId id, read_id(*message));
    if (const auto method = json::string_of(*message, "method"))
        return read_call(std::move(id), *method, params_of(*message));
    const value* result = json::member_of(*message, "result");
    const value* error = json::member_of(*message, "error");
    if (result == nullptr && error == nullptr) return CodecError::no_method_and_no_result;
    return ServerMessage{std::move(id), read_reply(result, error)};
}

Result<ClientMessage, CodecError> parse_client_line(std::string_view line)
{
    const auto parsed = json::parse(line);
    if (!parsed) return CodecError::not_json;
    const object* message = parsed->if_object();
    if (message == nullptr) return CodecError::not_an_object;
    ADIT_TRY(RequestId id, read_id(*message));
    const auto method = json::string_of(*message, "method");
    if (!method) {
        if (json::member_of(*message, "result") == nullptr)
            return CodecError::no_method_and_no_result;
        return ClientMessage{std::move(id), Pong{}};
    }
    auto body = read_request(*method, params_of(*message));
    if (!body) return ClientMessage{std::move(id), Refused{cut(*method), body.error(), false}};
    return ClientMessage{std::move(id), std::move(*body)};
}

Result<Subscribed, CodecError> read_subscribed(const Reply& reply)
{
    if (const auto alone = read::text(reply.result)) {
        ADIT_TRY(const NoncePart nonce_1, read_nonce_1(reply.result));
        return Subscribed{"", nonce_1};
    }
    const array* parts = reply.result.if_array();
    if (parts == nullptr || parts->empty()) return CodecError::bad_params;
    const std::size_t nonce_at = parts->size() == 1 ? 0 : 1;
    Subscribed subscribed;
    ADIT_TRY(subscribed.nonce_1, read_nonce_1((*parts)[nonce_at]));
    if (nonce_at == 1)
        subscribed.session = read::name(parts->front(), kSessionBytesMax).value_or("");
    return subscribed;
}

}  // namespace adit::stratum
