#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "kernels/base/interrupts.hpp"
#include "kernels/base/version.hpp"
#include "kernels/cpu/cpu_backend.hpp"
#include "kernels/hash/dispatch.hpp"
#include "miner/app/commands.hpp"
#include "miner/app/cpu_teams.hpp"
#include "miner/app/exit_code.hpp"
#include "miner/bench/compare.hpp"
#include "miner/bench/yardsticks.hpp"
#include "miner/tune/profiles.hpp"

namespace adit::miner::app {
namespace {

namespace fs = std::filesystem;

struct BenchOptions {
    std::string params = "200,9";
    std::string pers = "ZcashPoW";
    double seconds = 20;
    std::string nonces;
    std::vector<std::string> reports;
    DeviceOptions devices;
};

std::string memory_text(u64 bytes) { return bench::bytes_text(static_cast<double>(bytes)); }

/// "255..354": both ends are tried.
bool read_nonces(const std::string& text, bench::Plan& plan)
{
    const std::size_t dots = text.find("..");
    if (dots == std::string::npos) return false;
    u64 first = 0;
    u64 last = 0;
    const char* middle = text.data() + dots;
    const char* end = text.data() + text.size();
    const auto a = std::from_chars(text.data(), middle, first);
    const auto b = std::from_chars(middle + 2, end, last);
    if (a.ec != std::errc{} || a.ptr != middle || b.ec != std::errc{} || b.ptr != end) return false;
    if (last < first || last >= bench::kNonceEnd) return false;
    plan.first_nonce = first;
    plan.nonces = last - first + 1;
    return true;
}

Result<bench::Plan, ChoiceError> plan_of(const BenchOptions& options)
{
    bench::Plan plan;
    const auto params = equihash::parse_params(options.params);
    if (!params)
        return ChoiceError{"Equihash (" + options.params +
                           ") is not supported; supported are: " + equihash::known_params_text()};
    plan.params = *params;
    const auto personalization = equihash::Personalization::from_text(options.pers);
    if (!personalization)
        return ChoiceError{"--pers " + options.pers +
                           " must be exactly eight characters, such as ZcashPoW"};
    plan.personalization = *personalization;
    plan.time =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options.seconds));
    if (!options.nonces.empty() && !read_nonces(options.nonces, plan))
        return ChoiceError{"--nonces " + options.nonces +
                           " is no range: say the first and the last, 0..99, up to 4294967295"};
    return plan;
}

/// Opens it for writing and leaves what it holds as it is; a file that was not there is not there
/// afterwards. (Only trying tells: permissions say nothing of /proc, nor to root.)
bool can_be_written(const fs::path& file)
{
    std::error_code error;
    const bool exists = fs::exists(file, error);
    if (error || (exists && !fs::is_regular_file(file, error))) return false;
    const bool opened = std::ofstream(file, std::ios::binary | std::ios::app).is_open();
    if (opened && !exists) fs::remove(file, error);
    return opened;
}

/// Whether a report can be written there, known before the work and not after it.
Result<void, ChoiceError> check_report_path(const std::string& path)
{
    const fs::path file(path);
    const std::string kind = file.extension();
    if (kind != ".json" && kind != ".csv" && kind != ".svg")
        return ChoiceError{"--report " + path + " must end in .json, .csv or .svg"};
    if (!can_be_written(file))
        return ChoiceError{"--report " + path + " cannot be written there; choose another place"};
    return {};
}

/// MemAvailable for the CPU, all of its memory for any other device.
u64 memory_there(const solver::DeviceInfo& device)
{
    if (device.id != "cpu") return device.memory_bytes;
    std::ifstream file("/proc/meminfo");
    std::string word;
    while (file >> word)
        if (u64 kib = 0; word == "MemAvailable:" && file >> kib) return kib * 1024;
    return device.memory_bytes;
}

/// As mining has it: the lane that was named, else the way that was tuned, else the usual one.
struct Way {
    std::string lane;
    std::string chosen;  ///< for DeviceReport
};

Way way_of(const Device& device, const bench::Plan& plan, const DeviceOptions& options,
           const tune::Profiles& profiles)
{
    if (!options.lane.empty()) return {options.lane, "named"};
    const tune::Profile* profile = profiles.find(device.info, plan.params);
    return profile != nullptr ? Way{profile->way, "tuned"} : Way{"", "usual"};
}

