#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "kernels/opencl/device_list.hpp"
#include "kernels/opencl/opencl_backend.hpp"
#include "kernels/solver/digest.hpp"
#include "kernels/solver/self_test.hpp"

namespace adit::opencl::test {

/// A folder that is gone when the test is over.
class Folder {
public:
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "adit-opencl-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = name;
    }
    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// Runs on the first OpenCL device, whatever it is: PoCL, where no GPU is. Built programs are kept
/// in a folder of the test's own. Where there is no OpenCL the test says so and is skipped.
class OpenclTest : public testing::Test {
protected:
    void SetUp() override
    {
        set_program_folder(folder_.path());
        const auto devices = list_devices();
        if (devices.empty())
            GTEST_SKIP() << "no OpenCL device here (Debian: pocl-opencl-icd makes one of the CPU)";
        device_ = devices.front();
    }

    Result<std::unique_ptr<solver::Solver>, solver::DeviceError> make(
        const equihash::Params& params, const std::string& lane = {},
        const equihash::Personalization& personalization = {}) const
    {
        return opencl_backend()->make_solver(
            device_.info, {.params = params, .personalization = personalization, .lane = lane});
    }

    /// The quick question of `params`, asked of a solver made for it.
    void expect_the_known_answer(const equihash::Params& params, const std::string& lane = {}) const
    {
        const auto outcome = solver::self_test(*opencl_backend(), device_.info, {.lane = lane},
                                               solver::quick_answer(params));
        EXPECT_TRUE(outcome) << outcome.error().detail;
    }

    Folder folder_;
    OpenclDevice device_;
};

}  // namespace adit::opencl::test
