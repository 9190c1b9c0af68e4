#pragma once

#include <string_view>

namespace adit::node::wallet {

/// `bip39_english.txt` as it stands: a word a line. Made into a source file by CMake.
extern const std::string_view kEnglishWords;

}  // namespace adit::node::wallet
