#pragma once

#include "node/app/node_config.hpp"
#include "node/crypto/secret_bytes.hpp"

/// Secrets from the people who know them: never from the command line, which every process may
/// read.
namespace adit::node::app {

inline constexpr const char* kPassphraseVariable = "ADIT_WALLET_PASSPHRASE";

struct PassphraseOptions {
    std::string file;  ///< its first line; empty: not given
};
void add_passphrase_options(CLI::App& command, PassphraseOptions& options);

/// One line: from the terminal, unseen unless `echo`; from standard input where that is none.
Result<crypto::SecretBytes, AppError> ask_line(std::string_view prompt, bool echo);
/// A file's first line.
Result<crypto::SecretBytes, AppError> first_line_of(const std::string& file);

/// The wallet's passphrase: from the file, from the environment, else asked for.
Result<crypto::SecretBytes, AppError> passphrase(const PassphraseOptions& options);
/// One for a new wallet: long enough, and asked for twice.
Result<crypto::SecretBytes, AppError> new_passphrase(const PassphraseOptions& options);

}  // namespace adit::node::app
