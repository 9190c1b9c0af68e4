#pragma once

#include <span>
#include <vector>

#include "kernels/base/clock.hpp"
#include "kernels/equihash/pow_input.hpp"
#include "node/primitives/transaction.hpp"

namespace adit::node {

/// Double SHA-256 of a header with its solution.
using BlockHash = TaggedHash<struct BlockHashTag>;

/// A block header with nonce and solution (protocol reference 2.1): 140 bytes, then the solution
/// behind its CompactSize.
struct BlockHeader {
    i32 version = 4;
    BlockHash prev;
    Hash256 merkle_root;
    Hash256 reserved;
    u32 time = 0;  ///< Unix seconds
    u32 bits = 0;  ///< compact target
    std::array<u8, 32> nonce{};
    Bytes solution;  ///< minimal form, without its length

    bool operator==(const BlockHeader&) const = default;
};

/// A block: header, then transactions, the coinbase first.
struct Block {
    BlockHeader header;
    std::vector<Transaction> transactions;

    bool operator==(const Block&) const = default;
};

BlockHash hash_of(const BlockHeader& header);

/// The 140 bytes that Equihash hashes.
equihash::PowInput pow_input_of(const BlockHeader& header);

/// Merkle root over txids, pairwise double SHA-256, an odd level repeating its last node.
struct MerkleRoot {
    Hash256 root;
    bool mutated = false;  ///< two equal hashes met as a pair at some level (CVE-2012-2459)
};
MerkleRoot merkle_root_of(std::span<const TxId> txids);
MerkleRoot merkle_root_of(const std::vector<Transaction>& transactions);

template <class Stream, class T>
void describe_header(Stream& s, T& h)
{
    s.number(h.version);
    s.hash(h.prev);
    s.hash(h.merkle_root);
    s.hash(h.reserved);
    s.number(h.time);
    s.number(h.bits);
    if constexpr (Stream::kReading) {
        if (const ByteView nonce = s.take(32); !nonce.empty())
            std::memcpy(h.nonce.data(), nonce.data(), 32);
    } else {
        s.raw(h.nonce);
    }
    s.var_bytes(h.solution);
}
inline void describe(Writer& s, const BlockHeader& h) { describe_header(s, h); }
inline void describe(Reader& s, BlockHeader& h) { describe_header(s, h); }

template <class Stream, class T>
void describe_block(Stream& s, T& b)
{
    describe(s, b.header);
    s.list(b.transactions);
}
inline void describe(Writer& s, const Block& b) { describe_block(s, b); }
inline void describe(Reader& s, Block& b) { describe_block(s, b); }

}  // namespace adit::node
