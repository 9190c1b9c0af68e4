#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace adit::miner::app {

/// Letters to change, add, leave out or swap to get from one word to the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known word that `typed` most likely means; nullopt when none is near (a third of its letters
/// may be wrong, two at least; a known word that begins with the typed one is near too).
std::optional<std::string> nearest(std::string_view typed, const std::vector<std::string>& known);

/// For flags that other miners have and this one does not (yet): one sentence on what there is
/// instead. Nullopt for any other word.
std::optional<std::string> known_elsewhere(std::string_view flag);

}  // namespace adit::miner::app
