#pragma once

#include <span>
#include <string_view>

#include "kernels/base/result.hpp"
#include "node/crypto/secret_bytes.hpp"

/// A seed as words to write down: BIP 39 with its English list (`bip39_english.txt`, from the
/// repository bitcoin/bips, MIT licence; the test pins its SHA-256). Any thread.
namespace adit::node::wallet {

using crypto::SecretBytes;

enum class MnemonicError { word_count, unknown_word, checksum };
/// A clause for people: "the last word does not fit the others: one of them is wrong".
std::string_view to_string(MnemonicError error);

/// The 2048 words in order.
std::span<const std::string_view> mnemonic_words();

/// 12, 15, 18, 21 or 24 words with a space between each two, for 16, 20, 24, 28 or 32 bytes.
SecretBytes words_of(ByteView entropy);

/// The bytes that these words stand for. Letters of either case, any white space between.
Result<SecretBytes, MnemonicError> entropy_of(std::string_view words);

/// 64 bytes for BIP 32. `words` exactly as `words_of` gives them; `extra` is BIP 39's passphrase.
SecretBytes seed_of(std::string_view words, std::string_view extra = "");

}  // namespace adit::node::wallet
