#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <memory>

#include "stratum/app/commands.hpp"
#include "stratum/client/recording.hpp"

namespace adit::stratum::app {
namespace {

struct ReplayFlags {
    std::string file;
    bool quiet = false;
};

int run_replay(const ReplayFlags& flags)
{
    std::ifstream file(flags.file, std::ios::binary);
    if (!file) return complain(ExitCode::kUsage, flags.file + ": cannot be read");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto replayed = client::replay(text);
    if (!replayed) return complain(ExitCode::kUsage, flags.file + ": " + replayed.error().text);
    if (!flags.quiet)
        for (const std::string& line : replayed->story) fmt::print("{}\n", line);
    fmt::print("{} inputs, {} submissions: {}\n", replayed->inputs, replayed->submits,
               replayed->same() ? "the same as then"
                                : fmt::format("{} lines differ", replayed->differing_lines));
    if (replayed->same()) return ExitCode::kDone;
    return complain(ExitCode::kFailed, "first difference: " + replayed->first_difference);
}

}  // namespace

void add_replay_command(CLI::App& program, int& exit_code)
{
    auto* command = program.add_subcommand(
        "replay", "Live a recorded pool session (adit mine --record) again, without a network");
    const auto flags = std::make_shared<ReplayFlags>();
    command->add_option("file", flags->file, "The recording")->required()->type_name("FILE");
    command->add_flag("-q,--quiet", flags->quiet, "The result alone");
    command->callback([flags, &exit_code] { exit_code = run_replay(*flags); });
}

}  // namespace adit::stratum::app
