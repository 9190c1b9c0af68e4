#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "kernels/base/clock.hpp"
#include "stratum/client/share_book.hpp"
#include "stratum/proto/dialects.hpp"
#include "stratum/proto/line_framer.hpp"
#include "stratum/proto/messages.hpp"

namespace adit::stratum::client {

struct Login {
    std::string user;
    std::string password;
    std::string agent;  ///< "adit/0.1.0"
    std::string host;   ///< as dialled, for mining.subscribe
    u16 port = 0;
    bool subscribe_extranonce = false;
    std::optional<U256> suggest_target;
    AlgorithmChoice algorithm;
};

/// How long a pool may take, and how much it may say.
struct SessionLimits {
    std::size_t line_bytes_max = 256 * 1024;
    int bad_lines_in_a_row_max = 10;
    int rejects_in_a_row_max = 10;  ///< 0: never mind
    Duration login_max = std::chrono::seconds(30);
    Duration first_job_max = std::chrono::seconds(60);
    Duration silence_max = std::chrono::seconds(300);
    Duration job_age_max = std::chrono::seconds(900);
    Duration answer_max = std::chrono::seconds(60);
    int unanswered_in_a_row_max = 3;
};

/// What a session tells its owner, besides the shares it has ruled on.
struct NewWork {
    Work work;         ///< its epoch is the owner's to set
    bool voids_older;  ///< everything given before is no longer worth a share
};
struct LoggedIn {};
struct LoginRefused {
    std::string text;
};
struct PoolSaid {
    std::string text;
};
struct PoolWarned {
    std::string text;  ///< one line: what is odd, and what to change if it is ours to change
};
struct PoolMoves {
    Reconnect to;
};
struct Broken {
    std::string text;   ///< why this connection is of no more use: hang up
    bool shun = false;  ///< another connection to this pool would fare no better
};
using SessionEvent =
    std::variant<NewWork, LoggedIn, LoginRefused, PoolSaid, PoolWarned, PoolMoves, Broken>;

/// A miner's conversation with one pool (ZIP 301 and practice), over as many connections as it
/// takes: shares found between two connections wait for the next. Owns no socket, timer or thread.
class ClientSession {
public:
    /// `pool` is written into the origin of all work, so that its shares find their way back.
    ClientSession(Login login, u32 pool, SessionLimits limits = {});

    /// A connection stands. `session` is unique in the program.
    void on_connected(u64 session, TimePoint now);
    void on_bytes(std::string_view bytes, TimePoint now);  ///< split anywhere
    void on_closed(TimePoint now);
    void on_tick(TimePoint now);
    /// A share of work that this session gave, over this connection or an earlier one.
    void submit(Share share, TimePoint now);
    /// The owner turns to another pool: whatever waits is ruled on.
    void abandon();

    std::string take_output();  ///< for the shell to write; after this it counts as sent
    std::optional<SessionEvent> next_event();
    std::vector<Ruled> take_ruled() { return book_.take_ruled(); }
    TimePoint wake_at() const;  ///< when on_tick is next worth a call; max() when never

    bool has_job() const { return job_in_session_; }  ///< over the present connection
    std::size_t shares_open() const { return book_.waiting() + book_.in_flight(); }
    const AlgorithmHint& hint() const { return hint_; }

private:
    enum class Phase { down, subscribing, authorizing, working, broken };
    static constexpr int kSubscribeForms = 3;  ///< all params; the agent alone; none
    enum class Asked { subscribe, authorize, nothing_that_matters };

    void ask_subscribe();
    void ask_authorize();
    void heard(std::string_view line, TimePoint now);
    void bad_line(CodecError error);
    void on_message(const ServerMessage& message, TimePoint now);
    void on_target(const U256& target, TimePoint now);
    void on_notify(const Notify& notify, TimePoint now);
    void on_reply(const RequestId& id, const Reply& reply, TimePoint now);
    void on_subscribed(const Reply& reply, TimePoint now);
    void on_authorized(const Reply& reply, TimePoint now);
    void on_share_answer(i64 id, const Reply& reply, TimePoint now);
    void answer(const RequestId& id, const std::string& line);
    void offer(const Notify& notify, TimePoint now);
    bool learn_algorithm(const AlgorithmHint& hint);
    void send(Share share, TimePoint now);
    void flush_waiting(TimePoint now);
    std::optional<Ruling> why_void(const Share& share) const;
    void break_off(std::string text, bool shun = false);
    void warn(std::string text) { events_.push_back(PoolWarned{std::move(text)}); }

    Login login_;
    u32 pool_;
    SessionLimits limits_;
    LineFramer framer_;
    ShareBook book_;

    Phase phase_ = Phase::down;
    u64 session_ = 0;
    int subscribe_form_ = 0;
    std::string session_name_;  ///< the pool's word for this session, to take it up again
    NoncePart nonce_1_;
    std::optional<NoncePart> next_nonce_1_;  ///< from the next job on
    std::optional<U256> target_;
    std::optional<Notify> early_;  ///< a job that came before login or target
    std::optional<Notify> current_;
    NoncePart current_nonce_1_;
    U256 current_target_;
    AlgorithmHint hint_;  ///< the last one that said anything
    std::optional<Algorithm> algorithm_;

    std::map<i64, Asked> asked_;
    i64 next_id_ = 1;
    std::string output_;
    std::deque<SessionEvent> events_;
    TimePoint connected_at_{};
    TimePoint heard_at_{};
    TimePoint job_at_{};
    int bad_lines_ = 0;
    int rejects_ = 0;
    int unanswered_ = 0;
    bool job_in_session_ = false;    ///< a job came over this connection
    bool clean_means_void_ = false;  ///< learned: this pool drops old jobs of the same block
    bool warned_algorithm_ = false;
    bool first_bytes_ = true;
};

}  // namespace adit::stratum::client
