// Another process with a store of its own, for tests of what one process cannot show.
//
//   write FOLDER   accepts the blocks of a made-up tree, and prints each announced tip, until
//   killed hold FOLDER    opens the store, prints "open", and keeps it until standard input closes
//   open FOLDER    tries to open it and prints "ok", or the fault and its text
//   nobody FOLDER  the same as the user nobody
//   full FOLDER    mounts a file system of half a MiB there, for itself alone, and writes until it
//   is full read-only FOLDER  makes a store on such a file system, takes its right to write, and
//   opens again

#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "kernels/base/hex.hpp"
#include "tests/unit/node/chain_process.hpp"
#include "tests/unit/node/chain_support.hpp"

namespace adit::node::chain {
namespace {

void say(const std::string& line)
{
    const std::string text = line + "\n";
    if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) ::_exit(3);
}

struct Announcer final : ChainListener {
    void on_tip_changed(const TipChange& change) override { say(to_hex(change.to->hash.view())); }
};

StoreConfig small(const std::string& folder)
{
    StoreConfig config = test::store_config(folder);
    config.memory_bytes_max = 256 << 10;
    return config;
}

std::string answer(const Result<std::unique_ptr<Store>, StoreError>& store)
{
    if (store) return "ok";
    return std::string(to_string(store.error().fault)) + " " + store.error().text;
}

/// Accepts blocks until the store fails, or for good. @return why
std::string write_blocks(const std::string& folder, u64 seed)
{
    const auto spec = test::made_up_spec();
    auto store = open_store(small(folder));
    if (!store) return answer(store);
    auto chain = Chainstate::open(spec, **store, test::made_up_options());
    if (!chain) return chain.error().text;
    Announcer announcer;
    (*chain)->add_listener(announcer);
    test::Tree tree(spec, seed);
    for (u64 i = 0; i < test::kWriterBlocks; ++i) {
        const Publish when = i % 5 == 4 ? Publish::later : Publish::now;
        (void)(*chain)->accept_block(tree.grow().block, test::kNow, when);
        if (const auto why = (*chain)->failure())
            return std::string(to_string(why->fault)) + " " + why->text;
    }
    return "all written";
}

/// A long chain of blocks with nothing but a coinbase and headers as large as (200,9) ones.
std::string write_long_chain(const std::string& folder, u64 count)
{
    const auto spec = test::made_up_spec();
    const auto store = open_store(test::store_config(folder));
    if (!store) return answer(store);
    const auto chain = std::move(*Chainstate::open(spec, **store, test::made_up_options()));
    BlockIndex index(spec.genesis.header);
    const BlockNode* tip = index.genesis();
    test::BlockPlan plan;
    for (plan.salt = 1; plan.salt <= count; ++plan.salt) {
        Block block = test::make_block(spec, *tip, plan);
        block.header.solution.resize(1344, static_cast<u8>(plan.salt));
        const BlockHeader& h = block.header;
        tip = index.add(hash_of(h), *tip, h.version, h.time, h.bits);
        const Publish when = plan.salt % 500 == 0 ? Publish::now : Publish::later;
        if (!chain->accept_block(block, test::kNow, when)) return "a block was refused";
    }
    say("done");
    ::pause();
    return "";
}

bool mount_small(const std::string& folder, unsigned long flags)
{
    return ::mount("none", folder.c_str(), "tmpfs", flags, "size=512k") == 0;
}

int run(const std::string& command, const std::string& folder, u64 number)
{
    if (command == "write") {
        say(write_blocks(folder, number));
    } else if (command == "long") {
        say(write_long_chain(folder, number));
    } else if (command == "hold") {
        const auto store = open_store(small(folder));
        say(store ? "open" : answer(store));
        char byte;
        while (::read(STDIN_FILENO, &byte, 1) > 0) {
        }
    } else if (command == "open") {
        say(answer(open_store(small(folder))));
    } else if (command == "nobody") {
        if (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) {
            say("cannot become nobody");
            return 1;
        }
        say(answer(open_store(small(folder))));
    } else if (command == "full" || command == "read-only") {
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            !mount_small(folder, 0)) {
            say("cannot mount");
            return 1;
        }
        if (command == "full") {
            say(write_blocks(folder + "/store", 1));
            return 0;
        }
        say(answer(open_store(small(folder + "/store"))));
        if (!mount_small(folder, MS_REMOUNT | MS_RDONLY)) say("cannot mount");
        say(answer(open_store(small(folder + "/store"))));
        say(answer(open_store(small(folder + "/new"))));
    } else {
        return 2;
    }
    return 0;
}

}  // namespace
}  // namespace adit::node::chain

int main(int argc, char** argv)
{
    if (argc < 3) return 2;
    return adit::node::chain::run(argv[1], argv[2], argc > 3 ? std::stoull(argv[3]) : 1);
}
