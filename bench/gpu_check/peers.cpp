#include <algorithm>

#include "bench/gpu_check/peer_output.hpp"
#include "bench/gpu_check/peer_process.hpp"
#include "bench/gpu_check/steps.hpp"

namespace adit::gpu_check {
namespace {

constexpr u32 kRounds = 3;
constexpr double kShareOfTime = 1.0 / 3;  // all peers' rounds together, of --seconds
constexpr double kMargin = 1.05;  // a peer's next turn may take so much longer than its last
constexpr double kOvertime = 20;  // seconds past --seconds that a turn may still end in

/// How many times a peer's rate ours is to be, for the reader: what is missed is no failure.
struct Bar {
    const char* peer;
    const char* backend;
    bool on_cpu;
    double must, target, goal;
};
constexpr Params kBarParams{200, 9};
constexpr Bar kBars[]{
    {"djezo", "cuda", false, 1.3, 1.7, 2.2},
    {"silentarmy", "opencl", false, 2.5, 4, 6},
    {"silentarmy", "opencl", true, 2, 4, 6},
};

/// One peer against our solver on one device.
struct Match {
    const Peer* peer = nullptr;
    ListedDevice device;
    Params params;
    std::vector<double> ours{}, theirs{};  ///< Sol/s, a pair a round
    double turn_s = 0;                     ///< what the peer's longest turn took
    bool over = false;
};

const Bar* bar_of(const Match& match)
{
    const auto* bar = std::ranges::find_if(kBars, [&](const Bar& one) {
        return match.peer->name == one.peer && match.params == kBarParams &&
               match.device.backend->name() == one.backend && is_cpu(match.device) == one.on_cpu;
    });
    return bar == std::end(kBars) ? nullptr : bar;
}

/// Reported with the peer's last line, and the end of its rounds; the run goes on.
void give_up(Run& run, Match& match, std::string why, const std::string& last_line)
{
    match.over = true;
    if (!last_line.empty()) why += "; its last line: " + last_line;
    run.add("peers", match.device, match.params, {{"peer", match.peer->name}, {"peer_failed", why}},
            match.peer->name + " " + why);
}

void not_reached(Run& run, Match& match, u32 round)
{
    match.over = true;
    run.add("peers", match.device, match.params,
            {{"peer", match.peer->name}, {"round", round}, {"not_reached", true}},
            match.peer->name + format(", round %u not reached, the peers' time is up", round));
}

std::string how_it_ended(const Ended& ended)
{
    switch (ended.word) {
        case Ended::Word::exited:
            if (ended.code == 127) return "is not there (exit code 127)";
            return format("ended with exit code %d", ended.code);
        case Ended::Word::died_of_signal: return format("died of signal %d", ended.code);
        case Ended::Word::out_of_time: return format("was killed after %.1f s", ended.wall_s);
        case Ended::Word::not_started: break;
    }
    return format("could not be started (error %d)", ended.code);
}

/// The peer's turn, of at most `limit_s`. A peer that would go on for ever is taken at the last
/// rate it printed.
std::optional<PeerRate> their_turn(Run& run, Match& match, double limit_s)
{
    PeerOutput output;
    const Ended ended = run_command(match.peer->command, limit_s,
                                    [&](std::string_view bytes) { output.take(bytes); });
    match.turn_s = std::max(match.turn_s, ended.wall_s);
    const bool whole = ended.word == Ended::Word::exited && ended.code == 0;
    auto rate = output.rate(ended.wall_s);
    if (ended.word == Ended::Word::out_of_time && output.told_rate()) {
        rate->from += format("; it was ended after %.1f s", ended.wall_s);
        return rate;
    }
    if (whole && rate && rate->sol_s > 0) return rate;
    give_up(run, match, whole ? "printed no rate and no count of solutions" : how_it_ended(ended),
            output.last_line());
    return std::nullopt;
}

void play_round(Run& run, Match& match, double limit_s)
{
    const auto ours = rate(run, match.device, match.params, "");
    if (!ours) {
        match.over = true;
        return run.refuse("peers", match.device, match.params, ours.error());
    }
    const auto theirs = their_turn(run, match, limit_s);
    if (!theirs) return;
    match.ours.push_back(ours->sol_s);
    match.theirs.push_back(theirs->sol_s);
    const double ratio = ours->sol_s / theirs->sol_s;
    const std::size_t round = match.ours.size();
    run.add("peers", match.device, match.params,
            {{"peer", match.peer->name},
             {"round", round},
             {"sol_s", ours->sol_s},
             {"peer_sol_s", theirs->sol_s},
             {"ratio", ratio},
             {"peer_rate_from", theirs->from}},
            match.peer->name +
                format(", round %zu: %.4g to its %.4g Sol/s, %.2f times (", round, ours->sol_s,
                       theirs->sol_s, ratio) +
                theirs->from + ")");
}

void say_medians(Run& run, const Match& match)
{
    if (match.ours.empty()) return;
    const double ours = median(match.ours), theirs = median(match.theirs);
    json::object result{{"peer", match.peer->name},
                        {"median_of", match.ours.size()},
                        {"sol_s", ours},
                        {"peer_sol_s", theirs},
                        {"ratio", ours / theirs},
                        {"command", match.peer->command}};
    std::string line =
        match.peer->name + format(", medians of %zu: %.4g to its %.4g Sol/s, %.2f times",
                                  match.ours.size(), ours, theirs, ours / theirs);
    if (const Bar* bar = bar_of(match)) {
        result["must"] = bar->must;
        result["target"] = bar->target;
        result["goal"] = bar->goal;
        line += format("; must %g, target %g, goal %g", bar->must, bar->target, bar->goal);
    }
    run.add("peers", match.device, match.params, std::move(result), line);
}

/// Each peer beside its device; a device that is not there is said.
std::vector<Match> pair_up(Run& run)
{
    std::vector<Match> matches;
    const Params fallback = equihash::parse_params(run.options().params).value_or(Params{200, 9});
    for (const Peer& peer : run.options().peers) {
        const auto device = run.device_of(peer.device);
        const std::string why = "skipped: there is no device " + peer.device;
        if (device)
            matches.push_back({&peer, *device, peer.params.value_or(fallback)});
        else
            run.record().add("peers", {{"peer", peer.name}, {"skipped", why}},
                             peer.name + "  " + why);
    }
    return matches;
}

}  // namespace

void peers(Run& run)
{
    if (run.options().peers.empty()) {
        const std::string why = "skipped: none was named (--peer)";
        return run.record().add("peers", {{"skipped", why}}, why);
    }
    std::vector<Match> matches = pair_up(run);
    const TimePoint begun = run.clock().now();
    const auto time_left = [&] {
        const double share =
            run.options().seconds * kShareOfTime - seconds(run.clock().now() - begun);
        return std::min(share, run.seconds_left() + kOvertime);
    };
    for (u32 round = 0; round < kRounds; ++round)
        for (Match& match : matches) {
            if (match.over) continue;
            const double left = time_left();
            const double limit_s = run.options().peer_limit_s;
            if (run.late() || left <= std::min(limit_s, match.turn_s * kMargin))
                not_reached(run, match, round + 1);
            else
                play_round(run, match, std::min(limit_s, left));
        }
    for (const Match& match : matches) say_medians(run, match);
}

}  // namespace adit::gpu_check
