#include "stratum/server/prefix_pool.hpp"

#include "kernels/base/check.hpp"
#include "kernels/base/endian.hpp"

namespace adit::stratum::server {
namespace {

u32 number_of(const NoncePart& prefix)
{
    ADIT_CHECK(prefix.size() == PrefixPool::kPrefixBytes);
    return load_be<u32>(prefix.view().data());
}

}  // namespace

NoncePart PrefixPool::take()
{
    // Connections are far fewer than prefixes, so the next free one is near.
    while (!out_.insert(next_).second) ++next_;
    std::array<u8, kPrefixBytes> bytes;
    store_be<u32>(bytes.data(), next_++);
    return *NoncePart::from_bytes(bytes);
}

bool PrefixPool::take(const NoncePart& prefix) { return out_.insert(number_of(prefix)).second; }

void PrefixPool::give_back(const NoncePart& prefix) { out_.erase(number_of(prefix)); }

}  // namespace adit::stratum::server