Result<bench::Bench, ChoiceError> bench_of(const Device& device, const bench::Plan& plan,
                                           const DeviceOptions& options)
{
    const bool is_cpu = device.info.id == "cpu";
    const u32 threads =
        is_cpu ? options.threads.value_or(device.info.workers) : device.info.workers;
    const std::string params = equihash::to_string(plan.params);
    const auto needed = device.backend->memory_needed(device.info, plan.params);
    if (!needed) return ChoiceError{device.info.id + " cannot run (" + params + ")"};
    const u64 there = memory_there(device.info);
    const u64 fitting = there / std::max<u64>(*needed, 1);
    bench::Bench bench{device.backend, device.info, options.lane, std::vector<u32>(threads, 1)};
    u32 widest = 1;  // threads on one nonce
    if (is_cpu) {
        widest = std::min(options.share.value_or(4), device.backend->threads_max(plan.params));
        const u64 teams_max = options.share ? threads : std::max<u64>(fitting, 1);
        bench.teams = cpu_teams({threads, options.share}, teams_max, widest);
    }
    if (bench.workers() <= fitting && bench.threads() == threads) return bench;
    const u64 least = (threads + widest - 1) / widest * *needed;
    std::string fits;
    if (fitting > 0) fits = fmt::format("--threads {}", fitting * widest);
    for (const equihash::Params& other : equihash::kKnownParams) {
        const auto bytes = device.backend->memory_needed(device.info, other);
        const u32 others = is_cpu ? device.backend->threads_max(other) : 1;
        if (bytes && (threads + others - 1) / others * *bytes <= there)
            fits += (fits.empty() ? "" : " or ") + equihash::to_string(other);
    }
    return ChoiceError{fmt::format("({}) with {} threads needs {}, {} has {}{}", params, threads,
                                   memory_text(least), device.info.id, memory_text(there),
                                   fits.empty() ? "" : "; what fits: " + fits)};
}

/// The line that lives on a terminal while something runs, from the third second on.
class ProgressLine {
public:
    explicit ProgressLine(std::string device)
        : device_(std::move(device)), terminal_(isatty(STDERR_FILENO) != 0)
    {}
    ~ProgressLine() { clear(); }

    void show(const bench::Progress& p)
    {
        if (!terminal_ || p.elapsed_s < 2 || p.elapsed_s < shown_s_ + 0.5) return;
        shown_s_ = p.elapsed_s;
        fmt::print(stderr, "\r{}  {:.0f} s  {} runs  {:.3g} it/s  {} solutions\x1b[K", device_,
                   p.elapsed_s, p.runs, static_cast<double>(p.runs) / p.elapsed_s, p.solutions);
        std::fflush(stderr);
    }

private:
    void clear() const
    {
        if (shown_s_ > 0) fmt::print(stderr, "\r\x1b[K");
    }
    std::string device_;
    bool terminal_;
    double shown_s_ = 0;
};

void measure_yardsticks(const bench::Plan& plan, bench::DeviceReport& report)
{
    const auto lane = hash::parse_lane(report.variant);
    if (report.device != "cpu" || !lane) return;
    report.copy_bytes_per_s = bench::copy_rate(report.threads);
    report.atomic_counters = cpu::bucket_count(plan.params);
    report.atomic_adds_per_s = bench::atomic_rate(report.threads, report.atomic_counters);
    report.hashing_s =
        bench::hashing_seconds(plan.params, plan.personalization, *lane, report.threads) *
        report.nonces_at_once / std::max(1u, report.threads);
}

int write_reports(const bench::Report& report, const std::vector<std::string>& paths)
{
    for (const std::string& path : paths) {
        const std::string kind = fs::path(path).extension();
        std::ofstream file(path, std::ios::binary);
        file << (kind == ".json"  ? bench::json_of(report)
                 : kind == ".csv" ? bench::csv_of(report)
                                  : bench::svg_of(report));
        file.close();
        if (!file) return complain(ExitCode::kUsage, "--report " + path + " could not be written");
    }
    return ExitCode::kDone;
}

