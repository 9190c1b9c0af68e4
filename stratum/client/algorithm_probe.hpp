#pragma once

#include "stratum/proto/dialects.hpp"

namespace adit::stratum::client {

/// What a chain's newest block says of its algorithm: the solution's size gives (n, k), and the tag
/// under which it verifies is the chain's.
struct AlgorithmProbe {
    enum class Word {
        found,         ///< `algorithm` is the chain's
        unknown_tag,   ///< (n, k) is clear, but no known personalization verifies
        inconclusive,  ///< a genesis block, or a size that no known (n, k) has
    };
    Word word = Word::inconclusive;
    Algorithm algorithm;
};

/// @param header  a header with its solution behind its CompactSize; more bytes may follow
/// @param first   tried before all known tags
AlgorithmProbe probe_algorithm(ByteView header,
                               const std::optional<equihash::Personalization>& first);

/// Nullopt when the user's choice and the chain agree or nobody knows better; else one line that
/// says what to change.
std::optional<std::string> disagreement(const AlgorithmChoice& choice, const AlgorithmProbe& probe);

}  // namespace adit::stratum::client
