#pragma once

#include <deque>
#include <variant>

#include "stratum/client/algorithm_probe.hpp"
#include "stratum/client/block_delivery.hpp"
#include "stratum/proto/template_job.hpp"

namespace adit::stratum::client {

struct TemplateLimits {
    u32 first_tries = 5;  ///< failed calls before the first template ever; 0: endless
    u32 later_tries = 0;  ///< failed calls in a row after that; 0: endless
    Duration call_max = std::chrono::seconds(30);
    Duration long_poll_max = std::chrono::minutes(3);       ///< then it is simply asked again
    Duration retry_first = std::chrono::milliseconds(250);  ///< doubled up to retry_max
    Duration retry_max = std::chrono::seconds(5);
    Duration poll_every = std::chrono::seconds(1);      ///< of nodes without long polling
    Duration refresh_every = std::chrono::seconds(30);  ///< headers get a fresh time
    Duration dead_work_max = std::chrono::seconds(60);  ///< worked on while the node is away
};

struct TemplateSettings {
    std::string name;  ///< the URL without its password, for people
    AlgorithmChoice algorithm;
    /// Whether the password is the user's own (false: a cookie, which changes by itself).
    bool fixed_password = true;
    TemplateLimits limits;
};

using TemplateEvent = std::variant<WorkPtr, ShareVerdict, SourceState>;

/// A miner's conversation with one node: templates by long poll (or polling), blocks back, over
/// three lines of one connection each, so that neither news nor blocks ever wait for the other.
/// Owns no socket, timer or thread.
class TemplateSession {
public:
    explicit TemplateSession(TemplateSettings settings);
    TemplateSession(const TemplateSession&) = delete;  // its lines know where it lives

    RpcLine& watch() { return watch_; }       ///< waits for news
    RpcLine& ask() { return ask_; }           ///< which algorithm; fresh times
    RpcLine& deliver() { return delivery_; }  ///< blocks

    void submit(Share share, TimePoint now) { delivery_.submit(std::move(share), now); }
    bool delivering() const { return delivery_.waiting() > 0; }

    std::optional<TemplateEvent> next_event();

    /// No further call makes sense: the last SourceState says why.
    bool over() const { return over_; }

private:
    class Watch final : public RpcLine {
    public:
        explicit Watch(TemplateSession& session) : session_(session) {}
        std::optional<RpcCall> next_call(TimePoint now) override;
        void on_reply(const RpcReply& reply, TimePoint now) override;
        TimePoint wake_at() const override { return session_.over_ ? TimePoint::max() : at_; }

    private:
        enum class Asked { template_now, template_when_new, best_block };
        void on_answer(const json::value& result, TimePoint now);
        void on_failure(const RpcError& error, TimePoint now);

        TemplateSession& session_;
        Asked asked_{};
        std::string long_poll_sent_;
        bool template_wanted_ = false;  ///< polling found another best block
        TimePoint asked_at_{};
        TimePoint at_{};
        u32 failures_ = 0;
    };
    class Ask final : public RpcLine {
    public:
        explicit Ask(TemplateSession& session) : session_(session) {}
        std::optional<RpcCall> next_call(TimePoint now) override;
        void on_reply(const RpcReply& reply, TimePoint now) override;
        TimePoint wake_at() const override { return session_.over_ ? TimePoint::max() : at_; }

    private:
        enum class Step { best_hash, header, whole_block, refresh };
        void on_probe(const json::value& hex);

        TemplateSession& session_;
        Step step_ = Step::best_hash;
        std::string best_;
        TimePoint asked_at_{};
        TimePoint at_{};
    };

    std::string template_params(std::string_view long_poll_id) const;
    /// Takes an answer to getblocktemplate, asked for at `asked_at`. False: it is to be asked for
    /// again, with the roots.
    bool take(const json::value& result, TimePoint asked_at, TimePoint now);
    void publish(TimePoint now);
    void rest(TimePoint now);  ///< the node is away: no power for dead work
    void say(SourceState::Phase phase, std::string text, TimePoint next_try = {});
    void end(SourceState::Phase phase, std::string text);
    std::string advice(const RpcError& error) const;
    bool hopeless(const RpcError& error, u32 failures) const;

    TemplateSettings settings_;
    Watch watch_{*this};
    Ask ask_{*this};
    BlockDelivery delivery_;
    std::deque<TemplateEvent> events_;

    std::optional<Algorithm> algorithm_;
    std::shared_ptr<const BlockTemplate> newest_;
    TimePoint newest_at_{};
    bool published_ = false;  ///< newest_ is out as work
    u64 epoch_ = 0;
    bool with_roots_ = false;  ///< zend: the call's second parameter is needed
    bool ever_worked_ = false;
    std::optional<TimePoint> away_since_;
    bool over_ = false;
    SourceState::Phase said_ = SourceState::Phase::connecting;
    std::string said_text_;
};

}  // namespace adit::stratum::client
