#pragma once

#include <functional>
#include <optional>
#include <span>

#include "node/primitives/transaction.hpp"

namespace adit::node::consensus {

/// An unspent output and where it came from.
struct Coin {
    TxOut out;
    Height height;
    bool coinbase = false;

    bool operator==(const Coin&) const = default;
};

/// The coins as they are after some block. The rules read through this door; `chain` and tests
/// stand behind it. One thread.
class CoinView {
public:
    virtual ~CoinView() = default;
    virtual std::optional<Coin> find(const OutPoint& outpoint) const = 0;
};

/// Says whether an input may spend the output it names. Handed in, since it needs the interpreter.
using ScriptCheck =
    std::function<bool(const Transaction& tx, std::size_t input_index, const TxOut& spent)>;

/// One such question, to be answered later.
struct ScriptJob {
    const Transaction* tx = nullptr;
    std::size_t input_index = 0;
    TxOut spent;
};

/// The same for all inputs of a block together, on as many cores as there are.
/// @return whether every one of them may spend
using ScriptBatchCheck = std::function<bool(std::span<const ScriptJob>)>;

/// Lets nobody spend anything: what stands in until a node can run scripts.
ScriptCheck refuse_every_spend();

}  // namespace adit::node::consensus
