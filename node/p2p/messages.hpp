#pragma once

#include <variant>

#include "node/p2p/wire.hpp"
#include "node/primitives/block.hpp"

/// Every message of the wire as a struct, with its limits. Layouts: Bitcoin's P2P protocol as the
/// Zcash family speaks it (headers carry their solution), BIP 130, BIP 133.
namespace adit::node::p2p {

inline constexpr i32 kProtocolVersion = 170'002;
inline constexpr i32 kProtocolVersionMin = 170'002;
inline constexpr u64 kServiceNetwork = 1;  ///< serves the whole chain
/// Gives bodies without the headers that the asker has already (`bodies`). Of the bits that are
/// free for experiments.
inline constexpr u64 kServiceBodies = u64{1} << 24;

inline constexpr std::size_t kUserAgentBytesMax = 256;
inline constexpr std::size_t kAddressesMax = 1'000;
inline constexpr std::size_t kInventoryMax = 50'000;
inline constexpr std::size_t kLocatorMax = 101;
inline constexpr std::size_t kHeadersMax = 160;
inline constexpr std::size_t kRejectReasonBytesMax = 111;
inline constexpr std::size_t kBodiesMax = 128;  ///< in one message

/// An address as version and addr carry it; IPv4 as ::ffff:a.b.c.d.
struct NetAddress {
    u64 services = 0;
    std::array<u8, 16> ip{};
    u16 port = 0;
    bool operator==(const NetAddress&) const = default;
};

struct TimedAddress {
    u32 time = 0;  ///< Unix seconds when it was last seen
    NetAddress address;
    bool operator==(const TimedAddress&) const = default;
};

enum class InvType : u32 {
    tx = 1,
    block = 2,
    filtered_block = 3,
    compact_block = 4,
    block_body = 0x4000'0002,  ///< in getdata, to peers with kServiceBodies
};

struct InvItem {
    u32 type = 0;  ///< an InvType, or one we do not know
    Hash256 hash;
    auto operator<=>(const InvItem&) const = default;
};

struct Version {
    i32 protocol = kProtocolVersion;
    u64 services = 0;
    i64 time = 0;  ///< Unix seconds
    NetAddress you;
    NetAddress me;
    u64 nonce = 0;  ///< our own coming back means we talk to ourselves
    std::string user_agent;
    i32 height = 0;
    bool relay = true;
    bool operator==(const Version&) const = default;
};
struct Verack {
    bool operator==(const Verack&) const = default;
};
/// The chain's id, between version and verack.
struct ChainId {
    Hash256 id;
    bool operator==(const ChainId&) const = default;
};
struct Ping {
    u64 nonce = 0;
    bool operator==(const Ping&) const = default;
};
struct Pong {
    u64 nonce = 0;
    bool operator==(const Pong&) const = default;
};
struct GetAddr {
    bool operator==(const GetAddr&) const = default;
};
struct Addr {
    std::vector<TimedAddress> addresses;
    bool operator==(const Addr&) const = default;
};
struct Inv {
    std::vector<InvItem> items;
    bool operator==(const Inv&) const = default;
};
struct GetData {
    std::vector<InvItem> items;
    bool operator==(const GetData&) const = default;
};
struct NotFound {
    std::vector<InvItem> items;
    bool operator==(const NotFound&) const = default;
};
/// What the asker has, newest first: the tip, ten single steps, then doubling ones, genesis last.
struct Locator {
    i32 protocol = kProtocolVersion;
    std::vector<BlockHash> hashes;
    BlockHash stop;  ///< zero: as many as fit
    bool operator==(const Locator&) const = default;
};
struct GetBlocks {
    Locator locator;
    bool operator==(const GetBlocks&) const = default;
};
struct GetHeaders {
    Locator locator;
    bool operator==(const GetHeaders&) const = default;
};
struct Headers {
    std::vector<BlockHeader> headers;
    bool operator==(const Headers&) const = default;
};
struct BlockMessage {
    Block block;
    bool operator==(const BlockMessage&) const = default;
};
/// Transactions of blocks whose headers the asker has: a header's solution travels once.
struct Bodies {
    struct Body {
        BlockHash block;
        std::vector<Transaction> transactions;
        bool operator==(const Body&) const = default;
    };
    std::vector<Body> bodies;
    bool operator==(const Bodies&) const = default;
};
struct TxMessage {
    Transaction transaction;
    bool operator==(const TxMessage&) const = default;
};
struct MempoolRequest {
    bool operator==(const MempoolRequest&) const = default;
};
struct SendHeaders {
    bool operator==(const SendHeaders&) const = default;
};
struct FeeFilter {
    u64 fee_per_kb = 0;  ///< base units per 1000 bytes
    bool operator==(const FeeFilter&) const = default;
};

/// Informative only: nothing we do depends on one.
struct Reject {
    enum Code : u8 {
        malformed = 0x01,
        invalid = 0x10,
        obsolete = 0x11,
        duplicate = 0x12,
        nonstandard = 0x40
    };
    std::string message;  ///< the command refused
    u8 code = 0;
    std::string reason;
    Hash256 hash;  ///< of the block or transaction; zero and not sent for others
    bool operator==(const Reject&) const = default;
};
/// A command we do not know. Ignored, counted.
struct Unknown {
    std::string command;
    bool operator==(const Unknown&) const = default;
};

using Message = std::variant<Version, Verack, ChainId, Ping, Pong, GetAddr, Addr, Inv, GetData,
                             NotFound, GetBlocks, GetHeaders, Headers, BlockMessage, Bodies,
                             TxMessage, MempoolRequest, SendHeaders, FeeFilter, Reject, Unknown>;

/// `malformed`: too short, bytes left over, or a length in long form. `too_long`: a list or string
/// over its limit (20 points); nothing past the limit was read.
enum class MessageError { malformed, too_long };
std::string_view to_string(MessageError error);

Result<Message, MessageError> parse_message(const Frame& frame);

/// The command of a message, and its payload. Our own lists over their limits are our mistake.
std::string_view command_of(const Message& message);
Bytes payload_of(const Message& message);

/// The whole frame.
Bytes write_message(const Magic& magic, const Message& message);

}  // namespace adit::node::p2p
