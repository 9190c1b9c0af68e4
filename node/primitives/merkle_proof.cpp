#include "node/primitives/merkle_proof.hpp"

#include <algorithm>

#include "kernels/hash/sha256d.hpp"

namespace adit::node {
namespace {

constexpr std::size_t kFewestBytesOfATransaction = 60;

Hash256 pair_hash(const Hash256& left, const Hash256& right)
{
    Bytes both(left.bytes.begin(), left.bytes.end());
    append(both, right.view());
    return hash::sha256d(both);
}

/// Nodes on a level of the tree: 0 is that of the transactions.
u32 width_at(u32 transactions, u32 level) { return (transactions + (1u << level) - 1) >> level; }

u32 levels_of(u32 transactions)
{
    u32 level = 0;
    while (width_at(transactions, level) > 1) ++level;
    return level;
}

class Prover {
public:
    Prover(std::span<const TxId> txids, const std::vector<bool>& wanted, MerkleProof& proof)
        : wanted_(wanted), proof_(proof)
    {
        levels_.emplace_back(txids.begin(), txids.end());
        while (levels_.back().size() > 1) {
            const std::vector<Hash256>& below = levels_.back();
            std::vector<Hash256> level;
            for (std::size_t i = 0; i < below.size(); i += 2)
                level.push_back(pair_hash(below[i], below[std::min(i + 1, below.size() - 1)]));
            levels_.push_back(std::move(level));
        }
    }

    void walk(u32 level, u32 place)
    {
        const std::size_t first = std::size_t{place} << level;
        const std::size_t last = std::min((std::size_t{place} + 1) << level, wanted_.size());
        const bool leads_there =
            std::find(wanted_.begin() + static_cast<std::ptrdiff_t>(first),
                      wanted_.begin() + static_cast<std::ptrdiff_t>(last),
                      true) != wanted_.begin() + static_cast<std::ptrdiff_t>(last);
        add_flag(leads_there);
        if (level == 0 || !leads_there) {
            proof_.hashes.push_back(levels_[level][place]);
            return;
        }
        walk(level - 1, place * 2);
        if (place * 2 + 1 < levels_[level - 1].size()) walk(level - 1, place * 2 + 1);
    }
    u32 top() const { return static_cast<u32>(levels_.size() - 1); }

private:
    void add_flag(bool flag)
    {
        if (flags_ % 8 == 0) proof_.flags.push_back(0);
        if (flag) proof_.flags.back() |= static_cast<u8>(1u << flags_ % 8);
        ++flags_;
    }

    const std::vector<bool>& wanted_;
    MerkleProof& proof_;
    std::vector<std::vector<Hash256>> levels_;
    std::size_t flags_ = 0;
};

class Judge {
public:
    explicit Judge(const MerkleProof& proof) : proof_(proof) {}

    Hash256 walk(u32 level, u32 place)
    {
        const bool leads_there = take_flag();
        if (level == 0 || !leads_there) {
            const Hash256 hash = take_hash();
            if (level == 0 && leads_there) found_.push_back(TxId(hash));
            return hash;
        }
        const Hash256 left = walk(level - 1, place * 2);
        if (broken_ || place * 2 + 1 >= width_at(proof_.transactions, level - 1))
            return pair_hash(left, left);
        const Hash256 right = walk(level - 1, place * 2 + 1);
        if (left == right) broken_ = true;  // CVE-2012-2459: one that stands for two
        return pair_hash(left, right);
    }
    bool spent() const
    {
        return !broken_ && hashes_ == proof_.hashes.size() &&
               (flags_ + 7) / 8 == proof_.flags.size();
    }
    std::vector<TxId> found() { return std::move(found_); }

private:
    bool take_flag()
    {
        if (flags_ >= proof_.flags.size() * 8) return broken_ = true, false;
        const bool flag = (proof_.flags[flags_ / 8] >> flags_ % 8 & 1) != 0;
        ++flags_;
        return flag;
    }
    Hash256 take_hash()
    {
        if (hashes_ >= proof_.hashes.size()) return broken_ = true, Hash256{};
        return proof_.hashes[hashes_++];
    }

    const MerkleProof& proof_;
    std::size_t flags_ = 0;
    std::size_t hashes_ = 0;
    bool broken_ = false;
    std::vector<TxId> found_;
};

}  // namespace

MerkleProof make_merkle_proof(const BlockHeader& header, std::span<const TxId> txids,
                              const std::vector<bool>& wanted)
{
    MerkleProof proof{header, static_cast<u32>(txids.size()), {}, {}};
    Prover prover(txids, wanted, proof);
    prover.walk(prover.top(), 0);
    return proof;
}

std::optional<std::vector<TxId>> proven_by(const MerkleProof& proof, u32 block_bytes_max)
{
    if (proof.transactions == 0 ||
        proof.transactions > block_bytes_max / kFewestBytesOfATransaction ||
        proof.hashes.size() > proof.transactions || proof.flags.size() * 8 < proof.hashes.size())
        return std::nullopt;
    Judge judge(proof);
    const Hash256 root = judge.walk(levels_of(proof.transactions), 0);
    if (!judge.spent() || root != proof.header.merkle_root) return std::nullopt;
    return judge.found();
}

}  // namespace adit::node
