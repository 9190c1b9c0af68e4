#include <fmt/format.h>

#include <cstdlib>

#include "kernels/base/json.hpp"
#include "miner/bench/report.hpp"

namespace adit::miner::bench {
namespace {

/// Six significant digits: the rest is noise.
double rounded(double x) { return std::strtod(fmt::format("{:.6g}", x).c_str(), nullptr); }

json::value list_of(const Interval& i)
{
    if (!i.known()) return nullptr;
    return json::array{rounded(i.low), rounded(i.high)};
}

json::array list_of(const std::vector<std::string>& words)
{
    json::array list;
    for (const std::string& word : words) list.emplace_back(boost::json::string(word));
    return list;
}

json::array list_of(const std::vector<double>& values, double unit)
{
    json::array list;
    for (const double value : values) list.emplace_back(rounded(value / unit));
    return list;
}

json::value text_or_null(const std::string& text)
{
    return text.empty() ? json::value(nullptr) : json::value(boost::json::string(text));
}

json::object run_times(const DeviceReport& d)
{
    json::object times;
    constexpr std::array kNames{"min", "p1", "p5", "p25", "median", "p75", "p95", "p99", "max"};
    static_assert(kNames.size() == kQuantiles.size());
    for (std::size_t i = 0; i < d.quantiles_s.size(); ++i)
        times[kNames[i]] = rounded(d.quantiles_s[i] * 1e3);
    return times;
}

json::object load_json(const Load& load)
{
    if (!load.known) return {};
    return {{"own_cores", rounded(load.own)},
            {"other_cores", rounded(load.others)},
            {"stolen_cores", rounded(load.stolen)},
            {"throttle_events", load.throttle_events}};
}

json::array phases_json(const DeviceReport& d)
{
    json::array list;
    for (const solver::Phase& phase : d.phases) {
        json::object o{{"name", phase.name},
                       {"ms", rounded(phase.seconds * 1e3)},
                       {"bytes", phase.bytes},
                       {"bytes_per_s", rounded(bytes_per_s(d, phase))}};
        if (d.copy_bytes_per_s > 0)
            o["of_copy_rate"] = rounded(bytes_per_s(d, phase) / d.copy_bytes_per_s);
        list.emplace_back(std::move(o));
    }
    return list;
}

json::object device_json(const DeviceReport& d)
{
    json::object o{{"device", d.device},
                   {"name", d.name},
                   {"driver", d.driver},
                   {"variant", d.variant},
                   {"way", text_or_null(d.way)},
                   {"threads", d.threads},
                   {"nonces_at_once", d.nonces_at_once},
                   {"memory_bytes", d.memory_bytes},
                   {"runs", d.runs},
                   {"seconds", rounded(d.seconds)},
                   {"runs_per_s", rounded(d.runs_per_s.value)},
                   {"runs_per_s_interval", list_of(d.runs_per_s)},
                   {"solutions", d.solutions},
                   {"solutions_per_s", rounded(d.solutions_per_s.value)},
                   {"solutions_per_s_interval", list_of(d.solutions_per_s)},
                   {"yield", rounded(d.yield.value)},
                   {"yield_interval", list_of(d.yield)},
                   {"verified", d.verified},
                   {"wrong", d.wrong},
                   {"rows_dropped", d.rows_dropped},
                   {"verify_seconds", rounded(d.verify_s)},
                   {"digest", text_or_null(d.digest)}};
    if (d.digest.empty()) o["digest_note"] = d.digest_note;
    o["run_ms"] = run_times(d);
    o["rate_over_time"] = list_of(d.rate_over_time, 1);
    if (d.copy_bytes_per_s > 0) o["copy_bytes_per_s"] = rounded(d.copy_bytes_per_s);
    if (d.atomic_adds_per_s > 0) {
        o["atomic_adds_per_s"] = rounded(d.atomic_adds_per_s);
        o["atomic_counters"] = d.atomic_counters;
    }
    if (d.hashing_s > 0) o["hashing_ms"] = rounded(d.hashing_s * 1e3);
    if (!d.phases.empty()) o["phases"] = phases_json(d);
    if (d.power_w > 0) {
        o["power_w"] = rounded(d.power_w);
        o["solutions_per_joule"] = rounded(d.solutions_per_s.value / d.power_w);
    }
    o["load"] = load_json(d.load);
    o["valid"] = d.valid;
    o["reasons"] = list_of(d.reasons);
    return o;
}

/// Sums over all devices; a digest only where all came to the same one.
void add_sums(const std::vector<DeviceReport>& devices, json::object& o)
{
    u64 runs = 0, solutions = 0, verified = 0, wrong = 0, dropped = 0, memory = 0, threads = 0;
    double runs_per_s = 0, solutions_per_s = 0;
    bool valid = true, same_digest = true;
    std::string ids, names, drivers;
    const auto join = [](std::string& list, const std::string& word) {
        if (!word.empty()) list += (list.empty() ? "" : ", ") + word;
    };
    for (const DeviceReport& d : devices) {
        runs += d.runs;
        solutions += d.solutions;
        verified += d.verified;
        wrong += d.wrong;
        dropped += d.rows_dropped;
        memory += d.memory_bytes;
        threads += d.threads;
        runs_per_s += d.runs_per_s.value;
        solutions_per_s += d.solutions_per_s.value;
        valid = valid && d.valid;
        same_digest = same_digest && d.digest == devices[0].digest;
        join(ids, d.device);
        join(names, d.name);
        join(drivers, d.driver);
    }
    o["device"] = ids;
    o["name"] = names;
    o["driver"] = drivers;
    o["threads"] = threads;
    o["memory_bytes"] = memory;
    o["runs"] = runs;
    o["runs_per_s"] = rounded(runs_per_s);
    o["solutions"] = solutions;
    o["solutions_per_s"] = rounded(solutions_per_s);
    o["verified"] = verified;
    o["wrong"] = wrong;
    o["rows_dropped"] = dropped;
    o["digest"] = same_digest ? text_or_null(devices[0].digest) : json::value(nullptr);
    o["valid"] = valid;
}

}  // namespace

std::string json_of(const Report& report)
{
    const Plan& plan = report.plan;
    json::object o{{"format", "adit.bench/1"},
                   {"version", report.version},
                   {"commit", report.commit},
                   {"command", report.command_line},
                   {"unix_time", report.unix_time}};
    o["machine"] = json::object{{"id", report.machine.id},
                                {"cpu", report.machine.cpu},
                                {"cores", report.machine.cores},
                                {"memory_bytes", report.machine.memory_bytes},
                                {"system", report.machine.system}};
    o["params"] = equihash::to_string(plan.params);
    o["personalization"] = plan.personalization.text();
    o["first_nonce"] = plan.first_nonce;
    o["expected_solutions_per_run"] = rounded(expected_solutions(plan.params));
    add_sums(report.devices, o);
    json::array results;
    for (const DeviceReport& d : report.devices) results.emplace_back(device_json(d));
    o["results"] = results;
    return json::to_pretty_text(o) + "\n";
}

}  // namespace adit::miner::bench
