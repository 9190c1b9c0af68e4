#pragma once

#include <memory>
#include <vector>

#include "node/primitives/amount.hpp"
#include "node/primitives/serialize.hpp"

namespace adit::node {

/// Double SHA-256 of a transaction's bytes.
using TxId = TaggedHash<struct TxIdTag>;

/// A script's bytes as they stand; `node/script` gives them meaning.
using Script = Bytes;

/// One output of an earlier transaction.
struct OutPoint {
    TxId txid;
    u32 index = 0xffffffff;

    auto operator<=>(const OutPoint&) const = default;
    bool is_null() const { return txid.is_zero() && index == 0xffffffff; }
};

struct TxIn {
    OutPoint prevout;
    Script script_sig;
    u32 sequence = 0xffffffff;

    bool operator==(const TxIn&) const = default;
};

struct TxOut {
    Amount value = 0;
    Script script_pubkey;

    bool operator==(const TxOut&) const = default;
};

/// A version 1 transparent transaction (protocol reference 4.1).
struct Transaction {
    i32 version = 1;
    std::vector<TxIn> inputs;
    std::vector<TxOut> outputs;
    u32 lock_time = 0;

    bool operator==(const Transaction&) const = default;
    bool is_coinbase() const { return inputs.size() == 1 && inputs[0].prevout.is_null(); }
};

/// One transaction in several hands: the pool's, its templates', those who relay it.
using SharedTransaction = std::shared_ptr<const Transaction>;

TxId txid_of(const Transaction& tx);

template <class Stream, class T>
void describe_outpoint(Stream& s, T& o)
{
    s.hash(o.txid);
    s.number(o.index);
}
inline void describe(Writer& s, const OutPoint& o) { describe_outpoint(s, o); }
inline void describe(Reader& s, OutPoint& o) { describe_outpoint(s, o); }

template <class Stream, class T>
void describe_txin(Stream& s, T& in)
{
    describe(s, in.prevout);
    s.var_bytes(in.script_sig);
    s.number(in.sequence);
}
inline void describe(Writer& s, const TxIn& in) { describe_txin(s, in); }
inline void describe(Reader& s, TxIn& in) { describe_txin(s, in); }

template <class Stream, class T>
void describe_txout(Stream& s, T& out)
{
    s.number(out.value);
    s.var_bytes(out.script_pubkey);
}
inline void describe(Writer& s, const TxOut& out) { describe_txout(s, out); }
inline void describe(Reader& s, TxOut& out) { describe_txout(s, out); }

template <class Stream, class T>
void describe_transaction(Stream& s, T& tx)
{
    s.number(tx.version);
    s.list(tx.inputs);
    s.list(tx.outputs);
    s.number(tx.lock_time);
}
inline void describe(Writer& s, const Transaction& tx) { describe_transaction(s, tx); }
inline void describe(Reader& s, Transaction& tx) { describe_transaction(s, tx); }

}  // namespace adit::node
