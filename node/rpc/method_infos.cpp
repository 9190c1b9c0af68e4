#include <array>

#include "node/rpc/methods.hpp"

// What `help` says. Shapes are zcashd's where zcashd has the call, zend's for the split.
namespace adit::node::rpc {
namespace {

constexpr auto kText = ParamInfo::Kind::text;
constexpr auto kJson = ParamInfo::Kind::json;

const auto kInfos = std::to_array<MethodInfo>({
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
    {"getmempoolinfo",
     "Blockchain",
     {},
     R"(What waits for a block: size (transactions), bytes (of them on the wire), usage (held for them,
limited by maxmempool), and the fees a newcomer must pay for 1000 bytes.
)"},
    {"getrawmempool",
     "Blockchain",
     {{"verbose", kJson, false}},
     "The ids of the transactions that wait for a block; with verbose true an object of them.\n"},
    {"gettxout",
     "Blockchain",
     {{"txid", kText}, {"n", kJson}, {"includemempool", kJson, false}},
     R"(An unspent output: its value, script, confirmations. null when it is spent or unknown. What waits
for a block counts, too, unless includemempool is false.
)"},
    {"gettxoutproof",
     "Blockchain",
     {{"txids", kJson}, {"blockhash", kText, false}},
     R"(Proof that these transactions are in one block, as hex. Without blockhash one of them must have
an output that nobody has spent.
)"},
    {"gettxoutsetinfo",
     "Blockchain",
     {},
     R"(All unspent outputs together, and the chain's supply:

issued       all coinbase outputs less all fees
unspent      held by unspent outputs (total_amount says the same)
unspendable  in outputs that nobody can ever spend
issued = unspent + unspendable at every height.
)"},
    {"invalidateblock",
     "Blockchain",
     {{"hash", kText}},
     R"(Takes this block and all that build on it for invalid; the best chain goes on without them, also
after a restart. reconsiderblock takes that back.
)"},
    {"reconsiderblock",
     "Blockchain",
     {{"hash", kText}},
     R"(Forgets that this block, its ancestors or what builds on it were found invalid, and checks them
anew. Its branch may become the best chain even where it forks off deeper than max_reorg.
)"},
    {"verifytxoutproof",
     "Blockchain",
     {{"proof", kText}},
     "The ids of the transactions that a proof by gettxoutproof proves; none when it proves "
     "nothing.\n"},
    {"getinfo", "Control", {}, "The node at a glance: version, height, peers, difficulty.\n"},
    {"help", "Control", {{"command", kText, false}}, "All calls, or what one of them does.\n"},
    {"stop", "Control", {}, "Ends the node.\n"},
    {"uptime", "Control", {}, "Seconds since the node started.\n"},
    {"generate",
     "Mining",
     {{"numblocks", kJson}},
     R"(Mines so many blocks at once, and answers their hashes. For chains whose difficulty does not
follow the hash rate (regtest).
)"},
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
    {"createrawtransaction",
     "Transactions",
     {{"inputs", kJson}, {"outputs", kJson}, {"locktime", kJson, false}},
     R"(A transaction without signatures, as hex.

inputs    [{"txid":"…", "vout":n, "sequence":n}, …]  sequence may be absent
outputs   {"ADDRESS":coins, …, "data":"hex"}         what no output takes is the fee
)"},
    {"decoderawtransaction", "Transactions", {{"hexstring", kText}}, "A transaction's fields.\n"},
    {"decodescript",
     "Transactions",
     {{"hex", kText}},
     "A script's words, its kind, and the address that pays to it (p2sh).\n"},
    {"getrawtransaction",
     "Transactions",
     {{"txid", kText}, {"verbose", kJson, false}, {"blockhash", kText, false}},
     R"(A transaction's bytes as hex, or with verbose 1 its fields and its place in the chain. It is
found where it waits for a block, where an output of it is unspent, or in the block named.
)"},
    {"sendrawtransaction",
     "Transactions",
     {{"hexstring", kText}, {"allowhighfees", kJson, false}},
     R"(Hands in a transaction: it waits for a block here and is told to peers. Answers its id. An error
names what is wrong with it: number (BIP 61) and word.
)"},
    {"signrawtransaction",
     "Transactions",
     {{"hexstring", kText},
      {"prevtxs", kJson, false},
      {"privkeys", kJson, false},
      {"sighashtype", kText, false}},
     R"(Signs a transaction's inputs as far as the keys go; signatures that are there stay.

prevtxs      [{"txid":"…", "vout":n, "scriptPubKey":"hex", "redeemScript":"hex"}, …]  outputs that
             the chain does not know yet, and scripts behind pay-to-script-hash
privkeys     ["KEY", …]
sighashtype  ALL, NONE, SINGLE, each also with |ANYONECANPAY
Answers hex, complete, and errors: what is wrong with each input that cannot be spent yet.
)"},
    {"testmempoolaccept",
     "Transactions",
     {{"rawtxs", kJson}},
     "Whether each of these transactions would be taken, and why not; changes nothing.\n"},
    {"estimatefee",
     "Util",
     {{"nblocks", kJson}},
     R"(Coins for 1000 bytes that put a transaction among the next nblocks blocks' worth of what waits
now.
)"},
    {"validateaddress",
     "Util",
     {{"address", kText}},
     "Whether the text is an address of this chain, and its script when it is.\n"},
    {"abandontransaction",
     "Wallet",
     {{"txid", kText}},
     "Gives up a payment of the wallet's that no block and no pool holds: its coins are free "
     "again.\n"},
    {"getbalance",
     "Wallet",
     {{"account", kText, false}, {"minconf", kJson, false}, {"includeWatchonly", kJson, false}},
     R"(What the wallet can spend, in coins. minconf 0 counts what others paid and no block holds yet;
more than 1 leaves out younger coins. The account is "" or "*".
)"},
    {"getnewaddress",
     "Wallet",
     {{"account", kText, false}},
     "A fresh address of the wallet's to be paid at. Needs no passphrase.\n"},
    {"gettransaction",
     "Wallet",
     {{"txid", kText}, {"includeWatchonly", kJson, false}},
     "A transaction that pays the wallet or spends from it: what it changed, and its bytes.\n"},
    {"getwalletinfo",
     "Wallet",
     {},
     R"(The wallet at a glance. unlocked_until is a Unix time, 0 while locked; scanning says whether it
still reads the chain, scanned_height how far it came.
)"},
    {"listtransactions",
     "Wallet",
     {{"account", kText, false},
      {"count", kJson, false},
      {"from", kJson, false},
      {"includeWatchonly", kJson, false}},
     R"(The wallet's last outputs paid and received, oldest first: 10, or as many as count, leaving out
the newest from ones.

category  send, receive, generate (a mined coinbase), immature (one too young to spend), orphan
          (one whose block is not on the best chain)
)"},
    {"listunspent",
     "Wallet",
     {{"minconf", kJson, false}, {"maxconf", kJson, false}, {"addresses", kJson, false}},
     "The wallet's unspent outputs with so many confirmations (1 to 9999999), of these "
     "addresses.\n"},
    {"sendmany",
     "Wallet",
     {{"fromaccount", kText},
      {"amounts", kJson},
      {"minconf", kJson, false},
      {"comment", kText, false},
      {"subtractfeefromamount", kJson, false}},
     R"(Pays several addresses at once: {"address": amount, …}, amounts in coins. The last parameter is
an array of addresses that carry the fee. Answers the transaction's id. The wallet must be unlocked.
)"},
    {"sendtoaddress",
     "Wallet",
     {{"address", kText},
      {"amount", kJson},
      {"comment", kText, false},
      {"comment-to", kText, false},
      {"subtractfeefromamount", kJson, false},
      {"feerate", kJson, false}},
     R"(Pays an address so many coins and answers the transaction's id. feerate is in base units of
10^-8 coin per 1000 bytes. Comments are not kept. The wallet must be unlocked.
)"},
    {"walletlock", "Wallet", {}, "Forgets the wallet's secrets until walletpassphrase.\n"},
    {"walletpassphrase",
     "Wallet",
     {{"passphrase", kText}, {"timeout", kJson}},
     R"(Unlocks the wallet for so many seconds. A command line shows its words to every process of the
machine: `adit wallet send` asks for the passphrase instead.
)"},
});

}  // namespace

std::span<const MethodInfo> method_infos() { return kInfos; }

}  // namespace adit::node::rpc
