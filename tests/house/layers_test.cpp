// Who may lean on whom: the picture of rooms and doors (README.md), checked against every #include.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace adit::house {
namespace {

namespace fs = std::filesystem;

/// A room and the rooms it may include directly. A name that is only a top-level folder means all
/// of it. An app/ folder wires things together and may include whatever it wires.
const std::map<std::string, std::set<std::string>> kMayLeanOn{
    {"kernels/base", {}},
    {"kernels/asio", {}},
    {"kernels/hash", {"kernels/base"}},
    {"kernels/equihash", {"kernels/base", "kernels/hash"}},
    {"kernels/solver", {"kernels/base", "kernels/hash", "kernels/equihash"}},
    {"kernels/dialect", {"kernels/base", "kernels/hash", "kernels/equihash", "kernels/solver"}},
    {"kernels/cpu", {"kernels/base", "kernels/hash", "kernels/equihash", "kernels/solver"}},
    {"kernels/opencl",
     {"kernels/base", "kernels/hash", "kernels/equihash", "kernels/solver", "kernels/dialect"}},
    {"kernels/cuda",
     {"kernels/base", "kernels/hash", "kernels/equihash", "kernels/solver", "kernels/dialect"}},
    {"kernels", {"kernels"}},  // backends.hpp: the one file that knows them all

    {"stratum/proto", {"kernels/base", "kernels/hash", "kernels/equihash", "kernels/solver"}},
    {"stratum/client", {"kernels/base", "kernels/hash", "kernels/equihash", "stratum/proto"}},
    {"stratum/server", {"kernels/base", "kernels/hash", "kernels/equihash", "stratum/proto"}},
    {"stratum/net", {"kernels", "stratum/proto", "stratum/client", "stratum/server"}},
    {"stratum/app", {"kernels", "stratum"}},

    {"miner/work", {"kernels", "stratum/proto"}},
    {"miner/stats", {"kernels", "stratum/proto", "miner/work"}},
    {"miner/sensors", {"kernels/base"}},
    {"miner/farm", {"kernels", "stratum/proto", "miner/work", "miner/stats", "miner/sensors"}},
    {"miner/tune", {"kernels", "miner/work", "miner/stats", "miner/farm"}},
    {"miner/bench", {"kernels"}},
    {"miner/api",
     {"kernels", "miner/work", "miner/stats", "miner/sensors", "miner/farm", "miner/tune"}},
    {"miner/app", {"kernels", "stratum", "miner", "node"}},

    {"node/primitives", {"kernels/base", "kernels/hash", "kernels/equihash"}},
    {"node/crypto", {"kernels/base", "kernels/hash", "node/primitives"}},
    {"node/script", {"kernels/base", "kernels/hash", "node/primitives", "node/crypto"}},
    {"node/consensus", {"kernels", "node/primitives", "node/crypto", "node/script"}},
    {"node/chain_tools",
     {"kernels", "node/primitives", "node/crypto", "node/script", "node/consensus"}},
    {"node/chain", {"kernels", "node/primitives", "node/crypto", "node/script", "node/consensus"}},
    {"node/mempool",
     {"kernels", "node/primitives", "node/crypto", "node/script", "node/consensus", "node/chain"}},
    {"node/p2p",
     {"kernels", "node/primitives", "node/crypto", "node/script", "node/consensus", "node/chain",
      "node/mempool"}},
    {"node/wallet",
     {"kernels", "node/primitives", "node/crypto", "node/script", "node/consensus", "node/chain",
      "node/mempool"}},
    {"node/net",
     {"kernels", "node/primitives", "node/crypto", "node/script", "node/consensus", "node/chain",
      "node/mempool", "node/p2p", "node/wallet"}},
    {"node/rpc",
     {"kernels", "node/primitives", "node/crypto", "node/script", "node/consensus", "node/chain",
      "node/mempool", "node/p2p", "node/wallet", "node/net"}},
    {"node/sim",
     {"kernels", "node/primitives", "node/crypto", "node/script", "node/consensus", "node/chain",
      "node/mempool", "node/p2p", "node/wallet"}},
    {"node/app", {"kernels", "node"}},
};

/// Heavy guests and the rooms they keep to.
const std::vector<std::pair<std::string, std::set<std::string>>> kGuests{
    {"cuda", {"kernels/cuda"}},
    {"CL/", {"kernels/opencl"}},
    {"boost/asio", {"kernels/asio", "stratum/net", "miner/api", "node/net", "node/rpc", "*/app"}},
    {"boost/beast", {"kernels/asio", "stratum/net", "miner/api", "node/net", "node/rpc", "*/app"}},
    {"openssl/ssl", {"kernels/asio", "stratum/net", "miner/api", "node/net", "node/rpc"}},
    {"rocksdb/", {"node/chain"}},
    {"sqlite3", {"stratum/server"}},
    {"secp256k1", {"node/crypto"}},
    {"hwloc", {"kernels/cpu"}},
    {"CLI/", {"*/app"}},
};

const fs::path kRoot = ADIT_SOURCE_DIR;

bool is_source(const fs::path& path)
{
    static const std::set<std::string> kinds{".hpp", ".cpp", ".h", ".cu", ".cuh", ".eqk"};
    return kinds.contains(path.extension().string());
}

std::string room_of(const fs::path& relative)
{
    auto part = relative.begin();
    const std::string top = (part++)->string();
    const std::string second = part->string();
    return std::next(part) == relative.end() ? top : top + "/" + second;
}

bool allowed(const std::set<std::string>& rooms, const std::string& room)
{
    const std::string top = room.substr(0, room.find('/'));
    return rooms.contains(room) || rooms.contains(top) ||
           rooms.contains("*" + room.substr(top.size()));
}

struct Include {
    std::string room;  ///< of the file that says it
    std::string file;
    std::string path;
    bool quoted = false;
};

std::vector<Include> all_includes()
{
    std::vector<Include> includes;
    for (const char* top : {"kernels", "stratum", "miner", "node"}) {
        for (const auto& entry : fs::recursive_directory_iterator(kRoot / top)) {
            if (!entry.is_regular_file() || !is_source(entry.path())) continue;
            const fs::path relative = fs::relative(entry.path(), kRoot);
            std::ifstream file(entry.path());
            for (std::string line; std::getline(file, line);) {
                const auto at = line.find_first_not_of(" \t");
                if (at == std::string::npos || line[at] != '#') continue;
                const auto word = line.find("include", at);
                if (word == std::string::npos) continue;
                const auto open = line.find_first_of("\"<", word);
                if (open == std::string::npos) continue;
                const bool quoted = line[open] == '"';
                const auto close = line.find(quoted ? '"' : '>', open + 1);
                if (close == std::string::npos) continue;
                includes.push_back({room_of(relative), relative.string(),
                                    line.substr(open + 1, close - open - 1), quoted});
            }
        }
    }
    return includes;
}

TEST(Layers, EveryRoomLeansOnlyOnWhatThePictureAllows)
{
    int checked = 0;
    for (const Include& include : all_includes()) {
        if (!include.quoted || !fs::exists(kRoot / include.path)) continue;
        const std::string target = room_of(include.path);
        ++checked;
        ASSERT_TRUE(kMayLeanOn.contains(include.room))
            << "a room the picture does not know: " << include.file;
        EXPECT_TRUE(target == include.room || allowed(kMayLeanOn.at(include.room), target))
            << include.file << " includes " << include.path;
    }
    EXPECT_GT(checked, 20);
}

TEST(Layers, OurOwnIncludesAreRooted)
{
    for (const Include& include : all_includes()) {
        if (!include.quoted) continue;
        EXPECT_TRUE(fs::exists(kRoot / include.path) || include.path.find('/') == std::string::npos)
            << include.file << " includes " << include.path;
    }
}

TEST(Layers, HeavyGuestsKeepToTheirRooms)
{
    for (const Include& include : all_includes()) {
        for (const auto& [guest, rooms] : kGuests) {
            if (include.quoted || !include.path.starts_with(guest)) continue;
            EXPECT_TRUE(allowed(rooms, include.room))
                << include.file << " includes " << include.path;
        }
    }
}

}  // namespace
}  // namespace adit::house
