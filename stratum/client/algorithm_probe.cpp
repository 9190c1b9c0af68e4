#include "stratum/client/algorithm_probe.hpp"

#include <algorithm>

#include "kernels/base/endian.hpp"
#include "kernels/equihash/pow_input.hpp"
#include "kernels/equihash/verifier.hpp"

namespace adit::stratum::client {
namespace {

constexpr std::size_t kPrevOffset = 4;

/// The solution behind the 140 bytes; empty when the bytes end too soon.
ByteView solution_of(ByteView header)
{
    if (header.size() <= equihash::kHeaderBytes) return {};
    ByteView rest = header.subspan(equihash::kHeaderBytes);
    std::size_t size = rest[0];
    std::size_t prefix = 1;
    if (size >= 0xfd) {
        if (size > 0xfd || rest.size() < 3) return {};
        size = load_le<u16>(rest.data() + 1);
        prefix = 3;
    }
    if (rest.size() < prefix + size) return {};
    return rest.subspan(prefix, size);
}

std::optional<equihash::Params> params_of_size(std::size_t solution_bytes)
{
    for (const equihash::Params& params : equihash::kKnownParams)
        if (params.solution_bytes() == solution_bytes) return params;
    return std::nullopt;
}

bool is_genesis(ByteView header)
{
    const ByteView prev = header.subspan(kPrevOffset, 32);
    return std::all_of(prev.begin(), prev.end(), [](u8 byte) { return byte == 0; });
}

}  // namespace

AlgorithmProbe probe_algorithm(ByteView header,
                               const std::optional<equihash::Personalization>& first)
{
    AlgorithmProbe probe;
    const ByteView solution = solution_of(header);
    const auto params = params_of_size(solution.size());
    if (!params) return probe;
    probe.algorithm.params = *params;
    const ByteView input = header.first(equihash::kHeaderBytes);
    const auto verifies = [&](const equihash::Personalization& tag) {
        if (!equihash::verify(*params, tag, input, solution)) return false;
        probe.algorithm.personalization = tag;
        probe.word = AlgorithmProbe::Word::found;
        return true;
    };
    if (first && verifies(*first)) return probe;
    for (const std::string_view text : known_personalizations())
        if (const auto tag = equihash::Personalization::from_text(text); tag && verifies(*tag))
            return probe;
    probe.word =
        is_genesis(header) ? AlgorithmProbe::Word::inconclusive : AlgorithmProbe::Word::unknown_tag;
    return probe;
}

std::optional<std::string> disagreement(const AlgorithmChoice& choice, const AlgorithmProbe& probe)
{
    if (probe.word == AlgorithmProbe::Word::inconclusive) return std::nullopt;
    const std::string params = to_string(probe.algorithm.params);
    if (choice.params && *choice.params != probe.algorithm.params)
        return "the node's chain uses Equihash " + params + ", not " + to_string(*choice.params) +
               ": say --algo " + params;
    if (probe.word == AlgorithmProbe::Word::unknown_tag)
        return "the node's chain uses Equihash " + params +
               " under a personalization that is not known here: name its eight characters with "
               "--pers";
    const equihash::Personalization& tag = probe.algorithm.personalization;
    if (choice.personalization && *choice.personalization != tag)
        return "the node's chain uses the personalization " + std::string(tag.text()) + ", not " +
               std::string(choice.personalization->text()) + ": say --pers " +
               std::string(tag.text());
    return std::nullopt;
}

}  // namespace adit::stratum::client
