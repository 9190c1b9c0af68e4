#pragma once

#include <filesystem>
#include <string>

#include "kernels/base/random.hpp"

namespace adit::stratum::test {

/// A folder of its own for each test, gone afterwards.
class Folder {
public:
    Folder()
        : path_(std::filesystem::temp_directory_path() /
                ("adit-stratum-" + std::to_string(entropy_seed())))
    {
        std::filesystem::create_directories(path_);
    }
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    std::string file(const std::string& name = "shares.db") const
    {
        return (path_ / name).string();
    }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace adit::stratum::test
