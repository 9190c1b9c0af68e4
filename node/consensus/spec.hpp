#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kernels/base/clock.hpp"
#include "kernels/base/u256.hpp"
#include "kernels/equihash/params.hpp"
#include "node/primitives/address.hpp"
#include "node/primitives/block.hpp"

/// A chain as data. Every difference between chains is a field here, read from a spec file
/// (`spec_file.hpp`); no rule asks for a chain's name.
namespace adit::node::consensus {

/// Difficulty: the Zcash family's averaging window with damping (Zcash specification 7.7.3).
struct DifficultyRule {
    U256 limit;            ///< easiest target
    u32 limit_bits = 0;    ///< the same in compact form: what the first blocks carry
    bool retarget = true;  ///< false: every block carries the bits of the one before
    u32 spacing_s = 150;   ///< wanted seconds between blocks
    u32 window = 17;       ///< blocks averaged
    u32 damping = 4;
    u32 adjust_up_percent = 16;    ///< most the difficulty may rise a block
    u32 adjust_down_percent = 32;  ///< most it may fall
    /// A block whose time is more than this after its parent's must carry the limit. 0: no such
    /// rule.
    u32 minimum_difficulty_after_s = 0;

    bool operator==(const DifficultyRule&) const = default;
};

struct TimeRule {
    u32 median_span = 11;              ///< blocks whose median time the next one must pass
    u32 ahead_of_median_max_s = 5400;  ///< 0: no such rule
    u32 ahead_of_median_from = 2;      ///< height from which that rule holds
    u32 ahead_of_clock_max_s = 7200;   ///< against the node's own clock

    bool operator==(const TimeRule&) const = default;
};

/// Subsidy by height (Zcash specification 7.8): slow start, then halvings.
struct SubsidyRule {
    Amount initial = 0;        ///< base units
    u32 halving_interval = 0;  ///< blocks, > 0
    u32 slow_start = 0;        ///< blocks, even; 0: none

    bool operator==(const SubsidyRule&) const = default;
};

enum class Role { treasury, secure_nodes, super_nodes };
std::string_view to_string(Role role);  ///< "treasury", "secure_nodes", "super_nodes"

/// How a payee's script is found. Registered nodes follow as another kind.
enum class PayeeKind { address };

/// One role's part of every subsidy of an era.
struct Payee {
    Role role{};
    PayeeKind kind = PayeeKind::address;
    BasisPoints share_bp = 0;
    std::vector<Script> scripts;         ///< paid in turn, at least one
    std::vector<std::string> addresses;  ///< the same as the spec file writes them
    u32 rotation_interval = 0;           ///< blocks each script is paid; 0: the first one always
    u32 rotation_from = 0;               ///< height from which those blocks are counted

    bool operator==(const Payee&) const = default;
};

/// The split from a height on; what no payee takes is the miner's.
struct RewardEra {
    u32 from = 0;               ///< first height
    std::vector<Payee> payees;  ///< each role at most once, in the order of `Role`

    bool operator==(const RewardEra&) const = default;
};

struct SizeRule {
    u32 block_bytes_max = 2'000'000;
    u32 transaction_bytes_max = 100'000;
    u32 block_sigops_max = 20'000;

    bool operator==(const SizeRule&) const = default;
};

using node::AddressPrefixes;

/// A rule that changes at a height after genesis. Known to nodes of that release on, so it lies
/// outside the chain id.
struct Upgrade {
    std::string name;
    u32 from = 0;                ///< first height it holds, > 0
    i32 header_version_min = 4;  ///< lowest header version from there on

    bool operator==(const Upgrade&) const = default;
};

struct ChainSpec {
    std::string name;         ///< "local"; also the data folder's name
    std::string description;  ///< one sentence for people
    bool published_keys =
        false;  ///< the role addresses' keys are public: coins there belong to everybody

    // Consensus from genesis on: all of it goes into the chain id.
    equihash::Params params;
    equihash::Personalization personalization;
    Block genesis;  ///< taken as given, whatever the rules would say of it
    i32 header_version_min = 4;
    DifficultyRule difficulty;
    TimeRule time;
    SubsidyRule subsidy;
    std::vector<RewardEra> reward_eras;  ///< by rising height
    /// zend's rule, for reading chains made under it: one output may serve several payees of equal
    /// script and amount. Ours is false: each has an output of its own.
    bool payees_share_outputs = false;
    SizeRule size;
    u32 coinbase_maturity = 100;  ///< blocks
    Amount money_max = 0;         ///< base units; no amount or sum may exceed it

    // Outside the chain id.
    std::vector<Upgrade> upgrades;  ///< by rising height
    i32 template_version = 4;       ///< header version of our own blocks
    AddressPrefixes prefixes;
    std::array<u8, 4> magic{};
    u16 p2p_port = 0;
    u16 rpc_port = 0;
    u32 max_reorg = 99;          ///< policy: deeper reorganisations are not followed
    U256 minimum_chain_work;     ///< policy: peers' chains with less are not stored; 0: all are
    bool foreign_peers = false;  ///< peers that send no chain id are welcome
    std::map<u32, BlockHash> checkpoints;
    std::vector<std::string> seeds;

    bool operator==(const ChainSpec&) const = default;
};

/// The genesis hash and the consensus fields above as text: a line `key=value` each, sorted by key,
/// integers in decimal, bytes in lower-case hex. Comments and order of a spec file leave no trace.
std::string canonical_text(const ChainSpec& spec);

/// BLAKE2b-256 of the canonical text.
Hash256 chain_id(const ChainSpec& spec);

/// Whether an amount, or a sum of amounts, is one this chain can know: 0 … money_max.
inline bool money_in_range(const ChainSpec& spec, Amount amount)
{
    return amount >= 0 && amount <= spec.money_max;
}

}  // namespace adit::node::consensus
