#pragma once

#include <functional>
#include <map>
#include <queue>
#include <string>
#include <vector>

#include "stratum/client/recording.hpp"
#include "stratum/proto/codec.hpp"
#include "stratum/proto/pool_work.hpp"

namespace adit::stratum::test {

using namespace std::chrono_literals;

inline double seconds_since(TimePoint from, TimePoint to)
{
    return std::chrono::duration<double>(to - from).count();
}

/// One end of a connection, as a fake pool sees it.
class Wire {
public:
    virtual ~Wire() = default;
    virtual void say(const std::string& bytes, Duration after = {}) = 0;
    virtual void hang_up() = 0;
};

/// A pool as good as its overrides let it be: by default it logs everybody in, sends a job, and
/// accepts every share.
class FakePool {
public:
    virtual ~FakePool() = default;
    virtual bool accepts() { return up; }
    virtual void on_connect(Wire&) {}
    virtual void on_subscribe(Wire& wire, const RequestId& id)
    {
        wire.say(encode_result(id, Subscribed{session, *NoncePart::from_hex(nonce_1)}));
        wire.say(encode(SetTarget{target}));
        wire.say(job_line());
    }
    virtual void on_authorize(Wire& wire, const RequestId& id)
    {
        wire.say(encode_result(id, true));
    }
    virtual void on_submit(Wire& wire, const RequestId& id, const Submit&)
    {
        ++submits;
        wire.say(encode_result(id, true), 20ms);
    }
    virtual void on_request(Wire& wire, const ClientMessage& message)
    {
        if (std::holds_alternative<Subscribe>(message.body)) return on_subscribe(wire, message.id);
        if (std::holds_alternative<Authorize>(message.body)) return on_authorize(wire, message.id);
        if (const auto* submit = std::get_if<Submit>(&message.body))
            return on_submit(wire, message.id, *submit);
    }

    std::string job_line()
    {
        Notify notify;
        notify.job.text = "j" + std::to_string(++jobs);
        notify.header[0] = 4;
        notify.header[4] = block;
        notify.header[36] = static_cast<u8>(jobs);
        notify.header[37] = static_cast<u8>(jobs >> 8);
        notify.header[107] = 0x20;  // bits: an easy chain
        notify.header[104] = notify.header[105] = notify.header[106] = 0x0f;
        notify.clean_jobs = true;
        return encode(notify);
    }

    bool up = true;
    std::string nonce_1 = "a1a2a3a4";
    std::string session;
    U256 target = ~U256{} >> 8;
    u8 block = 1;
    int jobs = 0;
    int submits = 0;
};

/// A PoolClient among fake pools in virtual time: every millisecond that matters and no other.
class VirtualPools {
public:
    VirtualPools(std::vector<FakePool*> pools, client::ClientOptions options = {}, u64 seed = 1,
                 client::RecordedClient::Sink sink = {})
        : pools_(std::move(pools)),
          client_(with_urls(std::move(options), pools_.size()), seed, std::move(sink), now)
    {}

    /// Lets time pass for `time`, or until `enough()`.
    void run(
        Duration time, const std::function<bool()>& enough = [] { return false; })
    {
        const TimePoint end = now + time;
        next_find_ = std::max(next_find_, now);
        feed(client::Tick{});
        while (!enough()) {
            TimePoint next = std::min(end, std::max(client_.wake_at(), now));
            if (!queue_.empty()) next = std::min(next, queue_.top().at);
            if (finds_every > 0s) next = std::min(next, next_find_);
            now = next;
            if (!queue_.empty() && queue_.top().at <= now) {
                const auto act = queue_.top().act;
                queue_.pop();
                act();
            } else if (finds_every > 0s && next_find_ <= now) {
                next_find_ = now + finds_every;
                find();
            } else if (client_.wake_at() <= now) {
                feed(client::Tick{});
            } else if (now >= end) {
                break;
            }
        }
    }

    void at(Duration after, std::function<void()> act)
    {
        queue_.push({now + after, ++order_, std::move(act)});
    }

    void every(Duration period, std::function<void()> act)
    {
        at(period, [this, period, act] {
            act();
            every(period, act);
        });
    }
    /// The pool's next job on the same block, if it is connected.
    void next_job(std::size_t pool)
    {
        if (Wire* wire = wire_of(pool)) wire->say(pools_[pool]->job_line());
    }

    /// A device finds a share of the newest work.
    void find()
    {
        if (!work) return;
        ++found;
        Share share;
        share.work = work;
        std::copy_n(work->input.nonce().begin(), 32, share.nonce.begin());
        share.nonce[31] = static_cast<u8>(found);
        share.nonce[30] = static_cast<u8>(found >> 8);
        share.solution.bytes = Bytes(36, 1);
        share.hash.bytes[0] = share.nonce[31];
        share.hash.bytes[1] = share.nonce[30];
        share.hash.bytes[2] = 1;
        share.found = now;
        feed(client::Found{share});
    }

