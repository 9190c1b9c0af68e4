#include "stratum/proto/share.hpp"

#include "kernels/hash/sha256d.hpp"
#include "stratum/proto/compact_size.hpp"

namespace adit::stratum {

Bytes with_length_prefix(ByteView solution)
{
    Bytes bytes;
    bytes.reserve(solution.size() + 3);
    append_compact_size(bytes, solution.size());
    append(bytes, solution);
    return bytes;
}

Hash256 share_hash(const equihash::PowInput& input, ByteView solution)
{
    Bytes bytes;
    bytes.reserve(input.header.size() + solution.size() + 3);
    append(bytes, input.view());
    append_compact_size(bytes, solution.size());
    append(bytes, solution);
    return hash::sha256d(bytes);
}

}  // namespace adit::stratum
