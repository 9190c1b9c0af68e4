#include "node/app/secret_input.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "node/wallet/key_file.hpp"

namespace adit::node::app {
namespace {

using crypto::SecretBytes;

constexpr std::size_t kLineBytesMax = 4'096;
constexpr int kInterrupted = 130;
constexpr u8 kCtrlC = 3;

/// A terminal that shows nothing and leaves Ctrl-C to us, until it goes: whatever happens in
/// between, the terminal is as it was.
class QuietTerminal {
public:
    explicit QuietTerminal(bool wanted)
    {
        if (!wanted || ::tcgetattr(STDIN_FILENO, &before_) != 0) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
        changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
    }
    QuietTerminal(const QuietTerminal&) = delete;
    QuietTerminal& operator=(const QuietTerminal&) = delete;
    ~QuietTerminal()
    {
        if (!changed_) return;
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
        fmt::print(stderr, "\n");
    }

private:
    termios before_{};
    bool changed_ = false;
};

/// Up to the line's end, byte by byte: what follows is somebody else's, and no buffer keeps a copy.
Result<SecretBytes, AppError> read_line(int file, std::string_view what)
{
    SecretBytes line;
    line.reserve(kLineBytesMax);
    for (u8 c = 0;;) {
        const ssize_t got = ::read(file, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 || (got == 0 && line.empty()))
            return AppError::usage(std::string(what) + ": there is nothing to read");
        if (got == 0 || c == '\n') break;
        if (c == kCtrlC) return AppError{kInterrupted, "interrupted"};
        if (line.size() == kLineBytesMax)
            return AppError::usage(std::string(what) + ": too long a line");
        line.push_back(c);
    }
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
}

/// nullopt: neither file nor environment has one.
Result<std::optional<SecretBytes>, AppError> given_passphrase(const PassphraseOptions& options)
{
    if (!options.file.empty()) {
        ADIT_TRY(SecretBytes line, first_line_of(options.file));
        return std::optional(std::move(line));
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets it
    if (const char* value = std::getenv(kPassphraseVariable); value != nullptr)
        return std::optional(crypto::secret_copy(as_bytes(value)));
    return std::optional<SecretBytes>();
}

}  // namespace

void add_passphrase_options(CLI::App& command, PassphraseOptions& options)
{
    command.add_option("--passphrase-file", options.file,
                       std::string("file whose first line is the wallet's passphrase (else $") +
                           kPassphraseVariable + ", else it is asked for)");
}

Result<SecretBytes, AppError> ask_line(std::string_view prompt, bool echo)
{
    const bool terminal = ::isatty(STDIN_FILENO) == 1;
    if (terminal) fmt::print(stderr, "{}: ", prompt);
    const QuietTerminal quiet(terminal && !echo);
    return read_line(STDIN_FILENO, prompt);
}

Result<SecretBytes, AppError> first_line_of(const std::string& file)
{
    const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (opened < 0)
        return AppError::usage(file + ": " +
                               std::error_code(errno, std::generic_category()).message());
    auto line = read_line(opened, file);
    ::close(opened);
    return line;
}

Result<SecretBytes, AppError> passphrase(const PassphraseOptions& options)
{
    ADIT_TRY(auto given, given_passphrase(options));
    if (given) return std::move(*given);
    return ask_line("wallet passphrase", false);
}

Result<SecretBytes, AppError> new_passphrase(const PassphraseOptions& options)
{
    ADIT_TRY(auto given, given_passphrase(options));
    SecretBytes chosen;
    if (given) {
        chosen = std::move(*given);
    } else {
        ADIT_TRY(chosen, ask_line("a passphrase for the new wallet", false));
    }
    if (chosen.size() < wallet::kPassphraseBytesMin || chosen.size() > wallet::kPassphraseBytesMax)
        return AppError::usage(
            fmt::format("a passphrase has {} to {} characters; several words are good",
                        wallet::kPassphraseBytesMin, wallet::kPassphraseBytesMax));
    if (!given && ::isatty(STDIN_FILENO) == 1) {
        ADIT_TRY(const SecretBytes again, ask_line("the same again", false));
        if (!std::ranges::equal(chosen, again))
            return AppError::usage("the two passphrases differ; nothing was made");
    }
    return chosen;
}

}  // namespace adit::node::app
