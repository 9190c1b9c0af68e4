#include "node/wallet/key_book.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"
#include "node/script/templates.hpp"

namespace adit::node::wallet {

using Branch = KeyPlace::Branch;

KeyBook::KeyBook(PublicRing ring) : ring_(std::move(ring))
{
    for (const Branch branch : {Branch::receive, Branch::change}) {
        auto parent = ring_.account.child(static_cast<u32>(branch));
        ADIT_CHECK(parent);
        rows_[static_cast<std::size_t>(branch)].parent = *parent;
        extend(branch);
    }
    rows_[0].used = kMiningKey.index + 1;
    extend(Branch::receive);
    for (u32 i = 0; i < ring_.imported.size(); ++i) file(ring_.imported[i], {Branch::imported, i});
}

std::optional<KeyPlace> KeyBook::owner_of(ByteView script_pubkey) const
{
    if (script::kind_of(script_pubkey) == script::ScriptKind::pubkey) {
        const auto push = script::ScriptReader(script_pubkey).next();
        const crypto::PublicKey key{Bytes(push->data.begin(), push->data.end())};
        return owner_of(Address{Address::Kind::pubkey_hash, key.hash()});
    }
    const auto address = script::address_of(script_pubkey);
    return address ? owner_of(*address) : std::nullopt;
}

std::optional<KeyPlace> KeyBook::owner_of(const Address& address) const
{
    if (address.kind != Address::Kind::pubkey_hash) return std::nullopt;
    const auto at = by_hash_.find(address.hash);
    return at == by_hash_.end() ? std::nullopt : std::optional(at->second);
}

const crypto::PublicKey& KeyBook::key_at(const KeyPlace& place) const
{
    if (place.branch == Branch::imported) return ring_.imported.at(place.index);
    return rows_[static_cast<std::size_t>(place.branch)].keys.at(place.index);
}

Address KeyBook::address_at(const KeyPlace& place) const
{
    return {Address::Kind::pubkey_hash, key_at(place).hash()};
}

u32 KeyBook::used(Branch branch) const
{
    if (branch == Branch::imported) return static_cast<u32>(ring_.imported.size());
    return rows_[static_cast<std::size_t>(branch)].used;
}

std::optional<KeyPlace> KeyBook::hand_out(Branch branch)
{
    const KeyPlace fresh = next(branch);
    if (fresh.index >= kAddressesMax) return std::nullopt;
    mark_used(fresh);
    return fresh;
}

void KeyBook::mark_used(const KeyPlace& place)
{
    if (place.branch == Branch::imported) return;
    Row& row = rows_[static_cast<std::size_t>(place.branch)];
    if (place.index < row.used) return;
    row.used = place.index + 1;
    extend(place.branch);
}

void KeyBook::import(const crypto::PublicKey& key)
{
    ring_.imported.push_back(key);
    file(key, {Branch::imported, static_cast<u32>(ring_.imported.size() - 1)});
}

void KeyBook::extend(Branch branch)
{
    Row& row = rows_[static_cast<std::size_t>(branch)];
    while (row.keys.size() < std::size_t{row.used} + kGap) {
        const u32 index = static_cast<u32>(row.keys.size());
        const auto child = row.parent.child(index);
        // No such child: one in 2^127. An empty key stands in its place and is nobody's.
        row.keys.push_back(child ? child->public_key() : crypto::PublicKey{});
        if (child) file(row.keys.back(), {branch, index});
    }
}

void KeyBook::file(const crypto::PublicKey& key, const KeyPlace& place)
{
    by_hash_.emplace(key.hash(), place);
}

}  // namespace adit::node::wallet
