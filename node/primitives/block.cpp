#include "node/primitives/block.hpp"

#include "kernels/hash/sha256d.hpp"

namespace adit::node {

TxId txid_of(const Transaction& tx) { return TxId(hash::sha256d(to_bytes(tx))); }

BlockHash hash_of(const BlockHeader& header) { return BlockHash(hash::sha256d(to_bytes(header))); }

equihash::PowInput pow_input_of(const BlockHeader& header)
{
    const Bytes bytes = to_bytes(header);
    equihash::PowInput input;
    std::copy_n(bytes.begin(), equihash::kHeaderBytes, input.header.begin());
    return input;
}

MerkleRoot merkle_root_of(std::span<const TxId> txids)
{
    MerkleRoot result;
    if (txids.empty()) return result;
    std::vector<Hash256> level(txids.begin(), txids.end());
    while (level.size() > 1) {
        for (std::size_t i = 0; i + 1 < level.size(); i += 2)
            if (level[i] == level[i + 1]) result.mutated = true;
        if (level.size() % 2 != 0) level.push_back(level.back());
        hash::sha256d_pairs(level.data(), level.data(), level.size() / 2);
        level.resize(level.size() / 2);
    }
    result.root = level[0];
    return result;
}

MerkleRoot merkle_root_of(const std::vector<Transaction>& transactions)
{
    std::vector<TxId> txids;
    txids.reserve(transactions.size());
    for (const Transaction& tx : transactions) txids.push_back(txid_of(tx));
    return merkle_root_of(txids);
}

}  // namespace adit::node
