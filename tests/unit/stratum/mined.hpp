#pragma once

#include <algorithm>
#include <vector>

#include "kernels/base/check.hpp"
#include "kernels/base/compact.hpp"
#include "kernels/base/endian.hpp"
#include "kernels/equihash/encoding.hpp"
#include "kernels/equihash/reference_solver.hpp"
#include "stratum/proto/nonce_part.hpp"
#include "stratum/proto/share.hpp"
#include "stratum/proto/target.hpp"
#include "stratum/proto/work_source.hpp"

namespace adit::stratum::test {

inline constexpr equihash::Params kSmall{48, 5};
inline constexpr u32 kHardBits = 0x1f07ffff;  ///< 1 solution in 8192 is a block

/// Work as a node would offer it: a header told apart by `block` and `mark`, and bits.
inline std::shared_ptr<Work> make_test_work(u8 block, u8 mark, u32 bits = 0x200f0f0f, u64 epoch = 0,
                                            u32 height = 0)
{
    auto work = std::make_shared<Work>();
    work->params = kSmall;
    auto& header = work->input.header;
    header[0] = 4;
    std::fill_n(header.begin() + 4, 32, block);
    std::fill_n(header.begin() + 36, 32, mark);
    store_le<u32>(header.data() + 100, 1'700'000'000u + mark);
    store_le<u32>(header.data() + 104, bits);
    work->block_target = decode_compact(bits).target;
    work->share_target = work->block_target;
    work->epoch = epoch == 0 ? block : epoch;
    work->height = height == 0 ? block : height;
    work->payments = {{"miner", 750'000'000}};
    return work;
}

struct Mined {
    Bytes nonce_2;
    Bytes nonce;
    Bytes solution;  ///< without its length
    Hash256 hash;
};

/// Finds `count` true solutions of `input` (its nonce prefix in place) whose hash `fits`. Nonces
/// are counted from `first` behind the prefix. (48,5): a few milliseconds each.
template <class Fits>
std::vector<Mined> mine_if(equihash::PowInput input, const NoncePart& prefix, std::size_t count,
                           Fits&& fits, u32 first = 0)
{
    std::vector<Mined> found;
    for (u32 counter = first; found.size() < count; ++counter) {
        ADIT_CHECK(counter < first + 100'000);
        Bytes nonce_2(prefix.nonce_2_bytes(), 0);
        for (std::size_t i = 0; i < std::min<std::size_t>(4, nonce_2.size()); ++i)
            nonce_2[i] = static_cast<u8>(counter >> (8 * i));
        ADIT_CHECK(prefix.place(input, nonce_2));
        for (const equihash::Indices& indices :
             equihash::solve_by_the_book(kSmall, {}, input.view())) {
            const auto minimal = equihash::to_minimal(kSmall, indices.values);
            ADIT_CHECK(bool(minimal));
            Mined mined{nonce_2, Bytes(input.nonce().begin(), input.nonce().end()), minimal->bytes,
                        share_hash(input, minimal->bytes)};
            if (found.size() < count && fits(mined.hash)) found.push_back(std::move(mined));
        }
    }
    return found;
}

inline std::vector<Mined> mine(const equihash::PowInput& input, const NoncePart& prefix,
                               std::size_t count, const U256& target = ~U256{}, u32 first = 0)
{
    return mine_if(
        input, prefix, count, [&](const Hash256& hash) { return meets(hash, target); }, first);
}

}  // namespace adit::stratum::test
