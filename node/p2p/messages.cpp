#include "node/p2p/messages.hpp"

#include <type_traits>

#include "kernels/base/check.hpp"

namespace adit::node::p2p {
namespace {

// One layout per message, read and written by the same lines. `limited` lists are cut off while
// reading, so a length field never costs more than the limit.
template <class Stream>
struct Layout {
    Stream& s;
    bool too_long = false;

    template <class T, class Each>
    void limited(T& items, std::size_t max, Each each)
    {
        if constexpr (Stream::kReading) {
            const u64 count = s.compact_size();
            if (count > max) {
                too_long = true;
                return s.fail();
            }
            items.clear();
            for (u64 i = 0; i < count && s.ok(); ++i) each(items.emplace_back());
        } else {
            ADIT_CHECK(items.size() <= max);
            s.compact_size(items.size());
            for (auto& item : items) each(item);
        }
    }

    template <class T>
    void text(T& value, std::size_t max)
    {
        if constexpr (Stream::kReading) {
            const u64 size = s.compact_size();
            if (size > max) {
                too_long = true;
                return s.fail();
            }
            const ByteView bytes = s.take(size);
            value.assign(bytes.begin(), bytes.end());
        } else {
            ADIT_CHECK(value.size() <= max);
            s.compact_size(value.size());
            s.raw(as_bytes(value));
        }
    }

    template <class T>
    void address(T& a)
    {
        s.number(a.services);
        if constexpr (Stream::kReading) {
            if (const ByteView ip = s.take(16); !ip.empty())
                std::copy(ip.begin(), ip.end(), a.ip.begin());
            if (const ByteView port = s.take(2); !port.empty()) a.port = load_be<u16>(port.data());
        } else {
            s.raw(a.ip);
            u8 port[2];
            store_be<u16>(port, a.port);
            s.raw(port);
        }
    }

    template <class T>
    void items(T& list)
    {
        limited(list, kInventoryMax, [this](auto& item) {
            s.number(item.type);
            s.hash(item.hash);
        });
    }

    template <class T>
    void locator(T& l)
    {
        s.number(l.protocol);
        limited(l.hashes, kLocatorMax, [this](auto& hash) { s.hash(hash); });
        s.hash(l.stop);
    }

    template <class T>
    void message(T& m)
    {
        using M = std::remove_const_t<T>;
        if constexpr (std::is_same_v<M, Version>) {
            s.number(m.protocol);
            s.number(m.services);
            s.number(m.time);
            address(m.you);
            address(m.me);
            s.number(m.nonce);
            text(m.user_agent, kUserAgentBytesMax);
            s.number(m.height);
            relay_flag(m);
        } else if constexpr (std::is_same_v<M, ChainId>) {
            s.hash(m.id);
        } else if constexpr (std::is_same_v<M, Ping> || std::is_same_v<M, Pong>) {
            s.number(m.nonce);
        } else if constexpr (std::is_same_v<M, Addr>) {
            limited(m.addresses, kAddressesMax, [this](auto& entry) {
                s.number(entry.time);
                address(entry.address);
            });
        } else if constexpr (std::is_same_v<M, Inv> || std::is_same_v<M, GetData> ||
                             std::is_same_v<M, NotFound>) {
            items(m.items);
        } else if constexpr (std::is_same_v<M, GetBlocks> || std::is_same_v<M, GetHeaders>) {
            locator(m.locator);
        } else if constexpr (std::is_same_v<M, Headers>) {
            limited(m.headers, kHeadersMax, [this](auto& header) {
                describe(s, header);
                if constexpr (Stream::kReading) {
                    if (s.compact_size() != 0) s.fail();
                } else {
                    s.compact_size(0);
                }
            });
        } else if constexpr (std::is_same_v<M, BlockMessage>) {
            describe(s, m.block);
        } else if constexpr (std::is_same_v<M, Bodies>) {
            limited(m.bodies, kBodiesMax, [this](auto& body) {
                s.hash(body.block);
                s.list(body.transactions);
            });
        } else if constexpr (std::is_same_v<M, TxMessage>) {
            describe(s, m.transaction);
        } else if constexpr (std::is_same_v<M, FeeFilter>) {
            s.number(m.fee_per_kb);
        } else if constexpr (std::is_same_v<M, Reject>) {
            text(m.message, kCommandBytes);
            s.number(m.code);
            text(m.reason, kRejectReasonBytesMax);
            reject_hash(m);
        }
    }

