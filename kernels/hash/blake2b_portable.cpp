#include "kernels/base/endian.hpp"
#include "kernels/hash/blake2b_lanes.hpp"
#include "kernels/hash/lane_functions.hpp"

namespace adit::hash {
namespace {

/// One call at a time, on any machine.
struct PortableWord {
    u64 value;
    static constexpr u32 width = 1;

    static PortableWord broadcast(u64 word) { return {word}; }
    static PortableWord from_calls(const u32* calls) { return {u64{*calls} << 32}; }
    static PortableWord from_run(u32 first) { return {u64{first} << 32}; }
    static void store_digests(const PortableWord* digest, u8* out)
    {
        for (int i = 0; i < 8; ++i) store_le<u64>(out + 8 * i, digest[i].value);
    }
};

PortableWord operator+(PortableWord a, PortableWord b) { return {a.value + b.value}; }
PortableWord operator^(PortableWord a, PortableWord b) { return {a.value ^ b.value}; }
PortableWord xor3(PortableWord a, PortableWord b, PortableWord c) { return a ^ b ^ c; }
template <int bits>
PortableWord rotate_right(PortableWord a)
{
    return {a.value >> bits | a.value << (64 - bits)};
}

}  // namespace

void hash_run_portable(const HeaderMidstate& mid, u32 first, u32 count, u8* out)
{
    hash_run_with<PortableWord>(mid, first, count, out);
}

void hash_list_portable(const HeaderMidstate& mid, const u32* calls, u32 count, u8* out)
{
    hash_list_with<PortableWord>(mid, calls, count, out);
}

}  // namespace adit::hash
