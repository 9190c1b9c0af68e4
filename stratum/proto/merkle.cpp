#include "stratum/proto/merkle.hpp"

#include "kernels/base/check.hpp"
#include "kernels/hash/sha256d.hpp"

namespace adit::stratum {

Hash256 merkle_root_of(std::vector<Hash256> level)
{
    ADIT_CHECK(!level.empty());
    while (level.size() > 1) {
        if (level.size() % 2 != 0) level.push_back(level.back());
        for (std::size_t i = 0; i < level.size() / 2; ++i) {
            std::array<u8, 64> pair;
            std::memcpy(pair.data(), level[2 * i].bytes.data(), 32);
            std::memcpy(pair.data() + 32, level[2 * i + 1].bytes.data(), 32);
            level[i] = hash::sha256d(pair);
        }
        level.resize(level.size() / 2);
    }
    return level[0];
}

}  // namespace adit::stratum
