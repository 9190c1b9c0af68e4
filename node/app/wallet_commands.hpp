#pragma once

#include "node/app/mining_key.hpp"
#include "node/app/node_line.hpp"
#include "node/app/secret_input.hpp"
#include "node/wallet/wallet.hpp"

/// `adit wallet …`
namespace adit::node::app {

struct WalletOptions {
    NodeOptions node;
    PassphraseOptions passphrase;
};
void add_wallet_options(CLI::App& command, WalletOptions& options);

/// The same for every passphrase that is wrong.
inline constexpr const char* kWrongPassphrase = "that is not the wallet's passphrase";

AppError no_wallet(const std::filesystem::path& folder);

/// Whose address it is, as far as the wallet in `folder` may have handed any out.
std::optional<wallet::KeyPlace> find_owner(wallet::KeyBook& keys, const Address& address,
                                           const std::filesystem::path& folder);

/// Zeros over it, then removed. False: it is still there.
bool wipe_file(const std::filesystem::path& file);

void add_wallet_key_commands(CLI::App& group, int& exit_code);

}  // namespace adit::node::app
