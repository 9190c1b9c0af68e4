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
std::string write_blocks(const std::string& folder)
{
    const auto spec = test::made_up_spec();
    auto store = open_store(small(folder));
    if (!store) return answer(store);
    auto chain = Chainstate::open(spec, **store, test::made_up_options());
    if (!chain) return chain.error().text;
    Announcer announcer;
    (*chain)->add_listener(announcer);
    test::Tree tree(spec, 1);
    for (u64 i = 0; i < 600; ++i) {
        const Publish when = i % 5 == 4 ? Publish::later : Publish::now;
        (void)(*chain)->accept_block(tree.grow().block, test::kNow, when);
        if (const auto why = (*chain)->failure())
            return std::string(to_string(why->fault)) + " " + why->text;
    }
    return "no end in sight";
}

bool mount_small(const std::string& folder, unsigned long flags)
{
    return ::mount("none", folder.c_str(), "tmpfs", flags, "size=512k") == 0;
}

int run(const std::string& command, const std::string& folder)
{
    if (command == "write") {
        say(write_blocks(folder));
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
            say(write_blocks(folder + "/store"));
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
    if (argc != 3) return 2;
    return adit::node::chain::run(argv[1], argv[2]);
}
