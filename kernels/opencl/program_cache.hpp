#pragma once

#include <filesystem>
#include <string>

#include "kernels/opencl/guest.hpp"
#include "kernels/solver/solver.hpp"

namespace adit::opencl {

/// Built programs on disk, one file each, named by source, options, device and driver; so a driver
/// update builds anew. A file that is damaged or refused by the driver counts as absent. At most
/// kProgramsMax files are kept, the newest. Without a folder (empty path) nothing is kept.
class ProgramCache {
public:
    static constexpr std::size_t kProgramsMax = 96;

    explicit ProgramCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

    struct Built {
        cl::Program program;
        bool fresh = false;  ///< compiled just now, not taken from disk
        std::filesystem::path file;
    };

    /// Compiles `source` for `device`, or takes it from disk. When the compiler refuses it, its log
    /// goes to a file beside the programs, and the error's detail names that file and quotes the
    /// first error.
    Result<Built, solver::DeviceError> build(const cl::Context& context, const cl::Device& device,
                                             const std::string& source,
                                             const std::string& options) const;

    /// Puts a fresh program on disk: call it when the program has passed a self-test, for what
    /// comes from disk is trusted.
    void keep(const Built& built) const;

    /// $XDG_CACHE_HOME/adit/opencl, else $HOME/.cache/adit/opencl, else nothing.
    static std::filesystem::path default_folder();

private:
    std::optional<cl::Program> load(const cl::Context& context, const cl::Device& device,
                                    const std::filesystem::path& file) const;
    void tidy() const;

    std::filesystem::path folder_;
};

}  // namespace adit::opencl
