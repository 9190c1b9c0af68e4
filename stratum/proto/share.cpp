#include "stratum/proto/share.hpp"

#include "kernels/base/endian.hpp"
#include "kernels/hash/sha256d.hpp"

namespace adit::stratum {
namespace {

template <class Number>
void append_marked(Bytes& to, u8 mark, Number value)
{
    std::array<u8, 1 + sizeof(Number)> bytes;
    bytes[0] = mark;
    store_le<Number>(bytes.data() + 1, value);
    append(to, bytes);
}

}  // namespace

void append_compact_size(Bytes& to, u64 value)
{
    if (value < 0xfd) return to.push_back(static_cast<u8>(value));
    if (value <= 0xffff) return append_marked(to, 0xfd, static_cast<u16>(value));
    if (value <= 0xffffffff) return append_marked(to, 0xfe, static_cast<u32>(value));
    append_marked(to, 0xff, value);
}

Bytes with_length(const equihash::MinimalSolution& solution)
{
    Bytes bytes;
    bytes.reserve(solution.bytes.size() + 3);
    append_compact_size(bytes, solution.bytes.size());
    append(bytes, solution.bytes);
    return bytes;
}

Hash256 header_hash(const equihash::PowInput& input, const equihash::MinimalSolution& solution)
{
    Bytes bytes;
    bytes.reserve(input.header.size() + solution.bytes.size() + 3);
    append(bytes, input.view());
    append_compact_size(bytes, solution.bytes.size());
    append(bytes, solution.bytes);
    return hash::sha256d(bytes);
}

}  // namespace adit::stratum
