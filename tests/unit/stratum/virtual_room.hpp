#pragma once

#include <map>
#include <set>
#include <string>

#include "stratum/proto/codec.hpp"
#include "stratum/server/pool_server.hpp"
#include "tests/unit/stratum/mined.hpp"

namespace adit::stratum::test {

using namespace std::chrono_literals;

/// A pool without sockets, threads or disk: judges and stores as soon as it is asked to `settle`.
class VirtualRoom {
public:
    explicit VirtualRoom(server::ServerOptions options = easy())
        : server(std::move(options), 7, 1000)
    {}

    /// Every true solution is a share, unless a test says otherwise.
    static server::ServerOptions easy()
    {
        server::ServerOptions options;
        options.agent = "adit/test";
        options.start_solutions = 1;
        options.vardiff.solutions_min = 1;
        options.vardiff.shares_for_a_look = 1'000'000;
        return options;
    }

    u64 connect(const std::string& address = "192.0.2.1")
    {
        const auto accepted = server.accept(address, now);
        return accepted ? *accepted : 0;
    }
    void hear(u64 connection, const std::string& bytes)
    {
        server.on_bytes(connection, bytes, now);
        settle();
    }

    /// Everything that can happen now happens.
    void settle()
    {
        while (auto share = server.next_to_judge()) {
            share->judgement = server::judge_dearly(share->candidate);
            server.on_judged(std::move(*share), now);
        }
        if (store_works) {
            auto batch = server.take_to_store(1000);
            std::vector<bool> fresh;
            for (const auto& share : batch) {
                fresh.push_back(stored.insert(share.candidate.hash).second);
                if (fresh.back()) ++credited[share.worker];
            }
            server.on_stored(std::move(batch), fresh, now);
        }
        while (auto event = server.next_event()) {
            if (const auto* found = std::get_if<server::BlockFound>(&*event))
                blocks.push_back(*found);
            if (const auto* note = std::get_if<server::PoolNote>(&*event))
                notes.push_back(note->text);
        }
        while (auto connection = server.next_with_output()) {
            if (stalled.contains(*connection)) {
                if (server.closing(*connection)) hang_up(*connection);
                continue;
            }
            said[*connection] += server.take_output(*connection);
            if (server.closing(*connection)) hang_up(*connection);
        }
    }
    void hang_up(u64 connection)
    {
        closed.insert(connection);
        server.on_closed(connection, now);
    }
    /// What was said to it since the last look.
    std::string take(u64 connection) { return std::exchange(said[connection], {}); }

    void work(std::shared_ptr<Work> fresh)
    {
        server.on_work(std::move(fresh), now);
        settle();
    }

    server::PoolServer server;
    TimePoint now{1000s};
    bool store_works = true;
    std::set<Hash256> stored;
    std::map<std::string, int> credited;
    std::vector<server::BlockFound> blocks;
    std::vector<std::string> notes;
    std::map<u64, std::string> said;
    std::set<u64> closed;
    std::set<u64> stalled;  ///< connections that do not read
};

/// A miner at such a pool that does by hand what it is told.
class HandMiner {
public:
    HandMiner(VirtualRoom& room, std::string worker, const std::string& address = "192.0.2.1")
        : room_(room), worker_(std::move(worker)), connection(room.connect(address))
    {
        if (connection == 0) return;
        say(encode(RequestId{i64{1}}, Subscribe{"hand/1", "", "pool", 3333}));
        say(encode(RequestId{i64{2}}, Authorize{worker_, "x"}));
        listen();
    }

    void say(const std::string& line) { room_.hear(connection, line); }
    /// Reads what was said: the newest job, target and prefix, and answers by id.
    void listen()
    {
        std::string text = room_.take(connection);
        std::size_t end = 0;
        while ((end = text.find('\n')) != std::string::npos) {
            const auto message = parse_server_line(text.substr(0, end));
            text.erase(0, end + 1);
            ADIT_CHECK(bool(message));
            if (const auto* notify = std::get_if<Notify>(&message->body)) {
                job = *notify;
                ++jobs;
            } else if (const auto* set = std::get_if<SetTarget>(&message->body)) {
                target = set->target;
            } else if (const auto* reply = std::get_if<Reply>(&message->body)) {
                if (const auto subscribed = read_subscribed(*reply); subscribed && !prefix_known) {
                    prefix = subscribed->nonce_1;
                    session = subscribed->session;
                    prefix_known = true;
                }
                last = *reply;
                ++answers;
                if (const auto* id = std::get_if<i64>(&message->id)) last_id = *id;
            }
        }
    }
    equihash::PowInput input() const
    {
        equihash::PowInput out;
        std::copy(job.header.begin(), job.header.end(), out.header.begin());
        return out;
    }
    Submit submit_of(const Mined& mined) const
    {
        Submit submit;
        submit.worker = worker_;
        submit.job = job.job;
        std::copy_n(job.header.begin() + 100, 4, submit.time.begin());
        submit.nonce_2 = mined.nonce_2;
        submit.solution = with_length_prefix(mined.solution);
        return submit;
    }
    std::vector<Mined> dig(std::size_t count, u32 first = 0)
    {
        return mine(input(), prefix, count, target, first);
    }
    /// Hands a share in and gives the answer: "ok", or the error's words.
    std::string hand_in(const Submit& submit)
    {
        const int before = answers;
        say(encode(RequestId{next_id++}, submit));
        listen();
        if (answers == before) return "silence";
        if (last.accepted) return "ok";
        return last.error ? last.error->message : "no";
    }

private:
    VirtualRoom& room_;
    std::string worker_;

public:
    u64 connection = 0;
    Notify job;
    int jobs = 0;
    int answers = 0;
    U256 target;
    NoncePart prefix;
    std::string session;
    bool prefix_known = false;
    Reply last;
    i64 last_id = 0;
    i64 next_id = 10;
};

}  // namespace adit::stratum::test
