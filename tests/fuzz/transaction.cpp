// Any bytes as a transaction: what is read writes the same bytes again, and every check of it ends.

#include "node/consensus/check_tx.hpp"
#include "node/consensus/spec_file.hpp"
#include "node/mempool/policy.hpp"
#include "node/script/sighash.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit;
    using namespace adit::node;
    static const consensus::ChainSpec spec = *consensus::find_spec("regtest");
    const ByteView bytes(data, size);
    const auto tx = from_bytes<Transaction>(bytes);
    if (!tx) return 0;
    if (!equal(to_bytes(*tx), bytes)) __builtin_trap();
    const bool valid = consensus::check_tx(spec, *tx).has_value();
    (void)consensus::is_final(*tx, Height(100), 1'700'000'000);
    (void)consensus::count_sigops(*tx);
    if (!valid) return 0;
    (void)mempool::check_standard(spec, *tx);
    for (std::size_t i = 0; i < std::min<std::size_t>(tx->inputs.size(), 3); ++i)
        (void)script::signature_hash(*tx, i, bytes.first(std::min<std::size_t>(size, 100)),
                                     data[0]);
    return 0;
}
