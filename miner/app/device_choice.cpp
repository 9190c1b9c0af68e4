#include "miner/app/device_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "kernels/backends.hpp"
#include "kernels/devices.hpp"
#include "kernels/hash/dispatch.hpp"
#include "kernels/solver/self_test.hpp"
#include "miner/app/cpu_teams.hpp"
#include "miner/farm/worker_process.hpp"
#include "miner/tune/profiles.hpp"

namespace adit::miner::app {
namespace {

using solver::DeviceError;

constexpr std::string_view kCpu = "cpu";
constexpr Duration kCpuBatch = std::chrono::milliseconds(20);
constexpr Duration kGpuBatch = std::chrono::milliseconds(250);

std::vector<std::string> split(const std::vector<std::string>& items)
{
    std::vector<std::string> words;
    for (const std::string& item : items) {
        std::string word;
        for (const char c : item + ",") {
            if (c != ',' && c != ' ') {
                word += c;
            } else if (!word.empty()) {
                words.push_back(std::exchange(word, ""));
            }
        }
    }
    return words;
}

std::optional<std::size_t> index_of(const std::vector<Device>& all, std::string_view word)
{
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool is_number = error == std::errc{} && end == word.data() + word.size();
    if (is_number) return number < all.size() ? std::optional(number) : std::nullopt;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const solver::DeviceInfo& info = all[i].info;
        const bool by_address = !info.pci_address.empty() && word.size() >= 7 &&
                                std::string_view(info.pci_address).ends_with(word);
        if (info.id == word || by_address) return i;
    }
    return std::nullopt;
}

/// What is wrong with the lane for these devices; nullopt when nothing is. GPUs read the word
/// themselves.
std::optional<std::string> lane_problem(const std::vector<Device>& chosen, const std::string& lane)
{
    const bool cpu = std::any_of(chosen.begin(), chosen.end(),
                                 [](const Device& device) { return device.info.id == kCpu; });
    const auto known = hash::parse_lane(lane);
    if (!cpu || lane.empty() || (known && hash::runs_here(*known))) return std::nullopt;
    std::string here;
    for (const hash::Lane each : hash::lanes_here())
        here += (here.empty() ? "" : ", ") + std::string(to_string(each));
    return "--lane " + lane + ": this CPU has " + here;
}

std::string ids_of(const std::vector<Device>& all)
{
    std::string ids;
    for (const Device& device : all) ids += (ids.empty() ? "" : ", ") + device.info.id;
    return ids;
}

/// Without -d: the GPUs, or the CPU.
std::vector<bool> usual_choice(const std::vector<Device>& all, const DeviceOptions& options)
{
    std::vector<bool> chosen(all.size());
    bool any_gpu = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
        chosen[i] = all[i].info.id != kCpu && !all[i].info.on_request;
        any_gpu = any_gpu || chosen[i];
    }
    const bool cpu = options.threads ? *options.threads > 0 : !any_gpu;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].info.id == kCpu) chosen[i] = cpu;
    return chosen;
}

/// The known-answer test of one device, taken once for each (n, k) by whichever worker comes first;
/// the others wait for its outcome.
class Entrance {
public:
    Result<void, DeviceError> pass(solver::Backend& backend, const solver::DeviceInfo& device,
                                   const solver::SolverOptions& options)
    {
        const std::lock_guard lock(mutex_);
        const auto key = std::pair(options.params.n, options.params.k);
        auto known = outcomes_.find(key);
        if (known == outcomes_.end())
            known = outcomes_.emplace(key, test(backend, device, options)).first;
        // Memory may be free again the next time; a wrong answer stays wrong.
        const Result<void, DeviceError> outcome = known->second;
        if (!outcome && outcome.error().word != DeviceError::Word::self_test_failed)
            outcomes_.erase(known);
        return outcome;
    }

private:
    static Result<void, DeviceError> test(solver::Backend& backend,
                                          const solver::DeviceInfo& device,
                                          const solver::SolverOptions& options)
    {
        return solver::self_test(backend, device, options, solver::quick_answer(options.params));
    }

    std::mutex mutex_;
    std::map<std::pair<u32, u32>, Result<void, DeviceError>> outcomes_;
};

/// The CPU's workers and the threads of each.
std::vector<u32> teams_of(const Device& cpu, const DeviceOptions& options,
                          const std::optional<equihash::Params>& params)
{
    const TeamWish wish{std::max(options.threads.value_or(cpu.info.workers), 1u), options.share};
    const auto needed = params ? cpu.backend->memory_needed(cpu.info, *params) : std::nullopt;
    if (!needed || *needed == 0 || cpu.info.memory_bytes == 0)
        return std::vector<u32>(wish.threads, 1);
    const u64 fitting = std::max<u64>(cpu.info.memory_bytes / 5 * 4 / *needed, 1);
    return cpu_teams(wish, fitting, cpu.backend->threads_max(*params));
}

