#pragma once

#include <functional>
#include <map>

#include "stratum/client/pool_client.hpp"

/// Sessions as JSON lines: all that happened to a client and all it wrote, so that the same client
/// lives it again in virtual time. Passwords are never written.
namespace adit::stratum::client {

/// Why a text is no recording; one line.
struct RecordingError {
    std::string text;
};

/// A PoolClient that writes down what is fed to it and what it says. Without a sink it only passes
/// things on. Same thread rules as PoolClient.
class RecordedClient {
public:
    /// Takes one line at a time, without LF.
    using Sink = std::function<void(const std::string& line)>;

    RecordedClient(const ClientOptions& options, u64 seed, Sink sink, TimePoint start);

    void feed(ClientInput input, TimePoint now);
    std::optional<ClientOutput> next_output(TimePoint now);
    std::string take_bytes(u64 dial, TimePoint now);
    TimePoint wake_at() const;
    PoolClient& client() { return client_; }

private:
    static constexpr std::size_t kWorksKept = 256;  ///< whose shares can still be written down

    u64 number_of(const WorkPtr& work) const;

    PoolClient client_;
    Sink sink_;
    TimePoint start_;
    u64 works_ = 0;
    std::deque<std::pair<u64, WorkPtr>> recent_;
};

/// What became of a replay.
struct Replay {
    u64 inputs = 0;
    u64 submits = 0;                 ///< mining.submit lines, in the recording
    u64 differing_lines = 0;         ///< written now and not then, or the other way round
    std::string first_difference;    ///< one line, empty when there is none
    std::vector<std::string> story;  ///< states, notes and verdicts, with their times in seconds
    bool same() const { return differing_lines == 0; }
};

/// Feeds a recording to a fresh PoolClient in virtual time, and compares what it writes.
Result<Replay, RecordingError> replay(std::string_view recording);

}  // namespace adit::stratum::client
