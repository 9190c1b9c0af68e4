// What a wallet reads from disk or keyboard: its key file, its memory, its words. What is taken
// must say the same when it is written again.

#include "kernels/base/check.hpp"
#include "kernels/hash/sha256d.hpp"
#include "node/wallet/mnemonic.hpp"
#include "node/wallet/wallet_state.hpp"

using namespace adit;
using namespace adit::node::wallet;

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size)
{
    const ByteView bytes(data, size);
    if (const auto file = read_key_file(bytes)) {
        ADIT_CHECK(equal(to_bytes(*file), bytes));
        const KeyBook keys(file->ring);
        ADIT_CHECK(keys.used(KeyPlace::Branch::imported) == file->ring.imported.size());
        if (file->cost.log2_n <= 6 && file->cost.r <= 8 && file->cost.p == 1)
            (void)unseal(*file, as_bytes("passphrase"));
    }
    // The checksum would keep every change out: it is put right.
    Bytes whole(bytes.begin(), bytes.end());
    if (size >= 32) {
        whole.resize(size - 32);
        append(whole, hash::sha256(whole).bytes);
    }
    if (const auto state = read_wallet_state(whole)) {
        ADIT_CHECK(to_bytes(*state) == whole);
    }
    if (const auto entropy = entropy_of(as_text(bytes))) {
        const auto words = words_of(*entropy);
        const auto again = entropy_of(as_text(words));
        ADIT_CHECK(again && *again == *entropy);
    }
    return 0;
}
