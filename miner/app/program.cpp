#include "miner/app/program.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <span>

#include "kernels/backends.hpp"
#include "kernels/base/version.hpp"
#include "miner/app/commands.hpp"
#include "miner/app/exit_code.hpp"
#include "miner/app/suggest.hpp"
#include "miner/farm/worker_process.hpp"
#include "node/app/commands.hpp"
#include "stratum/app/commands.hpp"

namespace adit::miner::app {
namespace {

/// The command that the words name so far, and where its own words begin.
const CLI::App* command_of(const CLI::App& program, const std::vector<std::string>& words)
{
    const CLI::App* command = &program;
    for (const std::string& word : words) {
        if (word.starts_with('-')) continue;
        const auto subs =
            command->get_subcommands([&](const CLI::App* sub) { return sub->check_name(word); });
        if (subs.empty()) break;
        command = subs.front();
    }
    return command;
}

std::vector<std::string> flags_of(const CLI::App& program, const CLI::App& command)
{
    std::vector<std::string> flags;
    for (const CLI::App* app : {&command, &program})
        for (const CLI::Option* option : app->get_options())
            for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    return flags;
}

std::vector<std::string> subcommands_of(const CLI::App& command)
{
    std::vector<std::string> names;
    for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(sub->get_name());
    return names;
}

/// The words as the parser takes them: "_" in flags reads as "-", --no-color may stand anywhere,
/// and a command line that begins with a flag of `mine` means it.
std::vector<std::string> words_of(int argc, const char* const* argv, GlobalOptions& global)
{
    std::vector<std::string> words;
    for (const std::string_view given : std::span(argv + 1, argv + argc)) {
        std::string word(given);
        if (word.starts_with("--")) {
            const auto name_end =
                static_cast<std::ptrdiff_t>(std::min(word.find('='), word.size()));
            std::replace(word.begin(), word.begin() + name_end, '_', '-');
        }
        if (word == "--no-color" || word == "--no-colour" || word == "--nocolor")
            global.no_color = true;
        else
            words.push_back(std::move(word));
    }
    const bool mines = std::any_of(words.begin(), words.end(), [](const std::string& word) {
        return word == "-o" || word.starts_with("--url") || word.starts_with("--pool");
    });
    if (mines && words[0].starts_with('-')) words.insert(words.begin(), "mine");
    if (words == std::vector<std::string>{"help"}) words = {"--help"};
    return words;
}

/// What was wrong with the words, in one line that says what to change.
int explain(const CLI::App& program, const std::vector<std::string>& words,
            const CLI::ParseError& error)
{
    const CLI::App& command = *command_of(program, words);
    const std::string name = &command == &program ? "adit" : "adit " + command.get_name();
    const std::string help = "; see " + name + " --help";
    if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
        const std::string text = error.what();  // "Could not convert: --flag = word"
        const auto at = text.find("--");
        if (at != std::string::npos)
            return complain(ExitCode::kUsage, text.substr(at) + ": not a number that fits" + help);
    }
    const auto* extras = dynamic_cast<const CLI::ExtrasError*>(&error);
    if (extras == nullptr) return complain(ExitCode::kUsage, error.what() + help);

    // CLI11 lists all words it had no place for; the first of them is where it went wrong.
    const std::vector<std::string> left = command.remaining();
    std::string word = left.empty() ? error.what() : left.front();
    word = word.substr(0, word.find('='));
    const bool is_flag = word.starts_with('-');
    if (is_flag)
        if (const auto instead = known_elsewhere(word))
            return complain(ExitCode::kUsage, word + ": " + *instead);
    const auto near = nearest(word, is_flag ? flags_of(program, command) : subcommands_of(command));
    const std::string what = (is_flag ? "unknown flag " : "unknown word ") + word;
    return complain(ExitCode::kUsage, what + (near ? ", did you mean " + *near + "?" : help));
}

}  // namespace

int complain(int exit_code, std::string_view text)
{
    fmt::print(stderr, "adit: {}\n", text);
    return exit_code;
}

int run_program(int argc, const char* const* argv)
{
    if (argc == 2 && std::string_view(argv[1]) == farm::kSolverProcessWord)
        return farm::run_solver_process(kernels::backends());
    CLI::App program(
        "A mining node for Equihash chains: solo, at a pool, as a pool, or as a node alone.",
        "adit");
    GlobalOptions global;
    const char* no_color = std::getenv("NO_COLOR");
    global.no_color = no_color != nullptr && *no_color != '\0';
    global.command_line = "adit";
    for (const std::string_view word : std::span(argv + 1, argv + argc))
        global.command_line += " " + std::string(word);
    int exit_code = ExitCode::kDone;
    program.set_version_flag("-V,--version", fmt::format("adit {} ({})", version(), commit()));
    program.footer("--no-color, or NO_COLOR in the environment, gives plain text everywhere.");
    program.require_subcommand(0, 1);
    add_commands(program, global, exit_code);

    std::vector<std::string> words = words_of(argc, argv, global);
    if (words.empty()) {
        greet();
        return ExitCode::kUsage;
    }
    const std::vector<std::string> said = words;
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    try {
        program.parse(words);
    } catch (const CLI::Success& asked) {  // help, version
        return program.exit(asked);
    } catch (const CLI::ParseError& error) {
        return explain(program, said, error);
    }
    if (program.get_subcommands().empty()) {
        greet();
        return ExitCode::kUsage;
    }
    return exit_code;
}

void add_commands(CLI::App& program, const GlobalOptions& global, int& exit_code)
{
    add_solo_command(program, global, exit_code);
    add_mine_command(program, global, exit_code);
    add_bench_command(program, global, exit_code);
    add_selftest_command(program, exit_code);
    add_device_commands(program, exit_code);
    add_tune_command(program, exit_code);
    add_verify_command(program, exit_code);
    stratum::app::add_commands(program, exit_code);
    node::app::add_commands(program, exit_code);
}

}  // namespace adit::miner::app
