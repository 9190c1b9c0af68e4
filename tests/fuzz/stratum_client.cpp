// A pool that says anything at all to a miner, in pieces of any size, with time passing between.

#include "stratum/client/client_session.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit;
    using namespace adit::stratum;
    client::Login login;
    login.user = "w";
    login.agent = "adit/fuzz";
    login.algorithm.params = equihash::Params{48, 5};
    client::ClientSession session(login, 0);
    TimePoint now{std::chrono::seconds(1)};
    session.on_connected(1, now);
    std::string_view bytes = as_text({data, size});
    std::shared_ptr<const Work> work;
    u64 found = 0;
    while (!bytes.empty()) {
        const std::size_t piece = 1 + static_cast<u8>(bytes[0]) % 200;
        session.on_bytes(bytes.substr(0, piece), now);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        now += std::chrono::seconds(1);
        session.on_tick(now);
        while (auto event = session.next_event())
            if (auto* fresh = std::get_if<client::NewWork>(&*event))
                work = std::make_shared<const Work>(std::move(fresh->work));
        if (work) {
            Share share;
            share.work = work;
            std::copy_n(work->input.nonce().begin(), 32, share.nonce.begin());
            share.solution.bytes.resize(36);
            share.hash.bytes[0] = static_cast<u8>(++found);
            session.submit(share, now);
        }
        (void)session.take_output();
        (void)session.take_ruled();
    }
    session.on_closed(now);
    session.abandon();
    if (session.shares_open() != 0) __builtin_trap();  // every share got its ruling
    return 0;
}
