#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "kernels/base/bytes.hpp"
#include "kernels/base/result.hpp"

/// Small files that only their owner may read.
namespace adit::node::wallet {

/// What the system said of a file: "/data/local/wallet.keys: Permission denied".
struct FileError {
    bool missing = false;  ///< there is no such file
    std::string text;
};

/// The whole file; one of more than `bytes_max` is an error.
Result<Bytes, FileError> read_private_file(const std::filesystem::path& file,
                                           std::size_t bytes_max);

/// Puts `bytes` in the file's place, mode 0600. Written aside, synced, renamed, the folder synced:
/// at any moment the old file is there, or the new one.
Result<void, FileError> write_private_file(const std::filesystem::path& file, ByteView bytes);

}  // namespace adit::node::wallet
