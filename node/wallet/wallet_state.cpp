#include "node/wallet/wallet_state.hpp"

#include "kernels/hash/sha256d.hpp"

namespace adit::node::wallet {
namespace {

constexpr std::string_view kMagic = "ADITWLLT";
constexpr u16 kVersion = 1;
constexpr std::size_t kChecksumBytes = 32;

enum Marks : u8 { kMined = 1, kSpendsOurs = 2, kAbandoned = 4 };
constexpr u8 kMarksMax = kMined | kSpendsOurs | kAbandoned;

template <class Stream, class T>
void describe_place(Stream& s, T& at)
{
    s.hash(at.block);
    s.number(at.height.value);
    s.number(at.index);
    s.number(at.time);
}

void write(Writer& s, const WalletTransaction& entry)
{
    s.number(static_cast<u8>((entry.mined ? kMined : 0) | (entry.spends_ours ? kSpendsOurs : 0) |
                             (entry.abandoned ? kAbandoned : 0)));
    s.number(entry.order);
    s.number(entry.received);
    if (entry.mined) describe_place(s, *entry.mined);
    describe(s, entry.tx);
}

WalletTransaction read_transaction(Reader& s)
{
    WalletTransaction entry;
    u8 marks = 0;
    s.number(marks);
    if (marks > kMarksMax) s.fail();
    s.number(entry.order);
    s.number(entry.received);
    if ((marks & kMined) != 0) describe_place(s, entry.mined.emplace());
    entry.spends_ours = (marks & kSpendsOurs) != 0;
    entry.abandoned = (marks & kAbandoned) != 0;
    describe(s, entry.tx);
    if (entry.tx.inputs.empty()) s.fail();
    entry.txid = txid_of(entry.tx);
    return entry;
}

}  // namespace

Hash256 ring_id(const PublicRing& ring)
{
    Writer s;
    s.hash(ring.chain_id);
    s.raw(ring.account.key);
    s.raw(ring.account.chain_code);
    return hash::sha256(s.take());
}

Bytes to_bytes(const WalletState& state)
{
    Writer s;
    s.raw(as_bytes(kMagic));
    s.number(kVersion);
    s.hash(state.ring);
    s.number(state.imported);
    for (const u32 used : state.used) s.number(used);
    s.number(static_cast<u8>(state.tip ? 1 : 0));
    if (state.tip) describe_place(s, *state.tip);
    s.number(static_cast<u64>(state.transactions.size()));
    for (const WalletTransaction& entry : state.transactions) write(s, entry);
    Bytes bytes = s.take();
    append(bytes, hash::sha256(bytes).bytes);
    return bytes;
}

std::optional<WalletState> read_wallet_state(ByteView bytes)
{
    if (bytes.size() < kChecksumBytes || bytes.size() > kStateBytesMax) return std::nullopt;
    const ByteView body = bytes.first(bytes.size() - kChecksumBytes);
    if (!equal(hash::sha256(body).bytes, bytes.last(kChecksumBytes))) return std::nullopt;
    Reader s(body);
    u16 version = 0;
    if (!equal(s.take(kMagic.size()), as_bytes(kMagic))) return std::nullopt;
    s.number(version);
    if (version != kVersion) return std::nullopt;
    WalletState state;
    s.hash(state.ring);
    s.number(state.imported);
    for (u32& used : state.used) {
        s.number(used);
        if (used > kAddressesMax + kGap) s.fail();
    }
    u8 has_tip = 0;
    s.number(has_tip);
    if (has_tip > 1) s.fail();
    if (has_tip == 1) describe_place(s, state.tip.emplace());
    u64 count = 0;
    s.number(count);
    for (u64 i = 0; i < count && s.ok(); ++i) {
        state.transactions.push_back(read_transaction(s));
        const auto& mined = state.transactions.back().mined;
        if (mined && (!state.tip || mined->height > state.tip->height)) s.fail();
    }
    if (!s.ok() || s.left() != 0) return std::nullopt;
    return state;
}

}  // namespace adit::node::wallet
