#pragma once

#include <filesystem>
#include <optional>

#include "node/consensus/spec.hpp"
#include "node/wallet/key_file.hpp"

namespace adit::node::wallet {

inline constexpr const char* kKeyFileName = "wallet.keys";

/// The key file of a chain's folder; nullopt when there is none. The error is one line that names
/// the file and what to do.
Result<std::optional<KeyFile>, std::string> load_key_file(const std::filesystem::path& folder,
                                                          const consensus::ChainSpec& spec);

/// Writes it, reads it back and opens it: when this returns well, the secrets are safe on disk.
Result<void, std::string> store_key_file(const std::filesystem::path& folder, const KeyFile& file,
                                         ByteView passphrase);

}  // namespace adit::node::wallet
