// Any bytes as a block: what is read writes the same bytes again, and every check of it ends. The
// same bytes as a merkle proof.

#include "node/consensus/check_block.hpp"
#include "node/consensus/check_header.hpp"
#include "node/consensus/spec_file.hpp"
#include "node/primitives/merkle_proof.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit;
    using namespace adit::node;
    static const consensus::ChainSpec spec = *consensus::find_spec("regtest");
    const ByteView bytes(data, size);
    if (const auto block = from_bytes<Block>(bytes)) {
        if (!equal(to_bytes(*block), bytes)) __builtin_trap();
        (void)consensus::check_header(spec, block->header);
        if (consensus::check_block(spec, *block))
            (void)consensus::check_block_at(spec, *block, Height(1));
    }
    if (const auto proof = from_bytes<MerkleProof>(bytes)) {
        if (!equal(to_bytes(*proof), bytes)) __builtin_trap();
        const auto proven = proven_by(*proof, spec.size.block_bytes_max);
        if (proven && proven->size() > proof->hashes.size()) __builtin_trap();
    }
    return 0;
}
