// Nodes and pools that take turns, in virtual time.

#include "stratum/client/source_turns.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace adit::stratum::client {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Phase = SourceState::Phase;

/// A source as the turns see it: up, it brings work a second after it began; down, it says so and
/// gives up after three seconds.
struct Script {
    bool up = true;
    bool silent = false;    ///< says nothing at all
    bool hopeless = false;  ///< down for good
    bool pool = true;
    bool answers = true;  ///< to shares, a second after they came
};

using Scripts = std::vector<Script>;

class World {
public:
    explicit World(Scripts scripts, TurnOptions options = {}, u64 seed = 1)
        : sources(std::move(scripts)), turns(with_names(std::move(options), sources.size()), seed)
    {}

    void run(Duration time)
    {
        const TimePoint end = now + time;
        act([&] { turns.on_tick(now); });
        for (;;) {
            TimePoint next = std::min(end, std::max(now, turns.wake_at()));
            if (!due_.empty()) next = std::min(next, due_.begin()->first);
            now = next;
            if (!due_.empty() && due_.begin()->first <= now) {
                const auto happening = std::move(due_.begin()->second);
                due_.erase(due_.begin());
                act(happening);
            } else if (turns.wake_at() <= now) {
                act([&] { turns.on_tick(now); });
            } else if (now >= end) {
                return;
            }
        }
    }

    /// The source in use loses its link, and is down from now on.
    void breaks(std::size_t source)
    {
        sources[source].up = false;
        for (const auto& [turn, its] : alive)
            if (its == source) goes_down(turn, source);
    }
    void brings_block(std::size_t source)
    {
        for (const auto& [turn, its] : std::map(alive))
            if (its == source)
                act([&, t = turn] { turns.on_work(t, work_of(source, ++epochs_of[source]), now); });
    }
    Share find()
    {
        Share share;
        share.work = work;
        share.nonce[0] = ++found;
        share.hash.bytes[0] = found;
        share.is_block = !work->pays_shares;
        act([&] { turns.submit(share); });
        return share;
    }
    std::vector<std::string> outcomes() const
    {
        std::vector<std::string> words;
        for (const ShareVerdict& verdict : verdicts)
            words.push_back(std::string(to_string(verdict.outcome)));
        return words;
    }

    TimePoint now{1000s};
    std::vector<Script> sources;
    SourceTurns turns;
    std::map<u64, std::size_t> alive;  ///< turn → source
    std::vector<std::size_t> begun;    ///< sources, in the order of their turns
    std::vector<TimePoint> begun_at;
    std::vector<u64> epochs;
    std::vector<std::string> said;
    std::vector<ShareVerdict> verdicts;
    SourceState state;
    WorkPtr work;
    u8 found = 0;

private:
    static TurnOptions with_names(TurnOptions options, std::size_t count)
    {
        for (std::size_t i = 0; i < count; ++i) options.names.push_back("s" + std::to_string(i));
        return options;
    }
    WorkPtr work_of(std::size_t source, u64 epoch)
    {
        auto fresh = std::make_shared<Work>();
        fresh->id = "of " + std::to_string(source);
        fresh->epoch = epoch;
        fresh->pays_shares = sources[source].pool;
        fresh->share_target = ~U256{} >> 8;
        return fresh;
    }
    template <class Happening>
    void act(Happening happening)
    {
        happening();
        while (auto output = turns.next_output()) obey(*output);
    }
    void after(Duration time, std::function<void()> happening)
    {
        due_.emplace(now + time, std::move(happening));
    }
    void goes_down(u64 turn, std::size_t source)
    {
        after(0s, [this, turn] { turns.on_state(turn, {Phase::waiting, "lost", now}, now); });
        const Phase how = sources[source].hopeless ? Phase::hopeless : Phase::gave_up;
        after(3s, [this, turn, how, source] {
            turns.on_state(turn, {how, "s" + std::to_string(source) + " is down", {}}, now);
        });
    }
    void obey(TurnOutput& output)
    {
        if (const auto* turn = std::get_if<BeginTurn>(&output)) {
            alive[turn->turn] = turn->source;
            begun.push_back(turn->source);
            begun_at.push_back(now);
            const Script& script = sources[turn->source];
            if (script.silent) return;
            if (!script.up) return goes_down(turn->turn, turn->source);
            after(1s, [this, t = turn->turn, s = turn->source] {
                turns.on_work(t, work_of(s, ++epochs_of[s]), now);
            });
        } else if (const auto* over = std::get_if<EndTurn>(&output)) {
            EXPECT_EQ(alive.erase(over->turn), 1u);
        } else if (auto* pass = std::get_if<PassShare>(&output)) {
            ASSERT_TRUE(alive.contains(pass->turn)) << "a share for a source that has ended";
            EXPECT_EQ(pass->share.work->id, "of " + std::to_string(alive.at(pass->turn)));
            if (!sources[alive.at(pass->turn)].answers) return;
            after(1s, [this, t = pass->turn, share = pass->share] {
                turns.on_verdict(t, {share, ShareOutcome::accepted, "", 1s}, now);
            });
        } else if (auto* is = std::get_if<WorkIs>(&output)) {
            work = is->work;
            if (work) epochs.push_back(work->epoch);
        } else if (auto* state_is = std::get_if<StateIs>(&output)) {
            state = state_is->state;
            said.push_back(state.text);
        } else if (auto* note = std::get_if<Note>(&output)) {
            said.push_back(note->text);
        } else if (auto* verdict = std::get_if<ShareVerdict>(&output)) {
            verdicts.push_back(*verdict);
        }
    }