    /// Old software leaves the last byte out.
    template <class T>
    void relay_flag(T& m)
    {
        if constexpr (Stream::kReading) {
            u8 flag = 1;
            if (s.left() != 0) s.number(flag);
            m.relay = flag != 0;
        } else {
            s.number(static_cast<u8>(m.relay ? 1 : 0));
        }
    }

    template <class T>
    void reject_hash(T& m)
    {
        if constexpr (Stream::kReading) {
            if (s.left() != 0) s.hash(m.hash);
        } else if (!m.hash.is_zero()) {
            s.hash(m.hash);
        }
    }
};

template <class M>
Result<Message, MessageError> parse_as(ByteView payload)
{
    Reader reader(payload);
    Layout<Reader> layout{reader};
    M message{};
    layout.message(message);
    if (layout.too_long) return MessageError::too_long;
    if (!reader.ok() || reader.left() != 0) return MessageError::malformed;
    return Message(std::move(message));
}

template <class M>
constexpr std::string_view kCommand = "";
template <>
constexpr std::string_view kCommand<Version> = "version";
template <>
constexpr std::string_view kCommand<Verack> = "verack";
template <>
constexpr std::string_view kCommand<ChainId> = "chainid";
template <>
constexpr std::string_view kCommand<Ping> = "ping";
template <>
constexpr std::string_view kCommand<Pong> = "pong";
template <>
constexpr std::string_view kCommand<GetAddr> = "getaddr";
template <>
constexpr std::string_view kCommand<Addr> = "addr";
template <>
constexpr std::string_view kCommand<Inv> = "inv";
template <>
constexpr std::string_view kCommand<GetData> = "getdata";
template <>
constexpr std::string_view kCommand<NotFound> = "notfound";
template <>
constexpr std::string_view kCommand<GetBlocks> = "getblocks";
template <>
constexpr std::string_view kCommand<GetHeaders> = "getheaders";
template <>
constexpr std::string_view kCommand<Headers> = "headers";
template <>
constexpr std::string_view kCommand<BlockMessage> = "block";
template <>
constexpr std::string_view kCommand<Bodies> = "bodies";
template <>
constexpr std::string_view kCommand<TxMessage> = "tx";
template <>
constexpr std::string_view kCommand<MempoolRequest> = "mempool";
template <>
constexpr std::string_view kCommand<SendHeaders> = "sendheaders";
template <>
constexpr std::string_view kCommand<FeeFilter> = "feefilter";
template <>
constexpr std::string_view kCommand<Reject> = "reject";

/// Tries the alternatives in turn; the last one, Unknown, takes what is left.
template <std::size_t I = 0>
Result<Message, MessageError> parse_by_command(const Frame& frame)
{
    using M = std::variant_alternative_t<I, Message>;
    if constexpr (std::is_same_v<M, Unknown>) {
        return Message(Unknown{frame.command});
    } else {
        if (frame.command == kCommand<M>) return parse_as<M>(frame.payload);
        return parse_by_command<I + 1>(frame);
    }
}

}  // namespace

std::string_view to_string(MessageError error)
{
    return error == MessageError::malformed ? "malformed" : "too_long";
}

Result<Message, MessageError> parse_message(const Frame& frame) { return parse_by_command(frame); }

std::string_view command_of(const Message& message)
{
    return std::visit(
        [](const auto& m) -> std::string_view {
            using M = std::decay_t<decltype(m)>;
            if constexpr (std::is_same_v<M, Unknown>) return m.command;
            return kCommand<M>;
        },
        message);
}

Bytes payload_of(const Message& message)
{
    Writer writer;
    Layout<Writer> layout{writer};
    std::visit([&](const auto& m) { layout.message(m); }, message);
    return writer.take();
}

Bytes write_message(const Magic& magic, const Message& message)
{
    return write_frame(magic, command_of(message), payload_of(message));
}

}  // namespace adit::node::p2p
