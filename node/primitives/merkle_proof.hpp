#pragma once

#include "node/primitives/block.hpp"

/// Proof that transactions are in a block: the header, and of its merkle tree as much as leads from
/// them to the root (BIP 37's merkleblock).
namespace adit::node {

struct MerkleProof {
    BlockHeader header;
    u32 transactions = 0;         ///< in the block
    std::vector<Hash256> hashes;  ///< depth first
    Bytes flags;                  ///< a bit for each node visited, the lowest bit of a byte first

    bool operator==(const MerkleProof&) const = default;
};

/// @param wanted  one for each transaction of the block
MerkleProof make_merkle_proof(const BlockHeader& header, std::span<const TxId> txids,
                              const std::vector<bool>& wanted);

/// The transactions it proves to be in the block with `header.merkle_root`; nullopt when it proves
/// nothing: another root, bits or hashes too many, or a tree that no block can have.
/// @param block_bytes_max  most bytes of a block: bounds how many transactions it can have
std::optional<std::vector<TxId>> proven_by(const MerkleProof& proof, u32 block_bytes_max);

template <class Stream, class T>
void describe_merkle_proof(Stream& s, T& proof)
{
    describe(s, proof.header);
    s.number(proof.transactions);
    s.list(proof.hashes);
    s.var_bytes(proof.flags);
}
inline void describe(Writer& s, const Hash256& hash) { s.hash(hash); }
inline void describe(Reader& s, Hash256& hash) { s.hash(hash); }
inline void describe(Writer& s, const MerkleProof& proof) { describe_merkle_proof(s, proof); }
inline void describe(Reader& s, MerkleProof& proof) { describe_merkle_proof(s, proof); }

}  // namespace adit::node
