#include "miner/bench/load.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace adit::miner::bench {
namespace {

double own_cpu_seconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

u64 count_throttle_events()
{
    u64 events = 0;
    std::error_code error;
    for (const auto& cpu : std::filesystem::directory_iterator("/sys/devices/system/cpu", error)) {
        u64 count = 0;
        std::ifstream file(cpu.path() / "thermal_throttle/core_throttle_count");
        if (file >> count) events += count;
    }
    return events;
}

/// All packages' energy counters (RAPL); they are for root alone on many systems, and wrap around.
double package_energy()
{
    double joules = 0;
    std::error_code error;
    for (const auto& zone : std::filesystem::directory_iterator("/sys/class/powercap", error)) {
        std::string name;
        std::ifstream(zone.path() / "name") >> name;
        double microjoules = 0;
        if (name.starts_with("package-") && std::ifstream(zone.path() / "energy_uj") >> microjoules)
            joules += microjoules * 1e-6;
    }
    return joules;
}

}  // namespace

CpuTimes parse_proc_stat(std::string_view text, double ticks_a_second)
{
    CpuTimes times;
    std::istringstream line{std::string(text.substr(0, text.find('\n')))};
    std::string word;
    line >> word;
    std::array<double, 8> ticks{};  // user nice system idle iowait irq softirq steal
    for (double& field : ticks)
        if (!(line >> field)) return times;
    if (word != "cpu") return times;
    times.known = true;
    times.busy = (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / ticks_a_second;
    times.stolen = ticks[7] / ticks_a_second;
    return times;
}

CpuTimes CpuTimes::now()
{
    std::ifstream file("/proc/stat");
    std::string line;
    std::getline(file, line);
    CpuTimes times = parse_proc_stat(line, static_cast<double>(sysconf(_SC_CLK_TCK)));
    times.own = own_cpu_seconds();
    times.throttle_events = count_throttle_events();
    times.energy_j = package_energy();
    return times;
}

Load load_between(const CpuTimes& before, const CpuTimes& after, double wall_s)
{
    Load load;
    if (!before.known || !after.known || wall_s <= 0) return load;
    load.known = true;
    load.stolen = (after.stolen - before.stolen) / wall_s;
    load.own = (after.own - before.own) / wall_s;
    load.others = std::max(0.0, (after.busy - before.busy) / wall_s - load.own);
    load.throttle_events = after.throttle_events - before.throttle_events;
    load.energy_j = std::max(0.0, after.energy_j - before.energy_j);  // 0 when a counter wrapped
    return load;
}

std::vector<std::string> disturbances(const Load& load, u32 cores)
{
    const double bearable = std::max(0.05, 0.01 * cores);
    std::vector<std::string> reasons;
    if (!load.known) reasons.emplace_back("the system does not tell how busy its CPUs are");
    if (load.stolen > bearable)
        reasons.push_back(
            fmt::format("the hypervisor took {:.2f} of {} cores (steal)", load.stolen, cores));
    if (load.others > bearable)
        reasons.push_back(
            fmt::format("other programs used {:.2f} of {} cores", load.others, cores));
    if (load.throttle_events > 0)
        reasons.push_back(fmt::format("the CPU throttled {} times", load.throttle_events));
    return reasons;
}

}  // namespace adit::miner::bench