    std::map<std::size_t, u64> epochs_of;
    std::multimap<TimePoint, std::function<void()>> due_;
};

double s(Duration time) { return std::chrono::duration<double>(time).count(); }

TEST(SourceTurns, TheFirstThatWorksIsUsed)
{
    World world(Scripts{{.pool = false}, {}, {}});
    world.run(2h);
    EXPECT_THAT(world.begun, ElementsAre(0));
    EXPECT_EQ(world.work->id, "of 0");
    EXPECT_EQ(world.state.phase, Phase::working);
}

TEST(SourceTurns, EachHasItsTurnInOrder)
{
    World world(Scripts{{.up = false, .pool = false}, {.up = false}, {.pool = false}, {}});
    world.run(30s);
    EXPECT_THAT(world.begun, ElementsAre(0, 1, 2));
    EXPECT_EQ(world.work->id, "of 2");
    EXPECT_THAT(world.said, testing::Contains(HasSubstr("s1 is down")));
    EXPECT_THAT(world.said, testing::Contains("s2: gives work now"));
}

TEST(SourceTurns, WithNobodyThereItBacksOffWithJitterAndSaysWhenItTriesNext)
{
    World world(Scripts{{.up = false, .pool = false}, {.up = false}});
    world.run(30min);
    ASSERT_GE(world.begun.size(), 20u);
    for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(world.begun[i], i % 2) << i;
    // Two turns of three seconds, and pauses that double to a minute, half of them by chance.
    const std::size_t last = world.begun.size() - 1;
    const double pause = s(world.begun_at[last] - world.begun_at[last - 2]);
    EXPECT_GE(pause, 30);
    EXPECT_LE(pause, 66);
    EXPECT_NE(world.state.phase, Phase::gave_up);
    EXPECT_FALSE(world.work);

    World twin(Scripts{{.up = false, .pool = false}, {.up = false}}, {}, 2);
    twin.run(30min);
    EXPECT_NE(twin.begun_at[10], world.begun_at[10]);
}

TEST(SourceTurns, GivesUpWhenToldTo)
{
    TurnOptions options;
    options.turns_max = 3;
    World world(Scripts{{.up = false}, {.up = false, .pool = false}}, options);
    world.run(10min);
    EXPECT_EQ(world.begun.size(), 3u);
    EXPECT_EQ(world.state.phase, Phase::gave_up);
    EXPECT_TRUE(world.alive.empty());
}

TEST(SourceTurns, WithoutAnyHopeItEndsAtOnce)
{
    World world(Scripts{{.up = false, .hopeless = true}, {.up = false, .hopeless = true}});
    world.run(10min);
    EXPECT_EQ(world.begun.size(), 2u);
    EXPECT_EQ(world.state.phase, Phase::hopeless);
}

TEST(SourceTurns, OneWithoutHopeIsTriedAgainWhileAnotherMayCome)
{
    World world(Scripts{{.up = false, .hopeless = true}, {.up = false}});
    world.run(1min);
    EXPECT_GE(world.begun.size(), 4u);
    world.sources[1].up = true;
    world.run(5min);
    EXPECT_EQ(world.work->id, "of 1");
}

TEST(SourceTurns, OneThatSaysNothingHasHadItsTurnAfterAMinute)
{
    World world(Scripts{{.silent = true}, {.pool = false}});
    world.run(59s);
    EXPECT_FALSE(world.work);
    world.run(5s);
    EXPECT_EQ(world.work->id, "of 1");
    EXPECT_EQ(world.alive.size(), 1u);
}

