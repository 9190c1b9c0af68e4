#include "node/wallet/key_store.hpp"

#include "node/wallet/private_file.hpp"

namespace adit::node::wallet {

Result<std::optional<KeyFile>, std::string> load_key_file(const std::filesystem::path& folder,
                                                          const consensus::ChainSpec& spec)
{
    const auto file = folder / kKeyFileName;
    const auto bytes = read_private_file(file, kKeyFileBytesMax);
    if (!bytes && bytes.error().missing) return std::optional<KeyFile>();
    if (!bytes) return "cannot read the wallet: " + bytes.error().text;
    auto read = read_key_file(*bytes);
    if (!read)
        return file.string() + ' ' + std::string(to_string(read.error())) +
               "; put a copy of it in its place, or move it away and restore the wallet from its "
               "words";
    if (read->ring.chain_id != chain_id(spec))
        return file.string() + " belongs to another chain than this " + spec.name;
    return std::optional(std::move(*read));
}

Result<void, std::string> store_key_file(const std::filesystem::path& folder, const KeyFile& file,
                                         ByteView passphrase)
{
    const auto path = folder / kKeyFileName;
    const auto written = write_private_file(path, to_bytes(file));
    if (!written) return "cannot write the wallet: " + written.error().text;
    const auto bytes = read_private_file(path, kKeyFileBytesMax);
    const auto read = bytes ? read_key_file(*bytes) : KeyFileError::damaged;
    if (!read || !(*read == file) || !unseal(*read, passphrase))
        return path.string() +
               " does not read back as it was written: trust neither it nor its disk";
    return {};
}

}  // namespace adit::node::wallet
