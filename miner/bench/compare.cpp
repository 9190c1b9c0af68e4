#include "miner/bench/compare.hpp"

#include <fmt/format.h>

#include "kernels/base/json.hpp"

namespace adit::miner::bench {
namespace {

std::string string_in(const json::object& o, std::string_view key)
{
    return std::string(json::string_of(o, key).value_or(""));
}

u64 count_in(const json::object& o, std::string_view key)
{
    return static_cast<u64>(std::max<i64>(0, json::integer_of(o, key).value_or(0)));
}

/// The value at `key` with the ends at `key`_interval; 0 when there is none.
Interval interval_in(const json::object& o, const std::string& key)
{
    Interval i;
    i.value = i.low = i.high = json::number_of(o, key).value_or(0);
    const json::array* ends = json::array_of(o, key + "_interval");
    if (ends == nullptr || ends->size() != 2) return i;
    if ((*ends)[0].is_number() && (*ends)[1].is_number()) {
        i.low = (*ends)[0].to_number<double>();
        i.high = (*ends)[1].to_number<double>();
    }
    return i;
}

Machine machine_in(const json::object& report)
{
    Machine machine;
    if (const json::object* o = json::object_of(report, "machine"))
        machine = {string_in(*o, "id"), string_in(*o, "cpu"),
                   static_cast<u32>(count_in(*o, "cores")), count_in(*o, "memory_bytes"),
                   string_in(*o, "system")};
    return machine;
}

Measurement measurement_of(const json::object& report, const json::object& row)
{
    Measurement m;
    m.machine = machine_in(report);
    m.params = string_in(report, "params");
    m.personalization = string_in(report, "personalization");
    m.first_nonce = count_in(report, "first_nonce");
    m.device = string_in(row, "device");
    m.name = string_in(row, "name");
    m.driver = string_in(row, "driver");
    m.variant = string_in(row, "variant");
    m.digest = string_in(row, "digest");
    m.threads = static_cast<u32>(count_in(row, "threads"));
    m.runs = count_in(row, "runs");
    m.runs_per_s = interval_in(row, "runs_per_s");
    m.solutions_per_s = interval_in(row, "solutions_per_s");
    m.valid = json::bool_of(row, "valid").value_or(false);
    return m;
}

}  // namespace

Result<std::vector<Measurement>, ReadError> read_report(std::string_view text)
{
    const auto parsed = json::parse(text);
    if (!parsed) return ReadError{"no JSON: " + parsed.error().message};
    const json::object* report = parsed->if_object();
    if (report == nullptr || string_in(*report, "format") != "adit.bench/1")
        return ReadError{"no report of adit benchmark (--report FILE.json makes one)"};
    std::vector<Measurement> all;
    if (const json::array* results = json::array_of(*report, "results"))
        for (const json::value& row : *results)
            if (const json::object* o = row.if_object()) all.push_back(measurement_of(*report, *o));
    if (all.empty()) return ReadError{"a report without results"};
    return all;
}

Result<Comparison, ReadError> compare(const Measurement& a, const Measurement& b)
{
    if (a.params != b.params)
        return ReadError{fmt::format("({}) and ({}) cannot be compared", a.params, b.params)};
    if (a.runs_per_s.value <= 0 || b.runs_per_s.value <= 0)
        return ReadError{"a report without a single run has no rate to compare"};
    Comparison c;
    c.runs_ratio = ratio_of(a.runs_per_s, b.runs_per_s);
    if (!a.runs_per_s.known() || !b.runs_per_s.known())
        c.runs_ratio.low = c.runs_ratio.high = c.runs_ratio.value;
    c.same_input = a.personalization == b.personalization && a.first_nonce == b.first_nonce &&
                   a.runs == b.runs;
    c.solutions_ratio = c.runs_ratio;
    if (!c.same_input && a.solutions_per_s.value > 0 && b.solutions_per_s.value > 0)
        c.solutions_ratio = ratio_of(a.solutions_per_s, b.solutions_per_s);
    c.same_machine = a.machine == b.machine && a.name == b.name && a.driver == b.driver;
    c.contradiction =
        c.same_input && !a.digest.empty() && !b.digest.empty() && a.digest != b.digest;

    const auto note = [&](std::string_view what, const auto& x, const auto& y) {
        if (x != y) c.differences.push_back(fmt::format("{}: {} and {}", what, x, y));
    };
    note("personalization", a.personalization, b.personalization);
    note("first nonce", a.first_nonce, b.first_nonce);
    note("nonces", a.runs, b.runs);
    note("device", a.name, b.name);
    note("driver", a.driver, b.driver);
    note("variant", a.variant, b.variant);
    note("threads", a.threads, b.threads);
    note("machine", a.machine.id, b.machine.id);
    note("cores", a.machine.cores, b.machine.cores);
    note("system", a.machine.system, b.machine.system);
    return c;
}

std::string text_of(const Comparison& c, const Measurement& a, const Measurement& b)
{
    const auto line = [](std::string_view what, const Interval& r) {
        if (!r.known())
            return fmt::format("{:<10} A / B = {:.4f}  (spread unknown: too few runs)\n", what,
                               r.value);
        return fmt::format("{:<10} A / B = {:.4f}  ({:.4f} to {:.4f}, 95 %)  {}\n", what, r.value,
                           r.low, r.high,
                           r.contains(1) ? "no difference seen"
                           : r.value > 1 ? "A is faster"
                                         : "B is faster");
    };
    std::string text = line("runs/s", c.runs_ratio);
    if (!c.same_input) text += line("Sol/s", c.solutions_ratio);
    text += fmt::format("A  {:.4g} it/s  {} {} ({}, {} threads){}\n", a.runs_per_s.value, a.params,
                        a.device, a.variant, a.threads, a.valid ? "" : "  not valid");
    text += fmt::format("B  {:.4g} it/s  {} {} ({}, {} threads){}\n", b.runs_per_s.value, b.params,
                        b.device, b.variant, b.threads, b.valid ? "" : "  not valid");
    text += c.same_input ? "input: the same\n" : "input: not the same\n";
    text += c.same_machine ? "machine: the same\n" : "machine: not the same\n";
    for (const std::string& difference : c.differences) text += "  " + difference + "\n";
    if (c.contradiction)
        text += "the digests differ: one of the two missed solutions or made them up\n";
    if (!a.valid || !b.valid)
        text += "a run that is not valid says little; run it again on a quiet machine\n";
    return text;
}

}  // namespace adit::miner::bench
