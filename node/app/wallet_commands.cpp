#include "node/app/wallet_commands.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "kernels/base/hex.hpp"
#include "node/app/commands.hpp"
#include "node/wallet/private_file.hpp"

namespace adit::node::app {
namespace {

namespace fs = std::filesystem;

constexpr i64 kUnlockSeconds = 60;

std::string_view text_at(const json::object& o, std::string_view key)
{
    return json::string_of(o, key).value_or("");
}
i64 number_at(const json::object& o, std::string_view key)
{
    return json::integer_of(o, key).value_or(0);
}

/// A call's result; the node's own words where it refuses.
Result<json::value, AppError> ask(const NodeLine& line, std::string_view method,
                                  const json::array& params = {})
{
    auto answer = rpc::call(line.node, line.who, method, params);
    if (!answer) return AppError{AppError::kNothingThere, answer.error().text};
    if (!*answer) {
        if (answer->error().code == rpc::RpcCode::wrong_passphrase)
            return AppError::failed(kWrongPassphrase);
        return AppError::failed(answer->error().message);
    }
    return std::move(**answer);
}

/// The wallet as its files tell it, where no node runs; nullopt: a node runs, ask it.
struct Resting {
    consensus::ChainSpec spec;
    SystemClock clock;
    std::optional<DataFolder> folder;
    std::unique_ptr<wallet::Wallet> wallet;
};
Result<std::unique_ptr<Resting>, AppError> resting_wallet(const WalletOptions& options)
{
    auto resting = std::make_unique<Resting>();
    ADIT_TRY(resting->spec, read_chain(options.node));
    if (has_node(options.node, resting->spec)) return std::unique_ptr<Resting>();
    const auto path = chain_folder(options.node, resting->spec);
    if (!fs::exists(path / wallet::kKeyFileName)) return no_wallet(path);
    auto folder = DataFolder::open(path);
    if (!folder) return folder.error();
    resting->folder.emplace(std::move(*folder));
    auto opened = wallet::Wallet::open(path, resting->spec, resting->clock);
    if (!opened) return AppError::failed(opened.error().text);
    resting->wallet = std::move(*opened);
    return resting;
}

Result<void, AppError> run_address(const WalletOptions& options)
{
    ADIT_TRY(const auto resting, resting_wallet(options));
    if (resting) {
        const auto address = resting->wallet->new_address();
        if (!address) return AppError::failed(address.error().text);
        fmt::print("{}\n", to_text(*address, resting->spec.prefixes));
        return {};
    }
    ADIT_TRY(const NodeLine line, find_node(options.node));
    ADIT_TRY(const json::value address, ask(line, "getnewaddress"));
    fmt::print("{}\n", std::string_view(address.get_string()));
    return {};
}

void print_balance(std::string_view spendable, std::string_view pending, std::string_view immature,
                   i64 height)
{
    fmt::print("{:>20} spendable\n{:>20} waiting for a block\n{:>20} too young to spend\n",
               spendable, pending, immature);
    if (height < 0)
        fmt::print("no block read yet\n");
    else
        fmt::print("as of height {}\n", height);
}

Result<void, AppError> run_balance(const WalletOptions& options)
{
    ADIT_TRY(const auto resting, resting_wallet(options));
    if (resting) {
        const auto balance = resting->wallet->ledger().balance();
        const auto& tip = resting->wallet->ledger().tip();
        print_balance(format_amount(balance.spendable), format_amount(balance.pending),
                      format_amount(balance.immature), tip ? i64{tip->height.value} : -1);
        return {};
    }
    ADIT_TRY(const NodeLine line, find_node(options.node));
    ADIT_TRY(const json::value info, ask(line, "getwalletinfo"));
    const auto& o = info.get_object();
    const auto coins = [&](const char* key) { return json::to_text(o.at(key)); };
    print_balance(coins("balance"), coins("unconfirmed_balance"), coins("immature_balance"),
                  number_at(o, "scanned_height"));
    return {};
}

/// "2026-11-22 03:14  receive  12.50000000  ADDRESS  17 deep  TXID"
void print_line(UnixTime time, std::string_view what, std::string_view amount,
                std::string_view address, i64 confirmations, std::string_view txid)
{
    const std::string depth = confirmations < 0    ? "void"
                              : confirmations == 0 ? "waiting"
                                                   : std::to_string(confirmations) + " deep";
    fmt::print("{:%Y-%m-%d %H:%M}  {:<8} {:>18}  {}  {}  {}\n",
               fmt::gmtime(static_cast<std::time_t>(time)), what, amount, address, depth, txid);
}

Result<void, AppError> run_history(const WalletOptions& options, u32 count)
{
    ADIT_TRY(const auto resting, resting_wallet(options));
    if (resting) {
        static constexpr const char* kWords[] = {"send", "receive", "generate", "immature",
                                                 "orphan"};
        const auto& ledger = resting->wallet->ledger();
        const auto lines = ledger.history();
        for (std::size_t i = lines.size() - std::min<std::size_t>(count, lines.size());
             i < lines.size(); ++i) {
            const auto& line = lines[i];
            const auto& mined = line.tx->mined;
            print_line(
                mined ? std::min<UnixTime>(mined->time, line.tx->received) : line.tx->received,
                kWords[static_cast<std::size_t>(line.kind)], format_amount(line.amount),
                line.address ? to_text(*line.address, resting->spec.prefixes) : "-",
                ledger.confirmations(*line.tx), to_hex_reversed(line.tx->txid.bytes));
        }
        return {};
    }
    ADIT_TRY(const NodeLine line, find_node(options.node));
    ADIT_TRY(const json::value told, ask(line, "listtransactions", {"*", count}));
    for (const json::value& one : told.get_array()) {
        const auto& o = one.get_object();
        print_line(number_at(o, "time"), text_at(o, "category"), json::to_text(o.at("amount")),
                   text_at(o, "address"), number_at(o, "confirmations"), text_at(o, "txid"));
    }
    return {};
}

struct SendWish {
    std::string address;
    std::string amount;
    i64 fee_rate = wallet::kFeePerKbDefault;
    bool fee_from_amount = false;
};

Result<void, AppError> run_send(const WalletOptions& options, const SendWish& wish)
{
    ADIT_TRY(const NodeLine line, find_node(options.node));
    ADIT_TRY(const json::value before, ask(line, "getwalletinfo"));
    const bool locked = number_at(before.get_object(), "unlocked_until") == 0;
    ADIT_TRY(const crypto::SecretBytes phrase, passphrase(options.passphrase));
    ADIT_CHECKED(ask(line, "walletpassphrase",
                     {json::value(boost::json::string(as_text(phrase))), kUnlockSeconds}));
    const auto sent = ask(line, "sendtoaddress",
                          {json::value(wish.address), json::decimal(wish.amount), "", "",
                           wish.fee_from_amount, wish.fee_rate});
    if (locked) (void)ask(line, "walletlock");
    if (!sent) return sent.error();
    fmt::print("{}\n", std::string_view(sent->get_string()));
    return {};
}

}  // namespace

void add_wallet_options(CLI::App& command, WalletOptions& options)
{
    add_rpc_options(command, options.node);
    add_passphrase_options(command, options.passphrase);
}

AppError no_wallet(const fs::path& folder)
{
    return {AppError::kNothingThere, "there is no wallet in " + folder.string() +
                                         "; make one with `adit wallet new`, or say where it is "
                                         "with --data-dir and --chain"};
}

std::optional<wallet::KeyPlace> find_owner(wallet::KeyBook& keys, const Address& address,
                                           const fs::path& folder)
{
    using Branch = wallet::KeyPlace::Branch;
    if (const auto bytes =
            wallet::read_private_file(folder / wallet::kStateFileName, wallet::kStateBytesMax))
        if (const auto state = wallet::read_wallet_state(*bytes))
            for (const Branch branch : {Branch::receive, Branch::change})
                if (const u32 used = state->used[static_cast<std::size_t>(branch)]; used > 0)
                    keys.mark_used({branch, used - 1});
    return keys.owner_of(address);
}

bool wipe_file(const fs::path& file)
{
    const int opened = ::open(file.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    struct stat about {};
    if (opened >= 0 && ::fstat(opened, &about) == 0) {
        const Bytes zeros(static_cast<std::size_t>(about.st_size));
        if (::write(opened, zeros.data(), zeros.size()) >= 0) ::fsync(opened);
    }
    if (opened >= 0) ::close(opened);
    return ::unlink(file.c_str()) == 0;
}

void add_wallet_command(CLI::App& program, int& exit_code)
{
    auto* group = program.add_subcommand("wallet", "Keys, addresses, balance and payments");
    group->require_subcommand(1);
    add_wallet_key_commands(*group, exit_code);

    const auto end = [&exit_code](const Result<void, AppError>& done) {
        exit_code = done ? 0 : complain(done.error());
    };
    const auto options = std::make_shared<WalletOptions>();

    auto* address = group->add_subcommand("address", "A fresh address to be paid at");
    add_rpc_options(*address, options->node);
    address->callback([=] { end(run_address(*options)); });

    auto* balance = group->add_subcommand("balance", "What the wallet holds");
    add_rpc_options(*balance, options->node);
    balance->callback([=] { end(run_balance(*options)); });

    auto* history = group->add_subcommand("history", "What it paid and received, oldest first");
    const auto count = std::make_shared<u32>(50);
    add_rpc_options(*history, options->node);
    history->add_option("-n,--count", *count, "how many lines at most")->capture_default_str();
    history->callback([=] { end(run_history(*options, *count)); });

    auto* send = group->add_subcommand("send", "Pay: adit wallet send ADDRESS AMOUNT");
    const auto wish = std::make_shared<SendWish>();
    add_wallet_options(*send, *options);
    send->add_option("address", wish->address, "who is paid")->required();
    send->add_option("amount", wish->amount, "coins: 12.5")->required();
    send->add_option("--fee-rate", wish->fee_rate, "fee in base units (10^-8 coin) per 1000 bytes")
        ->capture_default_str();
    send->add_flag("--fee-from-amount", wish->fee_from_amount, "the fee comes off the amount");
    send->callback([=] { end(run_send(*options, *wish)); });
}

}  // namespace adit::node::app
