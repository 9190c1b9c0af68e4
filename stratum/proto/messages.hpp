#pragma once

#include <optional>
#include <string>
#include <variant>

#include "kernels/base/json.hpp"
#include "kernels/base/u256.hpp"
#include "stratum/proto/dialects.hpp"
#include "stratum/proto/errors.hpp"
#include "stratum/proto/nonce_part.hpp"

/// Every message of Equihash stratum (ZIP 301 and what pools made of it). One struct each; the
/// codec turns lines into these and back.
namespace adit::stratum {

inline constexpr std::size_t kJobIdBytesMax = 128;
inline constexpr std::size_t kWorkerBytesMax = 256;
inline constexpr std::size_t kPasswordBytesMax = 256;
inline constexpr std::size_t kAgentBytesMax = 256;
inline constexpr std::size_t kSessionBytesMax = 128;
inline constexpr std::size_t kTextBytesMax = 1024;  ///< of show_message and of error texts
inline constexpr std::size_t kSolutionBytesMax = 2048;
inline constexpr std::size_t kHeaderFixedBytes = 108;  ///< a header up to its nonce

/// null (or absent), a number, or text; an answer echoes it as it came.
using RequestId = std::variant<std::monostate, i64, std::string>;

struct JobId {
    std::string text;
    auto operator<=>(const JobId&) const = default;
};

// ── client to server ────────────────────────────────────────────────────────────────────────────

struct Subscribe {
    std::string agent;
    std::string session;  ///< of an earlier connection to take up again; empty: none
    std::string host;     ///< as the miner dialled it
    u16 port = 0;
    bool operator==(const Subscribe&) const = default;
};
struct Authorize {
    std::string worker;
    std::string password;
    bool operator==(const Authorize&) const = default;
};
struct SuggestTarget {
    U256 target;
    bool operator==(const SuggestTarget&) const = default;
};
struct SuggestDifficulty {
    double difficulty = 0;
    bool operator==(const SuggestDifficulty&) const = default;
};
struct ExtranonceSubscribe {
    bool operator==(const ExtranonceSubscribe&) const = default;
};
struct Submit {
    std::string worker;
    JobId job;
    std::array<u8, 4> time{};  ///< as in the header
    Bytes nonce_2;
    Bytes solution;  ///< with its CompactSize, as it travels
    bool operator==(const Submit&) const = default;
};
struct Pong {  ///< the answer to our ping
    bool operator==(const Pong&) const = default;
};
/// A known method with params that cannot be read, or a method we do not have.
struct Refused {
    std::string method;
    CodecError why{};
    bool unknown_method = false;
    bool operator==(const Refused&) const = default;
};

struct ClientMessage {
    RequestId id;
    std::variant<Subscribe, Authorize, SuggestTarget, SuggestDifficulty, ExtranonceSubscribe,
                 Submit, Pong, Refused>
        body;
};

// ── server to client ────────────────────────────────────────────────────────────────────────────

struct SetTarget {
    U256 target;
    bool operator==(const SetTarget&) const = default;
};
struct Notify {
    JobId job;
    std::array<u8, kHeaderFixedBytes> header{};
    bool clean_jobs = false;
    AlgorithmHint hint;  ///< what follows after clean_jobs, as far as it makes sense
    bool operator==(const Notify&) const = default;
};
struct SetExtranonce {
    NoncePart nonce_1;
    bool operator==(const SetExtranonce&) const = default;
};
struct Reconnect {
    std::string host;  ///< empty: the same
    u16 port = 0;      ///< 0: the same
    u32 wait_s = 0;
    bool operator==(const Reconnect&) const = default;
};
struct ShowMessage {
    std::string text;
    bool operator==(const ShowMessage&) const = default;
};
struct GetVersion {
    bool operator==(const GetVersion&) const = default;
};
struct Ping {
    bool operator==(const Ping&) const = default;
};
struct UnknownRequest {
    std::string method;
    bool operator==(const UnknownRequest&) const = default;
};
/// An answer to one of our requests. `accepted` reads results of any shape: an error, `false` and
/// texts like "false" mean no; everything else means yes.
struct Reply {
    bool accepted = false;
    std::optional<WireError> error;
    json::value result;
    bool operator==(const Reply&) const = default;
};

struct ServerMessage {
    RequestId id;
    std::variant<SetTarget, Notify, SetExtranonce, Reconnect, ShowMessage, GetVersion, Ping,
                 UnknownRequest, Reply>
        body;
};

/// What a reply to mining.subscribe says.
struct Subscribed {
    std::string session;  ///< empty: none
    NoncePart nonce_1;
    bool operator==(const Subscribed&) const = default;
};

}  // namespace adit::stratum
