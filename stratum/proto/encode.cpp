#include <charconv>

#include "kernels/base/hex.hpp"
#include "stratum/proto/codec.hpp"

namespace adit::stratum {
namespace {

std::string id_text(const RequestId& id)
{
    if (const auto* number = std::get_if<i64>(&id)) return std::to_string(*number);
    if (const auto* words = std::get_if<std::string>(&id)) return quoted(*words);
    return "null";
}

std::string quoted_hex(ByteView bytes) { return '"' + to_hex(bytes) + '"'; }

/// {"id":…,"method":"…","params":[…]}
std::string call(const RequestId& id, std::string_view method, std::string_view params)
{
    std::string line = "{\"id\":";
    line.reserve(params.size() + method.size() + 64);
    line += id_text(id);
    line += ",\"method\":\"";
    line += method;
    line += "\",\"params\":[";
    line += params;
    line += "]}\n";
    return line;
}

std::string reply(const RequestId& id, std::string_view result, std::string_view error)
{
    std::string line = "{\"id\":";
    line += id_text(id);
    line += ",\"result\":";
    line += result;
    line += ",\"error\":";
    line += error;
    line += "}\n";
    return line;
}

}  // namespace

std::string quoted(std::string_view text)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out = "\"";
    out.reserve(text.size() + 2);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20 || byte == 0x7f) {
            out += "\\u00";
            out += kDigits[byte >> 4];
            out += kDigits[byte & 15];
        } else {
            out += c;
        }
    }
    out += '"';
    return out;
}

std::string encode(const RequestId& id, const Subscribe& m, int form)
{
    if (form > 0) return call(id, "mining.subscribe", form == 1 ? quoted(m.agent) : "");
    return call(id, "mining.subscribe",
                quoted(m.agent) + ',' + (m.session.empty() ? "null" : quoted(m.session)) + ',' +
                    quoted(m.host) + ',' + std::to_string(m.port));
}

std::string encode(const RequestId& id, const Authorize& m)
{
    return call(id, "mining.authorize", quoted(m.worker) + ',' + quoted(m.password));
}

std::string encode(const RequestId& id, const SuggestTarget& m)
{
    return call(id, "mining.suggest_target", '"' + m.target.to_hex() + '"');
}

std::string encode(const RequestId& id, const ExtranonceSubscribe&)
{
    return call(id, "mining.extranonce.subscribe", "");
}

std::string encode(const RequestId& id, const Submit& m)
{
    return call(id, "mining.submit",
                quoted(m.worker) + ',' + quoted(m.job.text) + ',' + quoted_hex(m.time) + ',' +
                    quoted_hex(m.nonce_2) + ',' + quoted_hex(m.solution));
}

std::string encode(const SetTarget& m)
{
    return call({}, "mining.set_target", '"' + m.target.to_hex() + '"');
}

std::string encode(const Notify& m)
{
    const ByteView header = m.header;
    std::string params = quoted(m.job.text);
    std::size_t offset = 0;
    for (const std::size_t bytes : {4, 32, 32, 32, 4, 4}) {
        params += ',';
        params += quoted_hex(header.subspan(offset, bytes));
        offset += bytes;
    }
    params += m.clean_jobs ? ",true" : ",false";
    if (!m.hint.empty()) {
        const auto& numbers = m.hint.params;
        params += numbers
                      ? ",\"" + std::to_string(numbers->n) + '_' + std::to_string(numbers->k) + '"'
                      : ",null";
        const auto& tag = m.hint.personalization;
        params += ',';
        params += tag ? quoted(tag->text()) : "null";
    }
    return call({}, "mining.notify", params);
}

std::string encode(const SetExtranonce& m)
{
    return call({}, "mining.set_extranonce",
                quoted_hex(m.nonce_1.view()) + ',' + std::to_string(m.nonce_1.nonce_2_bytes()));
}

std::string encode(const Reconnect& m)
{
    if (m.host.empty() && m.port == 0 && m.wait_s == 0) return call({}, "client.reconnect", "");
    return call({}, "client.reconnect",
                quoted(m.host) + ',' + std::to_string(m.port) + ',' + std::to_string(m.wait_s));
}

std::string encode(const ShowMessage& m) { return call({}, "client.show_message", quoted(m.text)); }

std::string encode_ping(const RequestId& id) { return call(id, "mining.ping", ""); }

std::string encode_result(const RequestId& id, bool result)
{
    return reply(id, result ? "true" : "false", "null");
}

std::string encode_text_result(const RequestId& id, std::string_view text)
{
    return reply(id, quoted(text), "null");
}

std::string encode_result(const RequestId& id, const Subscribed& subscribed)
{
    const std::string session = subscribed.session.empty() ? "null" : quoted(subscribed.session);
    return reply(id, '[' + session + ',' + quoted_hex(subscribed.nonce_1.view()) + ']', "null");
}

std::string encode_error(const RequestId& id, WireCode code, std::string_view message,
                         bool result_is_null)
{
    return reply(id, result_is_null ? "null" : "false",
                 '[' + std::to_string(static_cast<int>(code)) + ',' + quoted(message) + ",null]");
}

}  // namespace adit::stratum
