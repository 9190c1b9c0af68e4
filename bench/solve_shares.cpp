// Writes tests/vectors/stratum/shares-200_9.json: true (200,9) solutions of one header, each under
// a nonce prefix of its own, as from as many miners. Minutes of one core.
//
//   solve_shares > tests/vectors/stratum/shares-200_9.json

#include <fmt/format.h>

#include <algorithm>

#include "kernels/base/check.hpp"
#include "kernels/base/endian.hpp"
#include "kernels/base/hex.hpp"
#include "kernels/cpu/cpu_backend.hpp"
#include "kernels/equihash/pow_input.hpp"
#include "stratum/proto/nonce_part.hpp"

namespace adit {
namespace {

constexpr equihash::Params kParams{200, 9};
constexpr int kShares = 64;
constexpr std::size_t kPrefixBytes = 4;

equihash::PowInput header()
{
    equihash::PowInput input;
    input.header[0] = 4;
    for (std::size_t i = 4; i < 100; ++i) input.header[i] = static_cast<u8>(7 * i);
    store_le<u32>(input.header.data() + 100, 1'700'000'000);
    store_le<u32>(input.header.data() + 104, 0x1f07ffff);
    return input;
}

int run()
{
    solver::Backend& cpu = *cpu::cpu_backend();
    auto solver = cpu.make_solver(cpu.devices().front(), {kParams, {}, {}, 0, false});
    ADIT_CHECK(bool(solver));
    equihash::PowInput input = header();
    fmt::print("{{\n  \"source\": \"bench/solve_shares\",\n");
    fmt::print("  \"n\": 200, \"k\": 9, \"person\": \"ZcashPoW\",\n  \"header108\": \"{}\",\n",
               to_hex(ByteView(input.header).first(108)));
    fmt::print("  \"shares\": [\n");
    for (int i = 0; i < kShares; ++i) {
        std::array<u8, kPrefixBytes> bytes;
        store_be<u32>(bytes.data(), static_cast<u32>(0x51a7e000 + i));
        const auto prefix = *stratum::NoncePart::from_bytes(bytes);
        prefix.place(input);
        for (u64 nonce = 0;; ++nonce) {
            const auto report = (*solver)->solve(input, {kPrefixBytes, 8, nonce, 1}, {});
            ADIT_CHECK(bool(report));
            if (report->found.empty()) continue;
            const auto& found = report->found.front();
            fmt::print(
                "    {{\"nonce_1\": \"{}\", \"nonce_2\": \"{}\",\n     \"solution\": \"{}\"}}{}\n",
                to_hex(prefix.view()), to_hex(*prefix.nonce_2_of(found.nonce)),
                to_hex(found.solution.bytes), i + 1 < kShares ? "," : "");
            break;
        }
    }
    fmt::print("  ]\n}}\n");
    return 0;
}

}  // namespace
}  // namespace adit

int main() { return adit::run(); }
