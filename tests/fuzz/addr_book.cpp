// Address tables: whatever is told, tried and forgotten, the counts agree and a saved book is read
// back; and a damaged file is refused.

#include "node/p2p/addr_book.hpp"
#include "kernels/base/endian.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit;
    using namespace adit::node;
    using namespace adit::node::p2p;
    (void)AddrBook::load({data, size}, 1);
    AddrBook book({}, 1);
    constexpr UnixTime kNow = 1'800'000'000;
    for (std::size_t at = 0; at + 8 <= size; at += 8) {
        const u8* op = data + at;
        const Endpoint endpoint = Endpoint::ipv4(op[1], op[2], op[3], 1, 8233);
        const Endpoint source = Endpoint::ipv4(op[4], op[5], 1, 1, 8233);
        const UnixTime now = kNow + UnixTime{adit::load_le<u16>(op + 6)} * 600;
        switch (op[0] % 8) {
            case 0: book.attempted(endpoint, now); break;
            case 1:
            case 2: book.connected(endpoint, now); break;
            case 3: book.settle_tests(now); break;
            case 4:
                (void)book.pick(now, static_cast<AddrBook::From>(op[4] % 3));
                (void)book.pick_test();
                break;
            default: book.add(endpoint, 1, source, now - op[3] * 3600, now);
        }
        if (book.tried_count() > book.size()) __builtin_trap();
    }
    if (book.sample(1000, kNow).size() > book.size()) __builtin_trap();
    const adit::Bytes saved = book.save();
    const auto again = AddrBook::load(saved, 2);
    if (!again || again->size() > book.size() || again->tried_count() != book.tried_count())
        __builtin_trap();
    return 0;
}
