#include "node/chain_tools/chain_tools.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "node/chain_tools/live_chains.hpp"
#include "node/consensus/genesis.hpp"
#include "node/script/templates.hpp"

namespace adit::node::chain_tools {
namespace {

using consensus::ChainSpec;
using consensus::Payee;
using consensus::RewardEra;
using consensus::Role;

// Where new chains listen: below the ports that systems hand out by themselves.
constexpr u32 kPortFirst = 20'000;
constexpr u32 kPortPairs = 6'000;

u32 random_number(const crypto::RandomBytes& random)
{
    u8 bytes[4];
    random(bytes);
    return load_le<u32>(bytes);
}

/// Bytes over 127, so that no text looks like a message, and no chain's that we know.
std::array<u8, 4> fresh_magic(const crypto::RandomBytes& random)
{
    std::array<u8, 4> magic;
    do {
        random(magic);
        for (u8& byte : magic) byte |= 0x80;
    } while (chain_with_magic(magic));
    return magic;
}

void choose_network(ChainSpec& spec, const crypto::RandomBytes& random)
{
    spec.magic = fresh_magic(random);
    spec.p2p_port = static_cast<u16>(kPortFirst + 1 + 2 * (random_number(random) % kPortPairs));
    spec.rpc_port = static_cast<u16>(spec.p2p_port - 1);
    spec.seeds.clear();
    spec.checkpoints.clear();
    spec.minimum_chain_work = {};
}

/// One new key a role, paid in every era the preset pays it. Returns the key file.
std::string choose_keys(ChainSpec& spec, const crypto::RandomBytes& random)
{
    std::string lines = fmt::format(
        "# The role keys of the chain {}: role, address, key. Whoever reads this file can spend\n"
        "# what the roles are paid.\n",
        spec.name);
    std::map<Role, Address> addresses;
    for (RewardEra& era : spec.reward_eras) {
        for (Payee& payee : era.payees) {
            if (!addresses.contains(payee.role)) {
                const auto key = crypto::SecretKey::generate(random);
                const Address address{Address::Kind::pubkey_hash, key.public_key().hash()};
                addresses.emplace(payee.role, address);
                lines += fmt::format("{:<12} {} {}\n", to_string(payee.role),
                                     to_text(address, spec.prefixes),
                                     key.to_wif(spec.prefixes.secret_key));
            }
            const Address& address = addresses.at(payee.role);
            payee.addresses = {to_text(address, spec.prefixes)};
            payee.scripts = {script::pay_to(address)};
            payee.rotation_interval = payee.rotation_from = 0;
        }
    }
    spec.published_keys = false;
    return lines;
}

std::string message_of(const NewChainRequest& request)
{
    if (!request.message.empty()) return request.message;
    return fmt::format("{}, {:%F %H:%M} UTC", request.name,
                       fmt::gmtime(static_cast<std::time_t>(request.now)));
}

/// Whether the spec reader takes this name: asked of it, so that there is one rule.
std::optional<ToolError> refuse_name(const ChainSpec& spec)
{
    const auto back = consensus::parse_draft(consensus::to_toml(spec), "new chain");
    if (back) return std::nullopt;
    if (back.error().field == "name")
        return ToolError{fmt::format("the name \"{}\" {}", spec.name, back.error().why)};
    return ToolError{back.error().text()};
}

std::string why_not(const std::string& path, int error)
{
    if (error == EEXIST) return path + " exists already; choose another name or move it away";
    return fmt::format("cannot write {}: {}", path, std::strerror(error));
}

/// Writes a new file, wholly or not at all.
std::optional<ToolError> write_new(const std::string& path, std::string_view text, mode_t mode)
{
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0) return ToolError{why_not(path, errno)};
    int error = 0;
    while (!text.empty() && error == 0) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written < 0 && errno != EINTR) error = errno;
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (error == 0 && ::fsync(file) != 0) error = errno;
    if (::close(file) != 0 && error == 0) error = errno;
    if (error == 0) return std::nullopt;
    ::unlink(path.c_str());
    return ToolError{why_not(path, error)};
}

/// Said before a solver works for minutes in vain.
std::optional<ToolError> refuse_files(const NewChainRequest& request)
{
    if (request.spec_file == request.key_file)
        return ToolError{"the spec and the keys need a file each"};
    for (const std::string& path : {request.key_file, request.spec_file}) {
        struct ::stat found {};
        if (::lstat(path.c_str(), &found) == 0) return ToolError{why_not(path, EEXIST)};
    }
    return std::nullopt;
}

}  // namespace

Result<NewChain, ToolError> plan_chain(const NewChainRequest& request,
                                       const crypto::RandomBytes& random, solver::Solver& solver,
                                       std::stop_token stop)
{
    auto preset = consensus::find_draft(request.preset);
    if (!preset) return ToolError{preset.error().text()};
    NewChain made;
    ChainSpec& spec = made.spec;
    spec = std::move(preset->spec);
    spec.description = fmt::format("Made from the preset {} on {:%F}.", spec.name,
                                   fmt::gmtime(static_cast<std::time_t>(request.now)));
    spec.name = request.name;
    spec.genesis = {};
    if (const auto refused = refuse_name(spec)) return *refused;
    const std::string message = message_of(request);
    if (message.size() > consensus::kGenesisMessageBytesMax)
        return ToolError{fmt::format("the genesis message has {} bytes, at most {} fit",
                                     message.size(), consensus::kGenesisMessageBytesMax)};

    choose_network(spec, random);
    made.keys_text = choose_keys(spec, random);
    const Block draft = consensus::draft_genesis(spec, message, static_cast<u32>(request.now));
    auto genesis = consensus::solve_genesis(spec, draft, solver, stop);
    if (!genesis) return ToolError{"the solver failed: " + genesis.error().detail};
    if (!*genesis) return ToolError{"stopped before the genesis was solved; nothing was written"};
    spec.genesis = std::move(**genesis);

    made.spec_toml = consensus::to_toml(spec);
    const auto back = consensus::parse_spec(made.spec_toml, request.spec_file);
    if (!back) return ToolError{back.error().text()};
    ADIT_CHECK(*back == spec);
    return made;
}

Result<NewChain, ToolError> make_chain(const NewChainRequest& request,
                                       const crypto::RandomBytes& random, solver::Solver& solver,
                                       std::stop_token stop)
{
    if (const auto refused = refuse_files(request)) return *refused;
    ADIT_TRY(NewChain made, plan_chain(request, random, solver, stop));
    if (const auto failed = write_new(request.key_file, made.keys_text, 0600)) return *failed;
    if (const auto failed = write_new(request.spec_file, made.spec_toml, 0644)) {
        ::unlink(request.key_file.c_str());
        return *failed;
    }
    made.report = fmt::format(
        "{} written: chain {}, id {}\n"
        "{} written, readable by you alone: the keys of the roles. Back it up.\n",
        request.spec_file, made.spec.name, id_text(made.spec), request.key_file);
    return made;
}

}  // namespace adit::node::chain_tools
