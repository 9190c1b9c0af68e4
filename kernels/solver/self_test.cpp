#include "kernels/solver/self_test.hpp"

#include <algorithm>
#include <array>

#include "kernels/base/check.hpp"
#include "kernels/equihash/verifier.hpp"
#include "kernels/solver/digest.hpp"

namespace adit::solver {
namespace {

using equihash::Params;

/// One a set.
constexpr std::array kQuickAnswers{
    KnownAnswer{Params{48, 5}, "ZcashPoW", 1, 0, 40, 32,
                "a4247784a7cb8b01020db979ea8083c94a2002082e2ae00b08f443b5617613fd"},
    KnownAnswer{Params{96, 5}, "BgoldPoW", 2, 0, 8, 14,
                "22c889c148bef0a7978d261b8aa1d88ce753968b6569f0096918fd193fd9a858"},
    KnownAnswer{Params{96, 3}, "ZcashPoW", 3, 0, 1, 2,
                "0c3faf6996baf919d327b07bbb2b828ca926f815c428e5178937e5159e3dde08"},
    KnownAnswer{Params{200, 9}, "ZcashPoW", 4, 0, 1, 2,
                "11bba0386558b5d73e162dd2bf4b7cd875bf40ecb5a707b902b80ddb8656451c"},
    KnownAnswer{Params{210, 9}, "AION0PoW", 8, 0, 1, 2,
                "c6fb05c10cb173f7bbd0ecbdec4b816cb9051b2222d3eb29e6f1d8c9d4d615b8"},
    KnownAnswer{Params{144, 5}, "BgoldPoW", 5, 1, 1, 1,
                "c6217841ad02d13eb6f4ffeccb5f46ea6fbce0a0de31f0afcbdf35ce113c293c"},
    KnownAnswer{Params{192, 7}, "ZERO_PoW", 7, 0, 1, 1,
                "fb61b9339be282886121a1fae6ad8b959b5f0161ba113c1819a3821f42347060"},
    KnownAnswer{Params{125, 4, true}, "ZelProof", 10, 0, 1, 1,
                "c0b02accf28fd7eedb23a2a97e2328bcbafcc04655812b5abb8b69e2bc3ff373"},
    KnownAnswer{Params{150, 5}, "Beam-PoW", 9, 0, 1, 2,
                "42ad010d9c581c0466b616c6ebaa593c0065c6760577e01c58fb3f037f159924"},
};

constexpr std::array kLongAnswers{
    KnownAnswer{Params{48, 5}, "ZcashPoW", 1, 0, 40, 32,
                "a4247784a7cb8b01020db979ea8083c94a2002082e2ae00b08f443b5617613fd"},
    KnownAnswer{Params{96, 5}, "BgoldPoW", 2, 0, 8, 14,
                "22c889c148bef0a7978d261b8aa1d88ce753968b6569f0096918fd193fd9a858"},
    KnownAnswer{Params{200, 9}, "ZcashPoW", 4, 0, 4, 4,
                "898aaf805924839249f74fe5f838e49302a57b895e15156c551f99553374f062"},
    KnownAnswer{Params{210, 9}, "AION0PoW", 8, 0, 2, 2,
                "c6fb05c10cb173f7bbd0ecbdec4b816cb9051b2222d3eb29e6f1d8c9d4d615b8"},
    KnownAnswer{Params{96, 3}, "ZcashPoW", 3, 0, 3, 5,
                "5d55f1acdff141fba1de5ea712732b5b94257c96b5716bbda36b08550e3ddff0"},
    KnownAnswer{Params{144, 5}, "BgoldPoW", 5, 0, 2, 1,
                "c6217841ad02d13eb6f4ffeccb5f46ea6fbce0a0de31f0afcbdf35ce113c293c"},
    KnownAnswer{Params{144, 5}, "BitcoinZ", 6, 0, 2, 6,
                "ce90e51a45774a2199245c20a866fa09225cc79e3975b07050b76ab10632653c"},
    KnownAnswer{Params{144, 5}, "sngemPoW", 6, 0, 1, 2,
                "71ade5aca63d480d93ebf390dae701105d1d8b7503efdc903fa81f6ffafbaec8"},
    KnownAnswer{Params{192, 7}, "ZERO_PoW", 7, 0, 2, 1,
                "fb61b9339be282886121a1fae6ad8b959b5f0161ba113c1819a3821f42347060"},
    KnownAnswer{Params{192, 7}, "ZcashPoW", 7, 0, 2, 2,
                "5b3c93b037e683a437079476f9a13f5b6efc4f8b0f0405edcfa3668a4f426bbd"},
    KnownAnswer{Params{125, 4, true}, "ZelProof", 10, 0, 2, 2,
                "86f5d2797b14c86500253c995bafcf4e876330cdf871e63965de5ae30c6e0945"},
    KnownAnswer{Params{150, 5}, "Beam-PoW", 9, 0, 2, 3,
                "c0942ddcae81de020f138abc1a457f1c97be317b89b3c1a1780e9e2b5671a7e4"},
};

DeviceError failed(const SolverInfo& info, const KnownAnswer& answer, const std::string& what)
{
    return {DeviceError::Word::self_test_failed, "self-test of " + to_string(answer.params) +
                                                     " on " + info.device_id + " (" + info.variant +
                                                     "): " + what};
}

}  // namespace

equihash::PowInput KnownAnswer::input() const
{
    equihash::PowInput input;
    for (std::size_t i = 0; i < equihash::kNonceOffset; ++i)
        input.header[i] = static_cast<u8>(7 * i + seed);
    return input;
}

NonceRange KnownAnswer::range() const { return {0, 8, first_nonce, nonces}; }

const KnownAnswer& quick_answer(const Params& params)
{
    const auto answer = std::find_if(kQuickAnswers.begin(), kQuickAnswers.end(),
                                     [&](const KnownAnswer& a) { return a.params == params; });
    ADIT_CHECK(answer != kQuickAnswers.end());
    return *answer;
}

std::span<const KnownAnswer> long_answers() { return kLongAnswers; }

Result<void, DeviceError> check_answer(Solver& solver, const KnownAnswer& answer,
                                       const std::stop_token& stop)
{
    const auto personalization = equihash::Personalization::from_text(answer.personalization);
    ADIT_CHECK(personalization && solver.info().params == answer.params &&
               solver.info().personalization == *personalization);
    ADIT_TRY(const SolveReport report, solver.solve(answer.input(), answer.range(), stop));
    if (stop.stop_requested()) return {};

    equihash::PowInput input = answer.input();
    for (const FoundSolution& one : report.found) {
        input.set_nonce(one.nonce);
        const auto verdict =
            equihash::verify(answer.params, *personalization, input.view(), one.solution.bytes);
        if (!verdict)
            return failed(solver.info(), answer,
                          "a wrong solution (" + std::string(to_string(verdict.error())) + ")");
    }
    if (report.nonces_done != answer.nonces)
        return failed(solver.info(), answer,
                      std::to_string(report.nonces_done) + " of " + std::to_string(answer.nonces) +
                          " nonces done");
    const std::string digest = digest_text(report.found, report.rows_dropped);
    if (digest != answer.digest)
        return failed(solver.info(), answer,
                      std::to_string(report.found.size()) + " solutions of " +
                          std::to_string(answer.solutions) + ", " +
                          (report.rows_dropped > 0 ? digest : "digest " + digest));
    return {};
}

Result<void, DeviceError> self_test(Backend& backend, const DeviceInfo& device,
                                    SolverOptions options, const KnownAnswer& answer,
                                    const std::stop_token& stop)
{
    options.params = answer.params;
    options.personalization = *equihash::Personalization::from_text(answer.personalization);
    ADIT_TRY(const auto solver, backend.make_solver(device, options));
    return check_answer(*solver, answer, stop);
}

}  // namespace adit::solver