int run_bench(const BenchOptions& options, const GlobalOptions& global)
{
    const auto plan = plan_of(options);
    if (!plan) return complain(ExitCode::kUsage, plan.error().text);
    for (const std::string& path : options.reports)
        if (const auto fine = check_report_path(path); !fine)
            return complain(ExitCode::kUsage, fine.error().text);
    const auto devices = devices_for(options.devices);
    if (!devices) return complain(ExitCode::kUsage, devices.error().text);
    const tune::Profiles profiles(tune::Profiles::default_folder());
    std::vector<std::pair<bench::Bench, Way>> benches;
    for (const Device& device : *devices) {
        const auto bench = bench_of(device, *plan, options.devices);
        if (!bench) return complain(ExitCode::kUsage, bench.error().text);
        benches.emplace_back(*bench, way_of(device, *plan, options.devices, profiles));
    }

    const Interrupts interrupts;
    bench::Report report{.version = std::string(version()),
                         .commit = std::string(commit()),
                         .command_line = global.command_line,
                         .unix_time = SystemClock().unix_time(),
                         .machine = bench::Machine::here(),
                         .plan = *plan,
                         .devices = {}};
    bool interrupted = false;
    bool wrong = false;
    for (auto& [bench, way] : benches) {
        ProgressLine line(bench.device.id);
        const auto measure = [&, &bench = bench](const std::string& lane) {
            bench.lane = lane;
            return bench::run_benchmark(*plan, bench, [&](const bench::Progress& progress) {
                line.show(progress);
                interrupted = interrupted || interrupts.wait(std::chrono::milliseconds(0)) != 0;
                return interrupted;
            });
        };
        auto run = measure(way.lane);
        if (!run && way.chosen == "tuned") {  // mining goes on in the usual way, too
            way.chosen = "usual, the tuned " + way.lane + " does not run";
            run = measure("");
        }
        if (!run)
            return complain(run.error().word == solver::DeviceError::Word::not_found
                                ? ExitCode::kUsage
                                : ExitCode::kFailed,
                            bench.device.id + ": " + run.error().detail);
        report.devices.push_back(bench::report_of(*plan, *run, report.machine.cores));
        report.devices.back().way = way.chosen;
        wrong = wrong || run->wrong > 0;
        if (interrupted) break;
        measure_yardsticks(*plan, report.devices.back());
    }
    fmt::print("{}", bench::text_of(report));
    if (const int code = write_reports(report, options.reports); code != ExitCode::kDone)
        return code;
    return interrupted ? ExitCode::kInterrupted : wrong ? ExitCode::kFailed : ExitCode::kDone;
}

Result<bench::Measurement, ChoiceError> measurement_in(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file) return ChoiceError{path + " cannot be read"};
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    auto all = bench::read_report(text);
    if (!all) return ChoiceError{path + ": " + all.error().text};
    if (all->size() > 1)
        return ChoiceError{path + " holds several devices; compare reports of one device each"};
    return std::move(all->front());
}

int run_compare(const std::string& a_path, const std::string& b_path)
{
    const auto a = measurement_in(a_path);
    if (!a) return complain(ExitCode::kUsage, a.error().text);
    const auto b = measurement_in(b_path);
    if (!b) return complain(ExitCode::kUsage, b.error().text);
    const auto comparison = bench::compare(*a, *b);
    if (!comparison) return complain(ExitCode::kUsage, comparison.error().text);
    fmt::print("{}", bench::text_of(*comparison, *a, *b));
    return comparison->contradiction ? ExitCode::kFailed : ExitCode::kDone;
}

void add_compare_command(CLI::App& bench, int& exit_code)
{
    auto* command = bench.add_subcommand("compare", "Two JSON reports: the ratio of their rates");
    const auto paths = std::make_shared<std::pair<std::string, std::string>>();
    command->add_option("A", paths->first, "Report of adit benchmark")->required();
    command->add_option("B", paths->second, "The report to hold it against")->required();
    command->callback(
        [paths, &exit_code] { exit_code = run_compare(paths->first, paths->second); });
}

}  // namespace

void add_bench_command(CLI::App& program, const GlobalOptions& global, int& exit_code)
{
    auto* command = program.add_subcommand(
        "benchmark", "Measure the solvers here, offline: adit benchmark 200,9 --seconds 20");
    command->alias("bench");
    const auto options = std::make_shared<BenchOptions>();
    command->add_option("params", options->params, "Equihash parameters; 200,9 unless said")
        ->type_name("N,K");
    command->add_option("--pers", options->pers, "Personalization, eight characters")
        ->type_name("TEXT");
    add_device_options(*command, options->devices);
    auto* seconds = command->add_option("--seconds", options->seconds, "How long, each device")
                        ->check(CLI::Range(0.01, 86'400.0))
                        ->type_name("S");
    command
        ->add_option("--nonces", options->nonces,
                     "These nonces instead, the last one too; 255..354 hold 184 solutions at 200,9")
        ->excludes(seconds)
        ->type_name("A..B");
    command->add_option("--report", options->reports, "Write a report: .json, .csv or .svg")
        ->type_name("FILE");
    command->require_subcommand(0, 1);
    add_compare_command(*command, exit_code);
    command->callback([command, options, &global, &exit_code] {
        if (command->get_subcommands().empty()) exit_code = run_bench(*options, global);
    });
}

}  // namespace adit::miner::app
