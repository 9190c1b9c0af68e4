#include <cstdio>

#include "kernels/base/endian.hpp"
#include "kernels/equihash/reference_solver.hpp"
#include "kernels/equihash/verifier.hpp"

// Built for ARM64 and run under emulation by run.sh: the portable lane where nothing else exists.
// Solutions of (48,5) for the nonces of tests/vectors/equihash/solver-generated.json, and no other.
namespace {

using namespace adit;

constexpr int kSolutions[] = {0, 5, 2, 0, 0, 0, 4, 4, 0, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 0,
                              1, 1, 0, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0};

int mistakes_at(u32 nonce, std::size_t expected)
{
    const equihash::Params params{48, 5};
    Bytes header(140);
    for (std::size_t i = 0; i < 108; ++i) header[i] = static_cast<u8>(7 * i + 1);
    store_le<u32>(header.data() + 108, nonce);
    const auto found = equihash::solve_by_the_book(params, {}, header);
    int mistakes = found.size() != expected;
    for (const auto& indices : found) {
        Bytes minimal = equihash::to_minimal(params, indices.values)->bytes;
        if (!equihash::verify(params, {}, header, minimal)) ++mistakes;
        minimal[nonce % minimal.size()] ^= 0x10;
        if (equihash::verify(params, {}, header, minimal)) ++mistakes;
    }
    return mistakes;
}

}  // namespace

int main()
{
    int mistakes = hash::lane_in_force() != hash::Lane::portable;
    u32 nonce = 0;
    for (const int solutions : kSolutions)
        mistakes += mistakes_at(nonce++, static_cast<std::size_t>(solutions));
    std::printf("%u nonces on lane %s, %d mistakes\n", nonce,
                std::string(to_string(hash::lane_in_force())).c_str(), mistakes);
    return mistakes == 0 ? 0 : 1;
}
