#include "kernels/solver/solver.hpp"

#include "kernels/base/check.hpp"

namespace adit::solver {

void place_counter(equihash::PowInput& input, const NonceRange& range, u64 counter)
{
    ADIT_CHECK(range.counter_bytes >= 1 && range.counter_bytes <= 8);
    ADIT_CHECK(range.counter_offset + range.counter_bytes <= equihash::kNonceBytes);
    ADIT_CHECK(range.counter_bytes == 8 || counter >> (8 * range.counter_bytes) == 0);
    u8* to = input.header.data() + equihash::kNonceOffset + range.counter_offset;
    for (u32 i = 0; i < range.counter_bytes; ++i) to[i] = static_cast<u8>(counter >> (8 * i));
}

std::string_view to_string(DeviceError::Word word)
{
    switch (word) {
        case DeviceError::Word::not_found: return "not_found";
        case DeviceError::Word::out_of_memory: return "out_of_memory";
        case DeviceError::Word::unsupported_params: return "unsupported_params";
        case DeviceError::Word::build_failed: return "build_failed";
        case DeviceError::Word::lost: return "lost";
        case DeviceError::Word::self_test_failed: return "self_test_failed";
    }
    return "?";
}

}  // namespace adit::solver
