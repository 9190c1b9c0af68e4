#include "node/chain/records.hpp"

namespace adit::node::chain {
namespace {

constexpr u8 kHasBody = 1;
constexpr u8 kWasConnected = 2;

template <class T>
T number_from(Reader& reader)
{
    T value{};
    reader.number(value);
    return value;
}

/// The failure of this word. Words last, enumerators may move; one of a later release counts as its
/// vaguest neighbour.
consensus::BlockError failure_of(std::string_view word)
{
    for (int i = 0; i <= static_cast<int>(consensus::BlockError::invalidated); ++i)
        if (reject_word(static_cast<consensus::BlockError>(i)) == word)
            return static_cast<consensus::BlockError>(i);
    return consensus::BlockError::bad_prevblk;
}

bool spent(const Reader& reader) { return reader.ok() && reader.left() == 0; }

}  // namespace

Bytes block_key(Height height, const BlockHash& hash)
{
    Bytes key(4);
    store_be(key.data(), height.value);
    append(key, hash.view());
    return key;
}

std::optional<BlockKey> read_block_key(ByteView key)
{
    if (key.size() != 36) return std::nullopt;
    BlockKey result{Height(load_be<u32>(key.data())), {}};
    std::memcpy(result.hash.bytes.data(), key.data() + 4, 32);
    return result;
}

Bytes coin_key(const OutPoint& outpoint)
{
    Bytes key(outpoint.txid.view().begin(), outpoint.txid.view().end());
    key.resize(36);
    store_be(key.data() + 32, outpoint.index);
    return key;
}

std::optional<OutPoint> read_coin_key(ByteView key)
{
    if (key.size() != 36) return std::nullopt;
    OutPoint outpoint;
    std::memcpy(outpoint.txid.bytes.data(), key.data(), 32);
    outpoint.index = load_be<u32>(key.data() + 32);
    return outpoint;
}

Bytes to_record(const consensus::Coin& coin)
{
    Writer writer;
    writer.number(coin.height.value << 1 | (coin.coinbase ? 1u : 0u));
    writer.number(coin.out.value);
    writer.raw(coin.out.script_pubkey);
    return writer.take();
}

std::optional<consensus::Coin> read_coin(ByteView record)
{
    Reader reader(record);
    consensus::Coin coin;
    const u32 origin = number_from<u32>(reader);
    coin.height = Height(origin >> 1);
    coin.coinbase = (origin & 1) != 0;
    reader.number(coin.out.value);
    const ByteView script = reader.take(reader.left());
    coin.out.script_pubkey.assign(script.begin(), script.end());
    if (!spent(reader)) return std::nullopt;
    return coin;
}

Bytes to_record(const IndexRecord& index)
{
    Writer writer;
    writer.hash(index.prev);
    writer.number(index.version);
    writer.number(index.time);
    writer.number(index.bits);
    writer.number(static_cast<u8>((index.has_body ? kHasBody : 0) |
                                  (index.was_connected ? kWasConnected : 0)));
    writer.number(index.arrival);
    if (index.failure) writer.raw(as_bytes(reject_word(*index.failure)));
    return writer.take();
}

std::optional<IndexRecord> read_index(ByteView record)
{
    Reader reader(record);
    IndexRecord index;
    reader.hash(index.prev);
    reader.number(index.version);
    reader.number(index.time);
    reader.number(index.bits);
    const u8 flags = number_from<u8>(reader);
    reader.number(index.arrival);
    const ByteView failure = reader.take(reader.left());
    if (!spent(reader)) return std::nullopt;
    index.has_body = (flags & kHasBody) != 0;
    index.was_connected = (flags & kWasConnected) != 0;
    if (!failure.empty()) index.failure = failure_of(as_text(failure));
    return index;
}

Bytes to_record(const TipRecord& tip)
{
    Writer writer;
    writer.hash(tip.hash);
    writer.number(tip.height.value);
    writer.number(tip.supply.issued);
    writer.number(tip.supply.unspent);
    writer.number(tip.supply.unspendable);
    writer.number(tip.supply.coins);
    return writer.take();
}

std::optional<TipRecord> read_tip(ByteView record)
{
    Reader reader(record);
    TipRecord tip;
    reader.hash(tip.hash);
    reader.number(tip.height.value);
    reader.number(tip.supply.issued);
    reader.number(tip.supply.unspent);
    reader.number(tip.supply.unspendable);
    reader.number(tip.supply.coins);
    if (!spent(reader)) return std::nullopt;
    return tip;
}

Bytes body_record(const Block& block)
{
    Writer writer;
    writer.list(block.transactions);
    return writer.take();
}

std::optional<std::vector<Transaction>> read_body(ByteView record)
{
    Reader reader(record);
    std::vector<Transaction> transactions;
    reader.list(transactions);
    if (!spent(reader)) return std::nullopt;
    return transactions;
}

IndexRecord index_record_of(const BlockNode& node)
{
    const Standing standing = node.standing();
    IndexRecord record;
    if (node.parent != nullptr) record.prev = node.parent->hash;
    record.version = node.version;
    record.time = node.time;
    record.bits = node.bits;
    record.has_body = standing.has_body;
    record.was_connected = standing.was_connected;
    const bool inherited = standing.failure == consensus::BlockError::bad_prevblk &&
                           node.parent != nullptr && node.parent->standing().failed;
    if (!inherited) record.failure = standing.failure;
    record.arrival = node.arrival;
    return record;
}

StoreError damaged(const std::string& what)
{
    return {StoreFault::damaged,
            "the store is damaged: " + what +
                "; move its folder away and start again to fetch the chain anew"};
}

}  // namespace adit::node::chain
