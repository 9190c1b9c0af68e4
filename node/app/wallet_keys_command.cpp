#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <thread>

#include "node/app/wallet_commands.hpp"
#include "node/wallet/mnemonic.hpp"
#include "node/wallet/unlocker.hpp"

// What needs the wallet's secrets themselves: made, restored, shown, imported. All of it in this
// process, with the chain's folder held, so that no node uses the wallet meanwhile.
namespace adit::node::app {
namespace {

namespace fs = std::filesystem;
using crypto::SecretBytes;
using wallet::KeyFile;
using wallet::KeyPlace;
using wallet::Secrets;

/// Secrets go to standard output byte for byte, past all buffers of ours.
void print_secret(ByteView bytes)
{
    std::fflush(stdout);
    while (!bytes.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (written <= 0) return;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

/// "  1 abandon  " … four to a line.
void print_words(const SecretBytes& words)
{
    SecretBytes text;
    text.reserve(1'024);
    std::string_view rest = as_text(words);
    for (int number = 1; !rest.empty(); ++number) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
        const std::string place = fmt::format("{:4} ", number);
        append(text, as_bytes(place));
        append(text, as_bytes(word));
        text.insert(text.end(), number % 4 == 0 || rest.empty() ? 0 : 9 - word.size(), ' ');
        if (number % 4 == 0 || rest.empty()) text.push_back('\n');
    }
    print_secret(text);
}

enum class MiningKeyIs { absent, in_wallet };

/// Takes the key of a first `adit solo` in, where there is one.
Result<MiningKeyIs, AppError> take_mining_key(const fs::path& file,
                                              const consensus::ChainSpec& spec, Secrets& secrets)
{
    std::error_code error;
    if (!fs::exists(file, error)) return MiningKeyIs::absent;
    ADIT_TRY(crypto::SecretKey key, read_mining_key(file, spec));
    for (const auto& known : secrets.imported)
        if (equal(known.bytes(), key.bytes())) return MiningKeyIs::in_wallet;
    if (secrets.imported.size() == wallet::kImportedKeysMax)
        return AppError::failed("this wallet holds as many imported keys as it can");
    secrets.imported.push_back(std::move(key));
    return MiningKeyIs::in_wallet;
}

Result<void, AppError> seal_into(const DataFolder& folder, const consensus::ChainSpec& spec,
                                 const Secrets& secrets, const SecretBytes& passphrase,
                                 const wallet::ScryptCost& cost)
{
    const KeyFile file = seal(secrets, chain_id(spec), passphrase, cost, crypto::system_random());
    const auto stored = store_key_file(folder.path(), file, passphrase);
    if (!stored) return AppError::failed(stored.error());
    return {};
}

/// Imported, so its plain file goes.
void drop_mining_key(const fs::path& file)
{
    if (wipe_file(file))
        fmt::print(
            "the key of {} is in the wallet now, and the file is gone.\n"
            "The words do not cover it: keep a copy of the wallet's file, or send its coins "
            "to an address of the wallet.\n",
            file.string());
    else
        fmt::print("the key of {} is in the wallet now; remove the file, it is not encrypted\n",
                   file.string());
}

Result<void, AppError> make_wallet(const WalletOptions& options, SecretBytes entropy)
{
    ADIT_TRY(const consensus::ChainSpec spec, read_chain(options.node));
    ADIT_TRY(const DataFolder folder, DataFolder::open(chain_folder(options.node, spec)));
    const auto there = wallet::load_key_file(folder.path(), spec);
    if (!there) return AppError::failed(there.error());
    if (*there)
        return AppError::failed("there is a wallet in " + folder.path().string() +
                                " already; move its " + wallet::kKeyFileName +
                                " to a safe place first if you want another one");
    Secrets secrets{std::move(entropy), {}};
    ADIT_TRY(const MiningKeyIs mining_key, take_mining_key(folder.key(), spec, secrets));
    ADIT_TRY(const SecretBytes chosen, new_passphrase(options.passphrase));
    ADIT_CHECKED(seal_into(folder, spec, secrets, chosen, wallet::ScryptCost{}));

    // Of an older wallet; it would be put aside anyway.
    std::error_code ignored;
    fs::remove(folder.path() / wallet::kStateFileName, ignored);
    const wallet::KeyBook keys(secrets.ring(chain_id(spec)));
    fmt::print("made {}\nmining and the first payments go to {}\n",
               (folder.path() / wallet::kKeyFileName).string(),
               to_text(keys.address_at(wallet::kMiningKey), spec.prefixes));
    if (mining_key == MiningKeyIs::in_wallet) drop_mining_key(folder.key());
    return {};
}

/// The key file opened; a wrong passphrase is said late, and always in the same words.
Result<Secrets, AppError> open_secrets(const KeyFile& file, const SecretBytes& passphrase)
{
    const auto begun = std::chrono::steady_clock::now();
    auto secrets = unseal(file, passphrase);
    if (secrets) return std::move(*secrets);
    std::this_thread::sleep_until(begun + wallet::kWrongPassphraseDelay);
    return AppError::failed(kWrongPassphrase);
}

Result<KeyFile, AppError> key_file_in(const fs::path& folder, const consensus::ChainSpec& spec)
{
    auto file = wallet::load_key_file(folder, spec);
    if (!file) return AppError::failed(file.error());
    if (!*file) return no_wallet(folder);
    return std::move(**file);
}

Result<void, AppError> run_import(const WalletOptions& options, const std::string& from)
{
    ADIT_TRY(const consensus::ChainSpec spec, read_chain(options.node));
    ADIT_TRY(const DataFolder folder, DataFolder::open(chain_folder(options.node, spec)));
    ADIT_TRY(const KeyFile file, key_file_in(folder.path(), spec));
    ADIT_TRY(const SecretBytes phrase, passphrase(options.passphrase));
    ADIT_TRY(Secrets secrets, open_secrets(file, phrase));

    const bool mining = from.empty() && fs::exists(folder.key());
    const std::size_t before = secrets.imported.size();
    if (mining) {
        ADIT_CHECKED(take_mining_key(folder.key(), spec, secrets));
    } else {
        ADIT_TRY(const SecretBytes text,
                 from.empty() ? ask_line("private key (WIF)", false) : first_line_of(from));
        auto key = crypto::SecretKey::from_wif(as_text(text), spec.prefixes.secret_key);
        if (!key) return AppError::usage("that is no private key of the chain " + spec.name);
        const wallet::KeyBook keys(file.ring);
        const Address address{Address::Kind::pubkey_hash, key->public_key().hash()};
        if (keys.owner_of(address)) return AppError::usage("the wallet has this key already");
        if (before == wallet::kImportedKeysMax)
            return AppError::failed("this wallet holds as many imported keys as it can");
        secrets.imported.push_back(std::move(*key));
    }
    if (secrets.imported.size() > before) {
        ADIT_CHECKED(seal_into(folder, spec, secrets, phrase, file.cost));
        const Address address{Address::Kind::pubkey_hash,
                              secrets.imported.back().public_key().hash()};
        fmt::print("imported {}; the next node reads the whole chain for its coins\n",
                   to_text(address, spec.prefixes));
    }
    if (mining) drop_mining_key(folder.key());
    return {};
}

Result<void, AppError> run_dump(const WalletOptions& options, bool words,
                                const std::string& address)
{
    if (words == !address.empty())
        return AppError::usage(
            "say what to show: --words, or --address ADDRESS for one address's key");
    ADIT_TRY(const consensus::ChainSpec spec, read_chain(options.node));
    ADIT_TRY(const KeyFile file, key_file_in(chain_folder(options.node, spec), spec));
    wallet::KeyBook keys(file.ring);
    KeyPlace place;
    if (!address.empty()) {
        const auto read = parse_address(address, spec.prefixes);
        // As far as any node may have handed them out, and a good way beyond.
        const auto found =
            read ? find_owner(keys, *read, chain_folder(options.node, spec)) : std::nullopt;
        if (!found) return AppError::usage("the wallet has no key for " + address);
        place = *found;
    }
    ADIT_TRY(const SecretBytes phrase, passphrase(options.passphrase));
    ADIT_TRY(const Secrets secrets, open_secrets(file, phrase));
    if (words) {
        print_words(wallet::words_of(secrets.entropy));
        return {};
    }
    const auto account = secrets.account();
    const std::array<u32, 2> path{static_cast<u32>(place.branch), place.index};
    std::string wif;
    if (place.branch == KeyPlace::Branch::imported)
        wif = secrets.imported.at(place.index).to_wif(spec.prefixes.secret_key);
    else if (const auto below = account.descendant(path))
        wif = below->key().to_wif(spec.prefixes.secret_key);
    SecretBytes text = crypto::secret_copy(as_bytes(wif));
    crypto::wipe({reinterpret_cast<u8*>(wif.data()), wif.size()});
    text.push_back('\n');
    print_secret(text);
    return {};
}

Result<void, AppError> run_new(const WalletOptions& options)
{
    SecretBytes entropy(32);
    crypto::system_random()(entropy);
    const SecretBytes words = wallet::words_of(entropy);
    ADIT_CHECKED(make_wallet(options, std::move(entropy)));
    fmt::print(
        "\nThese 24 words are the wallet. Write them down, on paper, now: whoever has them has "
        "the coins,\nand without them a lost file or passphrase is a lost wallet. They are "
        "not shown again unasked.\n\n");
    print_words(words);
    return {};
}

Result<void, AppError> run_restore(const WalletOptions& options, const std::string& from)
{
    ADIT_TRY(const SecretBytes words,
             from.empty() ? ask_line("the wallet's words, in order", true) : first_line_of(from));
    auto entropy = wallet::entropy_of(as_text(words));
    if (!entropy) return AppError::usage(std::string(to_string(entropy.error())));
    ADIT_CHECKED(make_wallet(options, std::move(*entropy)));
    fmt::print("the next node reads the whole chain for its coins\n");
    return {};
}

}  // namespace

void add_wallet_key_commands(CLI::App& group, int& exit_code)
{
    const auto end = [&exit_code](const Result<void, AppError>& done) {
        exit_code = done ? 0 : complain(done.error());
    };
    const auto options = std::make_shared<WalletOptions>();
    const auto from = std::make_shared<std::string>();

    auto* make = group.add_subcommand("new", "Make a wallet; shows its words once");
    add_wallet_options(*make, *options);
    make->callback([=] { end(run_new(*options)); });

    auto* restore = group.add_subcommand("restore", "Make a wallet again from its words");
    add_wallet_options(*restore, *options);
    restore->add_option("--words-file", *from,
                        "file whose first line has the words (else they are asked for)");
    restore->callback([=] { end(run_restore(*options, *from)); });

    auto* import = group.add_subcommand(
        "import", "Take a private key in: that of the first `adit solo`, or one in WIF");
    add_wallet_options(*import, *options);
    import->add_option("--key-file", *from, "file whose first line is the key (WIF)");
    import->callback([=] { end(run_import(*options, *from));
});

auto* dump = group.add_subcommand("dump", "Show secrets: the words, or one address's key");
const auto words = std::make_shared<bool>(false);
const auto address = std::make_shared<std::string>();
add_wallet_options(*dump, *options);
dump->add_flag("--words", *words, "the words that make the whole wallet");
dump->add_option("--address", *address, "the private key of this address, in WIF");
dump->callback([=] { end(run_dump(*options, *words, *address)); });
}  // namespace adit::node::app

}  // namespace adit::node::app
