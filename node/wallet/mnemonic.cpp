#include "node/wallet/mnemonic.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "kernels/base/check.hpp"
#include "kernels/hash/sha256d.hpp"
#include "node/wallet/word_list.hpp"

namespace adit::node::wallet {
namespace {

constexpr std::size_t kWords = 2048;
constexpr std::size_t kBitsPerWord = 11;
constexpr std::size_t kSentenceBytesMax = 24 * 9;  // no word has more than eight letters
constexpr int kSeedRounds = 2048;
constexpr std::size_t kSeedBytes = 64;

std::array<std::string_view, kWords> split_list()
{
    std::array<std::string_view, kWords> words;
    std::string_view rest = kEnglishWords;
    for (std::string_view& word : words) {
        const std::size_t end = rest.find('\n');
        ADIT_CHECK(end != std::string_view::npos && end > 0);
        word = rest.substr(0, end);
        rest.remove_prefix(end + 1);
    }
    ADIT_CHECK(rest.empty() && std::ranges::is_sorted(words));
    return words;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Whether an entropy of this size has words.
bool is_size(std::size_t bytes) { return bytes >= 16 && bytes <= 32 && bytes % 4 == 0; }

/// Entropy and, in the byte behind it, its checksum: one bit for each four bytes.
SecretBytes with_checksum(ByteView entropy)
{
    SecretBytes bits = crypto::secret_copy(entropy);
    Hash256 digest = hash::sha256(entropy);
    bits.push_back(digest.bytes[0]);
    crypto::wipe(digest.bytes);
    return bits;
}

/// The word at this place as its place in the list: eleven bits, most significant first.
std::size_t word_at(ByteView bits, std::size_t place)
{
    std::size_t word = 0;
    for (std::size_t at = place * kBitsPerWord; at < (place + 1) * kBitsPerWord; ++at)
        word = word << 1 | (bits[at / 8] >> (7 - at % 8) & 1u);
    return word;
}

/// One word in lower case, cut off the front of `rest`; empty when there is none.
SecretBytes next_word(std::string_view& rest)
{
    while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
    SecretBytes word;
    word.reserve(16);
    while (!rest.empty() && !is_space(rest.front())) {
        const char c = rest.front();
        word.push_back(static_cast<u8>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
        rest.remove_prefix(1);
    }
    return word;
}

}  // namespace

std::string_view to_string(MnemonicError error)
{
    switch (error) {
        case MnemonicError::word_count: return "there must be 12, 15, 18, 21 or 24 words";
        case MnemonicError::unknown_word:
            return "a word is not of the list: look for a typing error";
        case MnemonicError::checksum:
            return "the words do not fit together: one is wrong, or their order";
    }
    return "";
}

std::span<const std::string_view> mnemonic_words()
{
    static const auto words = split_list();
    return words;
}

SecretBytes words_of(ByteView entropy)
{
    ADIT_CHECK(is_size(entropy.size()));
    const SecretBytes bits = with_checksum(entropy);
    SecretBytes words;
    words.reserve(kSentenceBytesMax);
    for (std::size_t place = 0; place < entropy.size() / 4 * 3; ++place) {
        if (place > 0) words.push_back(' ');
        append(words, as_bytes(mnemonic_words()[word_at(bits, place)]));
    }
    return words;
}

Result<SecretBytes, MnemonicError> entropy_of(std::string_view words)
{
    const auto list = mnemonic_words();
    SecretBytes bits(33);
    std::size_t count = 0;
    for (SecretBytes word = next_word(words); !word.empty(); word = next_word(words)) {
        if (count == 24) return MnemonicError::word_count;
        const auto found = std::ranges::lower_bound(list, as_text(word));
        if (found == list.end() || *found != as_text(word)) return MnemonicError::unknown_word;
        const auto number = static_cast<std::size_t>(found - list.begin());
        for (std::size_t bit = 0; bit < kBitsPerWord; ++bit) {
            const std::size_t at = count * kBitsPerWord + bit;
            bits[at / 8] |=
                static_cast<u8>((number >> (kBitsPerWord - 1 - bit) & 1u) << (7 - at % 8));
        }
        ++count;
    }
    if (count % 3 != 0 || !is_size(count / 3 * 4)) return MnemonicError::word_count;

    const std::size_t bytes = count / 3 * 4;
    const SecretBytes entropy = crypto::secret_copy(ByteView(bits).first(bytes));
    const SecretBytes wanted = with_checksum(entropy);
    const std::size_t spare_bits = 8 - count / 3;
    if ((bits[bytes] ^ wanted[bytes]) >> spare_bits != 0) return MnemonicError::checksum;
    return entropy;
}

SecretBytes seed_of(std::string_view words, std::string_view extra)
{
    SecretBytes salt = crypto::secret_copy(as_bytes("mnemonic"));
    append(salt, as_bytes(extra));
    SecretBytes seed(kSeedBytes);
    ADIT_CHECK(PKCS5_PBKDF2_HMAC(words.data(), static_cast<int>(words.size()), salt.data(),
                                 static_cast<int>(salt.size()), kSeedRounds, EVP_sha512(),
                                 static_cast<int>(seed.size()), seed.data()) == 1);
    return seed;
}

}  // namespace adit::node::wallet
