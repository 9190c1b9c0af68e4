#include <array>

#include "node/rpc/methods.hpp"

// What `help` says. Shapes are zcashd's where zcashd has the call, zend's for the split.
namespace adit::node::rpc {
namespace {

constexpr auto kText = ParamInfo::Kind::text;
constexpr auto kJson = ParamInfo::Kind::json;

const std::array<MethodInfo, 32> kInfos{{
    {"getbestblockhash", "Blockchain", {}, "The hash of the best chain's last block.\n"},
    {"getblock",
     "Blockchain",
     {{"hash|height", kText}, {"verbosity", kJson, false}},
     R"(A block.

verbosity 0   its bytes as hex
          1   an object with its header's fields and its transactions' ids (the default)
          2   the same with the transactions themselves
Amounts come in coins (value) and in base units of 10^-8 coin (valueZat).
)"},
    {"getblockchaininfo",
     "Blockchain",
     {},
     "The chain's name and id, its height, last block, difficulty, total work and median time.\n"},
    {"getblockcount", "Blockchain", {}, "The height of the best chain's last block.\n"},
    {"getblockhash",
     "Blockchain",
     {{"height", kJson}},
     R"(The hash of the best chain's block at this height. Negative heights count from the end: -1 is
the last block.
)"},
    {"getblockheader",
     "Blockchain",
     {{"hash", kText}, {"verbose", kJson, false}},
     R"(A block's header: an object, or with verbose false its bytes (solution included) as hex.
confirmations is -1 for a block that is not on the best chain.
)"},
    {"getchaintips",
     "Blockchain",
     {},
     R"(The ends of all known branches: height, hash, branchlen (blocks that are not on the best
chain) and status.

active         the best chain
valid-fork     checked in full, but not on the best chain
valid-headers  its bodies are here, its coins were not checked
headers-only   some body is missing
invalid        breaks a rule
)"},
    {"getdifficulty",
     "Blockchain",
     {},
     "The next block's difficulty: the chain's easiest target over its target.\n"},
    {"getrawmempool",
     "Blockchain",
     {{"verbose", kJson, false}},
     "The ids of the transactions that wait for a block; with verbose true an object of them.\n"},
    {"gettxout",
     "Blockchain",
     {{"txid", kText}, {"n", kJson}, {"includemempool", kJson, false}},
     "An unspent output: its value, script, confirmations. null when it is spent or unknown.\n"},
    {"gettxoutsetinfo",
     "Blockchain",
     {},
     R"(All unspent outputs together, and the chain's supply:

issued       all coinbase outputs less all fees
unspent      held by unspent outputs (total_amount says the same)
unspendable  in outputs that nobody can ever spend
issued = unspent + unspendable at every height.
)"},
    {"getinfo", "Control", {}, "The node at a glance: version, height, peers, difficulty.\n"},
    {"help", "Control", {{"command", kText, false}}, "All calls, or what one of them does.\n"},
    {"stop", "Control", {}, "Ends the node.\n"},
    {"uptime", "Control", {}, "Seconds since the node started.\n"},
    {"getblocksubsidy",
     "Mining",
     {{"height", kJson, false}},
     R"(How the subsidy of the block at this height (default: the last block's) is split, in coins:
miner, community (the treasury), securenodes, supernodes; totalblocksubsidy is all of it.
A part that is 0 is left out, except the miner's and the community's.
)"},
    {"getblocktemplate",
     "Mining",
     {{"jsonrequestobject", kJson, false}},
     R"(A block to mine on (BIP 22, BIP 23).

{"mode":"template", "longpollid":"…"}  both may be absent. With a longpollid the call answers when
that template is out of date: another last block, or other bits.
{"mode":"proposal", "data":"hex"}  null when the block would be accepted but for its proof of work,
else the reason.

coinbasetxn is a whole coinbase that pays everybody. Who builds another one pays everything in
coinbase_required_outputs; coinbasevalue is all that the coinbase may pay out. The block's time
must lie within mintime and maxtime.
)"},
    {"getlocalsolps",
     "Mining",
     {},
     "Solutions a second of the miner in this process; 0 when there is none.\n"},
    {"getmininginfo", "Mining", {}, "Height, difficulty and rates.\n"},
    {"getnetworkhashps",
     "Mining",
     {{"blocks", kJson, false}, {"height", kJson, false}},
     "The same as getnetworksolps.\n"},
    {"getnetworksolps",
     "Mining",
     {{"blocks", kJson, false}, {"height", kJson, false}},
     R"(Solutions a second of all miners, estimated from the work and the times of the last `blocks`
blocks (default 120; -1: the difficulty's averaging window) up to `height` (default: the last).
)"},
    {"submitblock",
     "Mining",
     {{"hexdata", kText}, {"jsonparametersobject", kJson, false}},
     R"(Hands in a mined block: its bytes as hex. Answers null when it is on the best chain and safely
stored, else a word: duplicate, duplicate-invalid, duplicate-inconclusive (known before),
inconclusive (kept, but another branch is better), or the rule it breaks, such as high-hash.
)"},
    {"addnode",
     "Network",
     {{"host:port", kText}, {"add|remove|onetry", kText}},
     "Keeps a connection to this peer, or no longer.\n"},
    {"disconnectnode", "Network", {{"host:port", kText}}, "Ends the connection to this peer.\n"},
    {"getaddednodeinfo", "Network", {}, "The peers that addnode or the command line asked for.\n"},
    {"getconnectioncount", "Network", {}, "How many peers are connected.\n"},
    {"getnettotals", "Network", {}, "Bytes received from and sent to peers since the start.\n"},
    {"getnetworkinfo",
     "Network",
     {},
     "Versions, peers and addresses of this node; tls_sha256 is what others pin.\n"},
    {"getpeerinfo",
     "Network",
     {},
     "The connected peers, one object each. tls: the connection is encrypted; pinned: by the\n"
     "certificate the operator named.\n"},
    {"listbanned", "Network", {}, "The addresses kept out, and until when.\n"},
    {"setban",
     "Network",
     {{"ip", kText},
      {"add|remove", kText},
      {"seconds|until", kJson, false},
      {"absolute", kJson, false}},
     "Keeps an address out for so many seconds (a day), or lets it in again.\n"},
    {"validateaddress",
     "Util",
     {{"address", kText}},
     "Whether the text is an address of this chain, and its script when it is.\n"},
}};

}  // namespace

std::span<const MethodInfo> method_infos() { return kInfos; }

}  // namespace adit::node::rpc
