#include "node/app/mining_key.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>

#include "node/script/templates.hpp"

namespace adit::node::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKeyWord = "key ";
constexpr std::string_view kAddressWord = "address ";

AppError broken(const fs::path& file, const std::string& why)
{
    return {AppError::kFailed, "the key file " + file.string() + ' ' + why +
                                   "; give --address ADDRESS to mine to another key, and keep the "
                                   "file: coins may depend on it"};
}

MiningKey named(const crypto::SecretKey& key, const consensus::ChainSpec& spec, fs::path file)
{
    const Address address{Address::Kind::pubkey_hash, key.public_key().hash()};
    return {to_text(address, spec.prefixes), script::pay_to(address), false, std::move(file)};
}

/// All of `text` in a new file of mode 0600, safely on disk.
bool write_secret(const fs::path& file, const std::string& text)
{
    const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (out < 0) return false;
    const bool whole =
        ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(out) == 0;
    ::close(out);
    return whole;
}

}  // namespace

std::string MiningKey::notice() const
{
    return "made a key for mining: coins go to " + address + "; whoever has " + file.string() +
           " owns them, so keep a copy of it";
}

Result<crypto::SecretKey, AppError> read_mining_key(const fs::path& file,
                                                    const consensus::ChainSpec& spec)
{
    std::ifstream in(file);
    if (!in) return broken(file, "cannot be read");
    std::string line;
    std::string wif;
    std::string address;
    while (std::getline(in, line)) {
        if (line.starts_with(kKeyWord)) wif = line.substr(kKeyWord.size());
        if (line.starts_with(kAddressWord)) address = line.substr(kAddressWord.size());
        crypto::wipe({reinterpret_cast<u8*>(line.data()), line.size()});
    }
    auto key = crypto::SecretKey::from_wif(wif, spec.prefixes.secret_key);
    crypto::wipe({reinterpret_cast<u8*>(wif.data()), wif.size()});
    if (!key) return broken(file, "holds no key of the chain " + spec.name);
    if (named(*key, spec, file).address != address)
        return broken(file, "names another address than its key has");
    return std::move(*key);
}

Result<MiningKey, AppError> mining_key(const fs::path& file, const consensus::ChainSpec& spec,
                                       const crypto::RandomBytes& random)
{
    std::error_code error;
    if (fs::exists(file, error)) {
        ADIT_TRY(const crypto::SecretKey known, read_mining_key(file, spec));
        return named(known, spec, file);
    }

    const crypto::SecretKey key = crypto::SecretKey::generate(random);
    MiningKey made = named(key, spec, file);
    made.made_now = true;
    std::string wif = key.to_wif(spec.prefixes.secret_key);
    std::string text;
    text.reserve(512);  // in one place, so that one wipe is enough
    text += "# Whoever has this key owns the coins mined to its address.\n";
    text += "chain " + spec.name + '\n';
    text += std::string(kAddressWord) + made.address + '\n';
    text += std::string(kKeyWord) + wif + '\n';

    // Written aside and renamed, so that a key file is always whole.
    const fs::path fresh = file.string() + ".new";
    fs::remove(fresh, error);
    const bool written = write_secret(fresh, text) && ::rename(fresh.c_str(), file.c_str()) == 0;
    const std::string why = std::error_code(errno, std::generic_category()).message();
    crypto::wipe({reinterpret_cast<u8*>(wif.data()), wif.size()});
    crypto::wipe({reinterpret_cast<u8*>(text.data()), text.size()});
    if (!written) {
        fs::remove(fresh, error);
        return AppError{AppError::kFailed,
                        "cannot write the key file " + file.string() + ": " + why};
    }
    return made;
}

}  // namespace adit::node::app
