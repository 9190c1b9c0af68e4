#include "node/chain/coins.hpp"

namespace adit::node::chain {
namespace {

/// Memory of a cached coin besides its script: map node, key, value, allocator.
constexpr std::size_t kCoinBytes = 160;

std::size_t bytes_of(const consensus::Coin& coin)
{
    return kCoinBytes + coin.out.script_pubkey.capacity();
}

}  // namespace

std::size_t StoredCoins::SaltedHash::operator()(const OutPoint& outpoint) const
{
    u64 hash = salt ^ outpoint.index;
    for (std::size_t i = 0; i < 32; i += 8) {
        hash = (hash ^ load_le<u64>(outpoint.txid.bytes.data() + i)) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 29;
    }
    return hash;
}

void StoredCoins::Generation::put(const OutPoint& outpoint, const consensus::Coin& coin)
{
    const std::size_t size = bytes_of(coin);
    if (coins.try_emplace(outpoint, coin).second) bytes += size;
}

void StoredCoins::Generation::drop(const OutPoint& outpoint)
{
    const auto found = coins.find(outpoint);
    if (found == coins.end()) return;
    bytes -= bytes_of(found->second);
    coins.erase(found);
}

StoredCoins::StoredCoins(const Store& store, std::size_t cache_bytes_max, u64 salt)
    : store_(store),
      generation_bytes_max_(cache_bytes_max / 2),
      young_(SaltedHash{salt}),
      old_(SaltedHash{salt})
{}

std::optional<consensus::Coin> StoredCoins::find(const OutPoint& outpoint) const
{
    if (const auto found = young_.coins.find(outpoint); found != young_.coins.end())
        return found->second;
    if (const auto found = old_.coins.find(outpoint); found != old_.coins.end()) {
        consensus::Coin coin = found->second;
        old_.drop(outpoint);
        keep(outpoint, coin);
        return coin;
    }
    const auto record = store_.get(Column::coins, coin_key(outpoint));
    if (!record) {
        if (!failure_) failure_ = record.error();
        return std::nullopt;
    }
    if (!*record) return std::nullopt;
    auto coin = read_coin(**record);
    if (!coin) {
        if (!failure_) failure_ = damaged("a coin cannot be read");
        return std::nullopt;
    }
    keep(outpoint, *coin);
    return coin;
}

void StoredCoins::keep(const OutPoint& outpoint, const consensus::Coin& coin) const
{
    if (young_.bytes + bytes_of(coin) > generation_bytes_max_) {
        old_ = std::move(young_);
        young_ = Generation(old_.coins.hash_function());
    }
    young_.put(outpoint, coin);
}

void StoredCoins::apply(const CoinDelta& delta)
{
    for (const consensus::SpentCoin& spent : delta.removed) {
        young_.drop(spent.outpoint);
        old_.drop(spent.outpoint);
    }
    for (const consensus::SpentCoin& made : delta.added) keep(made.outpoint, made.coin);
}

}  // namespace adit::node::chain
