#pragma once

#include <filesystem>

#include "node/app/node_config.hpp"
#include "node/crypto/keys.hpp"

namespace adit::node::app {

/// The key a first run makes, so that mining needs no wallet. One file, mode 0600; a wallet can
/// import it.
struct MiningKey {
    std::string address;
    Script script;
    bool made_now = false;
    std::filesystem::path file;

    std::string notice() const;  ///< what a first run must tell its user; one line, no secret
};

/// The key of `file` itself, to be taken into a wallet. The error names the file and what is wrong.
Result<crypto::SecretKey, AppError> read_mining_key(const std::filesystem::path& file,
                                                    const consensus::ChainSpec& spec);

/// Reads the key of `file`, or makes one there. The error names the file and what is wrong.
Result<MiningKey, AppError> mining_key(const std::filesystem::path& file,
                                       const consensus::ChainSpec& spec,
                                       const crypto::RandomBytes& random);

}  // namespace adit::node::app
