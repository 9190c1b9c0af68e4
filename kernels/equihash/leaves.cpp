#include "kernels/equihash/leaves.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/base/check.hpp"
#include "kernels/base/endian.hpp"

namespace adit::equihash {
namespace {

constexpr std::size_t kDigestStride = hash::kBlake2bDigestBytesMax;
constexpr u32 kTwistGroup = 16;  ///< calls whose digests are summed from the group's first on

/// ZelHash: sixteen 32-bit little-endian words, added modulo 2^32.
void add_words(u8* sum, const u8* digest)
{
    for (std::size_t i = 0; i < kDigestStride; i += 4)
        store_le<u32>(sum + i, load_le<u32>(sum + i) + load_le<u32>(digest + i));
}

Row mask_of_first_bits(u32 bits)
{
    u8 bytes[sizeof(Row)] = {};
    for (u32 bit = 0; bit < bits; ++bit) bytes[bit / 8] |= static_cast<u8>(0x80 >> bit % 8);
    Row mask;
    std::memcpy(&mask, bytes, sizeof mask);
    return mask;
}

}  // namespace

hash::Blake2bParams leaf_hash_params(const Params& params, const Personalization& personalization)
{
    hash::Blake2bParams out{params.digest_bytes(), {}};
    std::copy(personalization.tag.begin(), personalization.tag.end(), out.personalization.begin());
    store_le<u32>(out.personalization.data() + 8, params.n);
    store_le<u32>(out.personalization.data() + 12, params.k);
    return out;
}

Leaves::Leaves(const Params& params, const Personalization& personalization, ByteView input,
               const hash::LeafHasher& hasher)
    : params_(params),
      hasher_(&hasher),
      is_header_(input.size() == hash::kMidstateHeaderBytes),
      prefix_(leaf_hash_params(params, personalization)),
      row_mask_(mask_of_first_bits(params.n)),
      slots_reciprocal_(((u64{1} << 34) + params.slots_per_call() - 1) / params.slots_per_call())
{
    ADIT_CHECK(params.fits_the_house());
    if (is_header_)
        midstate_ = hash::header_midstate(leaf_hash_params(params, personalization), input);
    else
        prefix_.update(input);
}

void Leaves::plain_digests(u32 first, u32 count, u8* out) const
{
    if (is_header_) return hasher_->run(midstate_, first, count, out);
    for (u32 i = 0; i < count; ++i) {
        const u32 call = first + i;
        plain_digests_of({&call, 1}, out + kDigestStride * i);
    }
}

void Leaves::plain_digests_of(std::span<const u32> calls, u8* out) const
{
    if (is_header_)
        return hasher_->list(midstate_, calls.data(), static_cast<u32>(calls.size()), out);
    for (const u32 call : calls) {
        std::array<u8, 4> suffix;
        store_le<u32>(suffix.data(), call);
        hash::Blake2b(prefix_).update(suffix).finish({out, params_.digest_bytes()});
        out += kDigestStride;
    }
}

void Leaves::digests(u32 first, u32 count, u8* out) const
{
    if (!params_.twist) return plain_digests(first, count, out);
    const u32 end = first + count;
    while (first < end) {  // one group of 16, from its beginning, a round
        const u32 group = first / kTwistGroup * kTwistGroup;
        const u32 group_end = std::min(end, group + kTwistGroup);
        u8 sums[kTwistGroup * kDigestStride];
        plain_digests(group, group_end - group, sums);
        for (u32 i = 1; i < group_end - group; ++i)
            add_words(sums + kDigestStride * i, sums + kDigestStride * (i - 1));
        std::memcpy(out, sums + kDigestStride * (first - group),
                    kDigestStride * (group_end - first));
        out += kDigestStride * (group_end - first);
        first = group_end;
    }
}

void Leaves::digests_of(std::span<const u32> calls, u8* out) const
{
    if (!params_.twist) return plain_digests_of(calls, out);
    for (const u32 call : calls) {
        digests(call, 1, out);
        out += kDigestStride;
    }
}

void Leaves::rows_of(std::span<const u32> indices, Row* rows) const
{
    ADIT_CHECK(indices.size() <= kRowsAtOnce);
    const u32 slots = params_.slots_per_call();
    u32 calls[kRowsAtOnce];
    u32 offsets[kRowsAtOnce];
    for (std::size_t i = 0; i < indices.size(); ++i) {
        calls[i] = static_cast<u32>(indices[i] * slots_reciprocal_ >> 34);
        offsets[i] = (indices[i] - calls[i] * slots) * params_.slot_bytes();
    }
    u8 digests[kRowsAtOnce * kDigestStride +
               sizeof(Row)];  // a whole row may be read at the last slot
    digests_of({calls, indices.size()}, digests);
    std::memset(digests + indices.size() * kDigestStride, 0, sizeof(Row));
    for (std::size_t i = 0; i < indices.size(); ++i) {
        std::memcpy(&rows[i], digests + i * kDigestStride + offsets[i], sizeof(Row));
        for (std::size_t w = 0; w < rows[i].words.size(); ++w)
            rows[i].words[w] &= row_mask_.words[w];
    }
}

}  // namespace adit::equihash
