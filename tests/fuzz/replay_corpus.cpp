// Stands in for libFuzzer where there is none: every file of the folder named on the command line,
// as it is and then changed here and there by a seeded generator.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "kernels/base/random.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr int kChangesOfEach = 400;

void run(const std::string& bytes)
{
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

/// Flips, drops, doubles and inserts; joins two inputs now and then.
std::string changed(std::string bytes, const std::vector<std::string>& corpus, adit::Random& random)
{
    const auto some_place = [&] { return random.below(bytes.size() + 1); };
    for (adit::u64 i = 0; i <= random.below(4); ++i) {
        switch (random.below(6)) {
            case 0:
                if (!bytes.empty())
                    bytes[random.below(bytes.size())] ^= static_cast<char>(1 << random.below(8));
                break;
            case 1: bytes.erase(some_place(), random.below(16)); break;
            case 2: bytes.insert(some_place(), 1, static_cast<char>(random.below(256))); break;
            case 3: bytes.insert(some_place(), bytes.substr(some_place(), random.below(64))); break;
            case 4: bytes.resize(some_place()); break;
            default: {
                const std::string& other = corpus[random.below(corpus.size())];
                bytes.insert(some_place(), other.substr(random.below(other.size() + 1)));
            }
        }
    }
    return bytes;
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[1]))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<std::string> corpus;
    for (const auto& path : files) {
        std::ifstream file(path, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    if (corpus.empty()) {
        std::fprintf(stderr, "no corpus in %s\n", argv[1]);
        return 1;
    }
    adit::Random random(1);
    int runs = 0;
    for (const std::string& bytes : corpus) {
        run(bytes);
        for (int i = 0; i < kChangesOfEach; ++i) run(changed(bytes, corpus, random));
        runs += 1 + kChangesOfEach;
    }
    run("");
    std::printf("%d inputs from %zu files\n", runs + 1, corpus.size());
    return 0;
}
