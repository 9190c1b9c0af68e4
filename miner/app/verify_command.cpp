#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "kernels/equihash/header_check.hpp"
#include "miner/app/commands.hpp"
#include "miner/app/exit_code.hpp"

namespace adit::miner::app {
namespace {

using equihash::HeaderVerdict;

/// The verdicts of all headers so far, as an exit code: unusable input weighs most.
class Tally {
public:
    explicit Tally(bool require_target) : require_target_(require_target) {}

    void take(const HeaderVerdict& verdict)
    {
        std::cout << verdict.line << '\n';
        seen_ = true;
        const bool refused = verdict.outcome == HeaderVerdict::Outcome::invalid ||
                             (require_target_ && !verdict.meets_target);
        if (verdict.outcome == HeaderVerdict::Outcome::unusable)
            code_ = ExitCode::kUsage;
        else if (refused && code_ == ExitCode::kDone)
            code_ = ExitCode::kFailed;
    }
    bool seen() const { return seen_; }
    int code() const { return code_; }

private:
    bool require_target_;
    bool seen_ = false;
    int code_ = ExitCode::kDone;
};

int run_verify(const VerifyOptions& options)
{
    const auto choice = stratum::app::read_algorithm(options.algorithm);
    if (!choice) return complain(ExitCode::kUsage, choice.error().text);
    const auto algorithm = stratum::choose_algorithm(*choice, {});
    if (!algorithm) return complain(ExitCode::kUsage, "say which Equihash: --algo 200,9");
    Tally tally(options.require_target);
    const auto judge = [&](std::string_view hex) {
        tally.take(equihash::check_header_hex(algorithm->params, algorithm->personalization, hex));
    };
    for (const std::string& header : options.headers) {
        if (header != "-") {
            judge(header);
            continue;
        }
        for (std::string line; std::getline(std::cin, line);)
            if (line.find_first_not_of(" \t\r") != std::string::npos) judge(line);
    }
    std::cout.flush();
    if (!tally.seen())
        return complain(ExitCode::kUsage,
                        "nothing to verify: give headers with their solutions as hex, or - and "
                        "one a line on standard input");
    return tally.code();
}

}  // namespace

void add_verify_command(CLI::App& program, int& exit_code)
{
    auto* command = program.add_subcommand(
        "verify", "Judge headers with solutions: adit verify --algo 200,9 HEX … (or -)");
    const auto options = std::make_shared<VerifyOptions>();
    stratum::app::add_algorithm_flags(*command, options->algorithm);
    command->add_flag("--require-target", options->require_target,
                      "The hash must meet the header's own bits too");
    command->add_option("headers", options->headers, "Header with solution as hex; - reads lines")
        ->type_name("HEX");
    command->callback([options, &exit_code] { exit_code = run_verify(*options); });
}

}  // namespace adit::miner::app