farm::MakeSolver in_place(const Device& device, const std::shared_ptr<Entrance>& entrance)
{
    return [device, entrance](const solver::SolverOptions& options)
               -> Result<std::unique_ptr<solver::Solver>, DeviceError> {
        ADIT_CHECKED(entrance->pass(*device.backend, device.info, options));
        return device.backend->make_solver(device.info, options);
    };
}

/// A GPU's driver may hang or crash: it gets a process of its own, which takes the test itself.
farm::MakeSolver in_a_process(const Device& device)
{
    return [device](const solver::SolverOptions& options) {
        return farm::make_process_solver("/proc/self/exe", device.info, options);
    };
}

/// Where nobody names a lane, what was tuned for this device stands in for it. Should that not run
/// after all, the device's usual way does.
farm::MakeSolver as_tuned(farm::MakeSolver make, const solver::DeviceInfo& device,
                          const std::shared_ptr<const tune::Profiles>& profiles)
{
    return [make = std::move(make), device, profiles](const solver::SolverOptions& options) {
        const tune::Profile* profile = profiles->find(device, options.params);
        if (!options.lane.empty() || profile == nullptr) return make(options);
        solver::SolverOptions tuned = options;
        tuned.lane = profile->way;
        auto made = make(tuned);
        return made ? std::move(made) : make(options);
    };
}

}  // namespace

std::vector<Device> all_devices()
{
    std::vector<Device> all;
    for (kernels::ListedDevice& one : kernels::list_devices(kernels::backends()))
        all.push_back({one.backend, std::move(one.info)});
    return all;
}

Result<std::vector<Device>, ChoiceError> choose_devices(const std::vector<Device>& all,
                                                        const DeviceOptions& options)
{
    const std::vector<std::string> words = split(options.devices);
    std::vector<bool> chosen(all.size());
    // "!2" alone means: all but that one.
    const bool only_exclusions =
        std::all_of(words.begin(), words.end(), [](const auto& w) { return w.starts_with('!'); });
    if (only_exclusions) chosen = usual_choice(all, options);
    for (const std::string& word : words) {
        if (word == "none") {
            chosen.assign(all.size(), false);
        } else if (word == "all") {
            for (std::size_t i = 0; i < all.size(); ++i)
                if (!all[i].info.on_request) chosen[i] = true;
        } else {
            const bool out = word.starts_with('!');
            const auto index = index_of(all, std::string_view(word).substr(out ? 1 : 0));
            if (!index)
                return ChoiceError{"there is no device \"" + word +
                                   "\"; there are: " + ids_of(all)};
            chosen[*index] = !out;
        }
    }
    std::vector<Device> devices;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const bool idle_cpu = all[i].info.id == kCpu && options.threads == 0u;
        if (chosen[i] && !idle_cpu) devices.push_back(all[i]);
    }
    if (devices.empty())
        return ChoiceError{"no device is left to mine with; there are: " + ids_of(all)};
    if (auto problem = lane_problem(devices, options.lane)) return ChoiceError{*problem};
    return devices;
}

Result<std::vector<Device>, ChoiceError> devices_for(const DeviceOptions& options)
{
    auto chosen = choose_devices(all_devices(), options);
    const bool named = !options.devices.empty();
    if (named == chosen.has_value()) return chosen;  // drivers have no part in it
    const std::vector<std::string> notes = kernels::backend_notes();
    if (chosen) {
        for (const std::string& note : notes) fmt::print(stderr, "note: {}\n", note);
        return chosen;
    }
    std::string text = chosen.error().text;
    for (const std::string& note : notes) text += "; " + note;
    return ChoiceError{text};
}

std::vector<farm::WorkerSpec> workers_for(const std::vector<Device>& devices,
                                          const DeviceOptions& options,
                                          const std::optional<equihash::Params>& params)
{
    const auto profiles = std::make_shared<const tune::Profiles>(tune::Profiles::default_folder());
    std::vector<farm::WorkerSpec> specs;
    for (const Device& device : devices) {
        const bool is_cpu = device.info.id == kCpu;
        const auto entrance = std::make_shared<Entrance>();
        const std::vector<u32> teams =
            is_cpu ? teams_of(device, options, params) : std::vector<u32>(device.info.workers, 1);
        for (u32 worker = 0; worker < teams.size(); ++worker) {
            farm::WorkerSpec spec;
            spec.device = device.info;
            spec.options.lane = options.lane;
            spec.options.worker = worker;
            if (is_cpu) spec.options.teams = teams;
            spec.batch_wanted = is_cpu ? kCpuBatch : kGpuBatch;
            spec.make = as_tuned(is_cpu ? in_place(device, entrance) : in_a_process(device),
                                 device.info, profiles);
            specs.push_back(std::move(spec));
        }
    }
    return specs;
}

}  // namespace adit::miner::app
