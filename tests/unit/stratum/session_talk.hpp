#pragma once

#include <gtest/gtest.h>

#include "stratum/client/client_session.hpp"
#include "stratum/proto/codec.hpp"

/// A client's session with a scripted pool at its other end.
namespace adit::stratum::test {

using namespace client;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{seconds(1000)};
constexpr const char* kNonce1 = "70000000";
inline const std::string kTarget = "0" + std::string(63, 'f');

inline Login login()
{
    Login login;
    login.user = "wallet.rig";
    login.password = "x";
    login.agent = "adit/test";
    login.host = "pool.example";
    login.port = 3333;
    return login;
}

/// Somebody who knows what the pool mines.
inline Login fixed(u32 n = 48, u32 k = 5)
{
    Login who = login();
    who.algorithm.params = equihash::find_params(n, k);
    return who;
}

/// One word for each event, so that a whole conversation reads as a list.
inline std::string word(const SessionEvent& event)
{
    return std::visit(
        []<class E>(const E& e) -> std::string {
            if constexpr (std::is_same_v<E, NewWork>)
                return std::string(e.voids_older ? "work! " : "work ") + e.work.id + " " +
                       to_string(Algorithm{e.work.params, e.work.personalization});
            else if constexpr (std::is_same_v<E, LoggedIn>)
                return "logged in";
            else if constexpr (std::is_same_v<E, LoginRefused>)
                return "login refused: " + e.text;
            else if constexpr (std::is_same_v<E, PoolSaid>)
                return "said: " + e.text;
            else if constexpr (std::is_same_v<E, PoolWarned>)
                return "warned: " + e.text;
            else if constexpr (std::is_same_v<E, PoolMoves>)
                return "moves: " + e.to.host + ":" + std::to_string(e.to.port);
            else
                return "broken: " + e.text;
        },
        event);
}

inline std::vector<std::string> words(ClientSession& session)
{
    std::vector<std::string> out;
    while (auto event = session.next_event()) out.push_back(word(*event));
    return out;
}

inline std::string notify_line(const std::string& id, char previous = 'a',
                               const std::string& rest = ",true",
                               const std::string& time = "fc06026b")
{
    return R"({"id":null,"method":"mining.notify","params":[")" + id + "\",\"04000000\",\"" +
           std::string(64, previous) + "\",\"" + std::string(64, 'b') + "\",\"" +
           std::string(64, '0') + "\",\"" + time + "\",\"0f0f0f20\"" + rest + "]}\n";
}

inline std::string target_line(const std::string& target = kTarget)
{
    return R"({"id":null,"method":"mining.set_target","params":[")" + target + "\"]}\n";
}

/// A session with a scripted pool at the other end; remembers the work it was given.
class Talk {
public:
    explicit Talk(Login who = login(), SessionLimits limits = {})
        : session(std::move(who), 0, limits)
    {
        session.on_connected(++connection, now);
    }

    void hear(const std::string& bytes)
    {
        session.on_bytes(bytes, now);
        collect();
    }
    /// Answers the oldest request that has not been answered.
    void reply(const std::string& result_and_error)
    {
        collect_requests();
        ASSERT_FALSE(unanswered.empty());
        const i64 id = unanswered.front();
        unanswered.erase(unanswered.begin());
        hear("{\"id\":" + std::to_string(id) + "," + result_and_error + "}\n");
    }
    void log_in(const std::string& nonce_1 = kNonce1)
    {
        reply(R"("result":[null,")" + nonce_1 + R"("],"error":null)");
        hear(target_line());
        hear(notify_line("j1"));
        reply(R"("result":true,"error":null)");
    }
    void wait(Duration time)
    {
        now += time;
        session.on_tick(now);
        collect();
    }
    void lose_link()
    {
        session.on_closed(now);
        unanswered.clear();
        requests.clear();
        collect();
    }
    void connect_again() { session.on_connected(++connection, now); }

    Share share(u8 mark, const WorkPtr& of)
    {
        Share share;
        share.work = of;
        share.solution.bytes = Bytes(36, mark);
        std::copy_n(of->input.nonce().begin(), 32, share.nonce.begin());
        share.nonce[31] = mark;
        share.hash.bytes[0] = mark;
        share.hash.bytes[1] = 0x5a;
        return share;
    }
    void find(u8 mark) { find(mark, works.back()); }
    void find(u8 mark, const WorkPtr& of)
    {
        session.submit(share(mark, of), now);
        collect();
    }

    void collect()
    {
        while (auto event = session.next_event()) {
            if (const auto* fresh = std::get_if<NewWork>(&*event))
                works.push_back(std::make_shared<Work>(fresh->work));
            story.push_back(word(*event));
        }
        for (const Ruled& ruled : session.take_ruled())
            rulings.push_back(std::string(to_string(ruled.ruling)) + " " +
                              std::to_string(ruled.share.nonce[31]));
    }
    /// What the session wrote since the last look, as requests.
    void collect_requests()
    {
        std::string output = session.take_output();
        std::size_t end = 0;
        while ((end = output.find('\n')) != std::string::npos) {
            const auto message = parse_client_line(output.substr(0, end));
            ASSERT_TRUE(message);
            raw.push_back(output.substr(0, end));
            output.erase(0, end + 1);
            if (const auto* id = std::get_if<i64>(&message->id))
                if (!std::holds_alternative<Pong>(message->body)) {
                    unanswered.push_back(*id);
                    if (const auto* submit = std::get_if<Submit>(&message->body))
                        requests.push_back(*submit);
                }
        }
        EXPECT_TRUE(output.empty());
    }
    std::vector<Submit> submits()
    {
        collect_requests();
        return std::exchange(requests, {});
    }

    ClientSession session;
    TimePoint now = kStart;
    u64 connection = 0;
    std::vector<WorkPtr> works;
    std::vector<std::string> story;
    std::vector<std::string> rulings;
    std::vector<std::string> raw;
    std::vector<i64> unanswered;
    std::vector<Submit> requests;
};

}  // namespace adit::stratum::test
