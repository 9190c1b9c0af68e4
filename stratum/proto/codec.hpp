#pragma once

#include <string>
#include <string_view>

#include "kernels/base/result.hpp"
#include "stratum/proto/messages.hpp"

/// Lines to messages and back. Reading is generous where pools differ (field order, ids that are
/// missing, null, 0 or text, numbers as text, extra params) and strict where a mistake would cost
/// shares (hex, lengths). Written lines are minimal and end in LF. Any thread.
namespace adit::stratum {

/// What a client hears. A request or notice we know with params we cannot read is an error.
Result<ServerMessage, CodecError> parse_server_line(std::string_view line);

/// What a server hears. Bad params arrive as `Refused` with the id, so that they can be answered.
Result<ClientMessage, CodecError> parse_client_line(std::string_view line);

/// Reads [session|null, nonce_1], [nonce_1], and the order of Bitcoin's stratum
/// ([[subscriptions], nonce_1, size]). bad_params when there is no usable nonce_1.
Result<Subscribed, CodecError> read_subscribed(const Reply& reply);

/// The refusal inside a message that was read as a reply; empty when there is none.
std::optional<WireError> read_error(const json::value& error);

/// `form` 0: all params; 1: the agent alone; 2: none, for pools of old drafts.
std::string encode(const RequestId& id, const Subscribe& message, int form = 0);
std::string encode(const RequestId& id, const Authorize& message);
std::string encode(const RequestId& id, const SuggestTarget& message);
std::string encode(const RequestId& id, const ExtranonceSubscribe& message);
std::string encode(const RequestId& id, const Submit& message);

std::string encode(const SetTarget& message);
std::string encode(const Notify& message);
std::string encode(const SetExtranonce& message);
std::string encode(const Reconnect& message);
std::string encode(const ShowMessage& message);
std::string encode_ping(const RequestId& id);

std::string encode_result(const RequestId& id, bool result);
std::string encode_text_result(const RequestId& id, std::string_view text);
std::string encode_result(const RequestId& id, const Subscribed& subscribed);
/// As s-nomp says it: `result` null before a login, false for a share.
std::string encode_error(const RequestId& id, WireCode code, std::string_view message,
                         bool result_is_null = false);

/// `text` as a JSON string, with its quotes.
std::string quoted(std::string_view text);

}  // namespace adit::stratum
