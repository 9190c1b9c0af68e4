#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <sstream>

#include "kernels/backends.hpp"
#include "kernels/base/json.hpp"
#include "kernels/base/version.hpp"
#include "miner/app/commands.hpp"
#include "miner/app/exit_code.hpp"

namespace adit::miner::app {
namespace {

constexpr std::size_t kNameColumns = 34;

std::string memory_text(u64 bytes)
{
    return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1u << 30));
}

/// The parameters whose solver fits this device's memory, and the bytes that one nonce takes there.
std::vector<std::pair<equihash::Params, u64>> fitting(const Device& device)
{
    std::vector<std::pair<equihash::Params, u64>> fit;
    for (const equihash::Params& params : equihash::kKnownParams) {
        const auto needed = device.backend->memory_needed(device.info, params);
        if (needed && *needed <= device.info.memory_bytes) fit.emplace_back(params, *needed);
    }
    return fit;
}

/// "200,9   135 MB", some to a line; MB are begun ones.
void print_fitting(const Device& device)
{
    constexpr std::size_t kToALine = 4;
    const auto fit = fitting(device);
    if (fit.empty()) fmt::print("    nothing fits\n");
    for (std::size_t i = 0; i < fit.size(); ++i) {
        if (i % kToALine == 0) fmt::print("    {}", i == 0 ? "fits" : "    ");
        fmt::print("  {:>5} {:>5} MB", equihash::to_string(fit[i].first),
                   (fit[i].second + 999'999) / 1'000'000);
        if (i % kToALine == kToALine - 1 || i + 1 == fit.size()) fmt::print("\n");
    }
}

void print_line(std::size_t number, const solver::DeviceInfo& info)
{
    fmt::print("{:>2}  {:<8} {:<{}} {:>10}  {}{}\n", number, info.id,
               info.name.substr(0, kNameColumns), kNameColumns, memory_text(info.memory_bytes),
               info.workers == 1 ? "1 solver" : fmt::format("{} threads", info.workers),
               info.on_request ? ", -d only" : "");
}

/// Of lines in a terminal's 80 columns, those behind the first begin under "note: ".
void print_notes()
{
    constexpr std::size_t kColumns = 80;
    constexpr std::string_view kFirst = "note:";
    for (const std::string& note : kernels::backend_notes()) {
        std::string line(kFirst);
        std::istringstream words(note);
        for (std::string word; words >> word; line += " " + word)
            if (line.size() + 1 + word.size() > kColumns) {
                fmt::print("{}\n", line);
                line.assign(kFirst.size(), ' ');
            }
        fmt::print("{}\n", line);
    }
}

void print_table(const std::vector<Device>& devices)
{
    for (std::size_t i = 0; i < devices.size(); ++i) {
        print_line(i, devices[i].info);
        print_fitting(devices[i]);
    }
    print_notes();
}

void print_json(const std::vector<Device>& devices)
{
    json::array list;
    for (const Device& device : devices) {
        const solver::DeviceInfo& info = device.info;
        json::array fits;
        json::object needed;
        for (const auto& [params, bytes] : fitting(device)) {
            fits.emplace_back(boost::json::string(equihash::to_string(params)));
            needed[equihash::to_string(params)] = bytes;
        }
        list.emplace_back(json::object{{"id", info.id},
                                       {"name", info.name},
                                       {"backend", std::string(device.backend->name())},
                                       {"pci", info.pci_address},
                                       {"driver", info.driver},
                                       {"memory_bytes", info.memory_bytes},
                                       {"workers", info.workers},
                                       {"on_request", info.on_request},
                                       {"fits", fits},
                                       {"nonce_bytes", needed}});
    }
    fmt::print("{}\n", json::to_pretty_text(list));
    for (const std::string& note : kernels::backend_notes()) fmt::print(stderr, "note: {}\n", note);
}

}  // namespace

void greet()
{
    fmt::print("adit {} ({}), a mining node for Equihash chains\n\n", version(), commit());
    const std::vector<Device> devices = all_devices();
    for (std::size_t i = 0; i < devices.size(); ++i) print_line(i, devices[i].info);
    print_notes();
    fmt::print(
        "\nNext:\n"
        "  adit solo                        mine blocks of a chain of your own\n"
        "  adit mine -o http://USER:PASSWORD@HOST:PORT   mine at a zcashd-like node\n"
        "  adit devices                     what fits on these\n"
        "  adit --help                      all commands\n");
}

void add_device_commands(CLI::App& program, int& exit_code)
{
    auto* command = program.add_subcommand("devices", "List what can mine, and what fits");
    const auto as_json = std::make_shared<bool>(false);
    command->add_flag("--json", *as_json, "As JSON");
    command->callback([as_json, &exit_code] {
        const std::vector<Device> devices = all_devices();
        if (*as_json)
            print_json(devices);
        else
            print_table(devices);
        exit_code = devices.empty() ? ExitCode::kNothingThere : ExitCode::kDone;
    });
}

}  // namespace adit::miner::app