TEST(SourceTurns, WhenTheFirstBreaksTheNextServesAndTheFirstIsLookedAtAgain)
{
    World world(Scripts{{.pool = false}, {}});
    world.run(100s);
    world.breaks(0);
    world.run(5s);
    EXPECT_EQ(world.work->id, "of 1") << "three seconds of its own tries, one for the other";
    EXPECT_EQ(world.turns.in_use(), 1u);

    world.run(1300s);  // two looks in vain
    EXPECT_THAT(world.begun, ElementsAre(0, 1, 0, 0));
    EXPECT_EQ(world.work->id, "of 1");
    EXPECT_EQ(world.alive.size(), 1u);

    world.sources[0].up = true;
    world.run(601s);
    EXPECT_EQ(world.work->id, "of 0");
    EXPECT_THAT(world.said, testing::Contains("s0: is back"));
    EXPECT_EQ(world.alive.size(), 1u);
    // The epochs of three stretches of work: each voids all before.
    EXPECT_TRUE(std::is_sorted(world.epochs.begin(), world.epochs.end()));
    EXPECT_EQ(world.epochs.back(), 3u);
}

TEST(SourceTurns, StaysAwayFromTheFirstWhenTold)
{
    TurnOptions options;
    options.failover.return_to_main = 0s;
    World world(Scripts{{.up = false}, {.pool = false}}, options);
    world.run(10s);
    world.sources[0].up = true;
    world.run(3h);
    EXPECT_EQ(world.work->id, "of 1");
    EXPECT_EQ(world.begun.size(), 2u);
}

TEST(SourceTurns, WhenTheSecondBreaksTooTheOrderBeginsAnew)
{
    World world(Scripts{{.up = false}, {}, {}});
    world.run(100s);
    world.sources[0].up = true;
    world.breaks(1);
    world.run(6s);
    EXPECT_EQ(world.work->id, "of 0");
}

TEST(SourceTurns, DevicesRestWhenTheLastWorkIsDead)
{
    World world(Scripts{{}, {.up = false, .pool = false}});
    world.run(10s);
    world.breaks(0);
    world.run(12s);
    EXPECT_TRUE(world.work) << "the last job is still worked on";
    world.run(2s);
    EXPECT_FALSE(world.work);
}

TEST(SourceTurns, SharesGoWhereTheirWorkCameFromAndComeBackAsTheyWere)
{
    World world(Scripts{{.pool = false}, {}});
    world.run(2s);
    world.brings_block(0);
    const Share share = world.find();
    EXPECT_EQ(world.turns.shares_open(), 1u);
    world.run(2s);
    ASSERT_EQ(world.verdicts.size(), 1u);
    EXPECT_EQ(world.verdicts[0].outcome, ShareOutcome::accepted);
    EXPECT_EQ(world.verdicts[0].share.work, share.work);
    EXPECT_EQ(world.turns.tally(0).of(ShareOutcome::accepted), 1u);
    EXPECT_EQ(world.turns.tally(1).of(ShareOutcome::accepted), 0u);
    EXPECT_EQ(world.turns.shares_open(), 0u);
}

TEST(SourceTurns, APoolThatWasLeftIsHeardForItsAnswers)
{
    World world(Scripts{{.up = false}, {}});
    world.run(100s);
    ASSERT_EQ(world.work->id, "of 1");
    world.sources[0].up = true;
    world.run(600s - 95s);
    while (world.work->id != "of 0") {
        world.find();
        world.run(500ms);
    }
    world.run(30s);
    for (const ShareVerdict& verdict : world.verdicts)
        EXPECT_EQ(verdict.outcome, ShareOutcome::accepted);
    EXPECT_EQ(world.verdicts.size(), world.found);
    EXPECT_EQ(world.alive.size(), 1u);
}

TEST(SourceTurns, ABlockWaitsLongerForItsNodeThanASharesForItsPool)
{
    for (const bool pool : {false, true}) {
        World world(Scripts{{.pool = pool, .answers = false}, {}});
        world.run(10s);
        const Share share = world.find();
        world.breaks(0);
        world.run(5s);
        ASSERT_EQ(world.work->id, "of 1");
        EXPECT_EQ(world.alive.size(), 2u);
        world.run(60s);
        EXPECT_EQ(world.alive.size(), pool ? 1u : 2u);
        world.run(10min);
        EXPECT_THAT(world.outcomes(), ElementsAre("dropped"));
        EXPECT_THAT(world.verdicts[0].reason, HasSubstr("s0 was left"));
        EXPECT_EQ(world.verdicts[0].share.work, share.work);
        EXPECT_EQ(world.turns.shares_open(), 0u);
    }
}

TEST(SourceTurns, AShareOfWorkWhoseSourceIsGoneIsDroppedWithAReason)
{
    World world(Scripts{{}, {.pool = false}});
    world.run(10s);
    const WorkPtr old = world.work;
    world.breaks(0);
    world.run(10s);
    ASSERT_EQ(world.work->id, "of 1");
    world.work = old;
    world.find();
    EXPECT_THAT(world.outcomes(), ElementsAre("dropped"));
}

}  // namespace
}  // namespace adit::stratum::client