    int count(Ruling ruling) const
    {
        const auto known = rulings.find(ruling);
        return known == rulings.end() ? 0 : known->second;
    }
    int ruled() const
    {
        int sum = 0;
        for (const auto& [ruling, number] : rulings) sum += number;
        return sum;
    }
    client::PoolClient& client() { return client_.client(); }
    Wire* wire_of(std::size_t pool)
    {
        for (auto& [dial, link] : links_)
            if (link->pool == pool) return link.get();
        return nullptr;
    }
    bool said(const std::string& words) const
    {
        for (const std::string& line : notes)
            if (line.find(words) != std::string::npos) return true;
        return false;
    }

    TimePoint now{10000s};
    Duration finds_every{};
    WorkPtr work;
    SourceState state;
    std::vector<std::string> notes;  ///< and states
    std::vector<u64> epochs;
    std::map<Ruling, int> rulings;
    std::vector<client::RejectEvidence> evidence;
    std::vector<std::pair<TimePoint, client::Dial>> dials;
    int found = 0;

private:
    struct Link final : Wire {
        Link(VirtualPools& owner, u64 number, std::size_t of) : world(owner), dial(number), pool(of)
        {}
        void say(const std::string& bytes, Duration after) override
        {
            auto& to = world;
            const u64 number = dial;
            to.at(after, [&to, number, bytes] {
                if (to.links_.contains(number)) to.feed(client::Received{number, bytes});
            });
        }
        void hang_up() override
        {
            auto& to = world;
            const u64 number = dial;
            to.at({}, [&to, number] {
                if (to.links_.erase(number) > 0) to.feed(client::Closed{number, ""});
            });
        }
        VirtualPools& world;
        u64 dial;
        std::size_t pool;
        std::string unread;
    };
    struct Due {
        TimePoint at;
        u64 order;
        std::function<void()> act;
        bool operator<(const Due& other) const
        {
            return std::tie(at, order) > std::tie(other.at, other.order);
        }
    };

    static client::ClientOptions with_urls(client::ClientOptions options, std::size_t pools)
    {
        for (std::size_t i = 0; i < pools; ++i)
            options.pools.push_back(*client::parse_pool_url(
                "wallet.rig:secret@p" + std::to_string(i) + ".pool.example:3333"));
        options.agent = "adit/test";
        if (!options.algorithm.params) options.algorithm.params = equihash::Params{48, 5};
        return options;
    }

    void feed(client::ClientInput input)
    {
        client_.feed(std::move(input), now);
        while (auto output = client_.next_output(now)) heard(*output);
        std::vector<u64> numbers;
        for (const auto& [dial, link] : links_) numbers.push_back(dial);
        for (const u64 dial : numbers) deliver(dial);
    }

    void heard(client::ClientOutput& output)
    {
        if (auto* dial = std::get_if<client::Dial>(&output)) {
            dials.emplace_back(now, *dial);
            at(30ms, [this, d = *dial] { connect(d); });
        } else if (auto* hang = std::get_if<client::Hang>(&output)) {
            links_.erase(hang->dial);
        } else if (auto* is = std::get_if<client::WorkIs>(&output)) {
            work = is->work;
            if (work) epochs.push_back(work->epoch);
        } else if (auto* state_is = std::get_if<client::StateIs>(&output)) {
            state = state_is->state;
            notes.push_back(state.text);
        } else if (auto* note = std::get_if<client::Note>(&output)) {
            notes.push_back(note->text);
        } else if (auto* ruled = std::get_if<client::Ruled>(&output)) {
            ++rulings[ruled->ruling];
        } else if (auto* wanted = std::get_if<client::Diagnose>(&output)) {
            evidence.push_back(wanted->evidence);
        }
    }

    void connect(const client::Dial& dial)
    {
        FakePool& pool = *pools_[dial.pool];
        if (!pool.accepts()) return feed(client::DialFailed{dial.dial, "connection refused"});
        auto& link = links_[dial.dial] = std::make_unique<Link>(*this, dial.dial, dial.pool);
        pool.on_connect(*link);
        feed(client::Connected{dial.dial});
    }

    void deliver(u64 dial)
    {
        const auto known = links_.find(dial);
        if (known == links_.end()) return;
        known->second->unread += client_.take_bytes(dial, now);
        std::string& unread = known->second->unread;
        for (std::size_t end; (end = unread.find('\n')) != std::string::npos;) {
            auto message = parse_client_line(unread.substr(0, end));
            unread.erase(0, end + 1);
            if (message) pools_[known->second->pool]->on_request(*known->second, *message);
        }
    }

    std::vector<FakePool*> pools_;
    client::RecordedClient client_;
    std::map<u64, std::unique_ptr<Link>> links_;
    std::priority_queue<Due> queue_;
    u64 order_ = 0;
    TimePoint next_find_{};
};

}  // namespace adit::stratum::test
