#include "kernels/opencl/program_cache.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>

#include "kernels/base/hex.hpp"
#include "kernels/hash/sha256d.hpp"

namespace adit::opencl {
namespace {

namespace fs = std::filesystem;
using solver::DeviceError;

std::string key_of(const cl::Device& device, const std::string& source, const std::string& options)
{
    std::string all;
    for (const std::string& part :
         {device.getInfo<CL_DEVICE_NAME>(), device.getInfo<CL_DEVICE_VENDOR>(),
          device.getInfo<CL_DEVICE_VERSION>(), device.getInfo<CL_DRIVER_VERSION>(), options,
          source})
        all += fmt::format("{}:{}\n", part.size(), part);
    return to_hex(hash::sha256(as_bytes(all)).bytes).substr(0, 40);
}

/// The first line that says "error", for people.
std::string first_error(const std::string& log)
{
    std::size_t at = 0;
    while (at < log.size()) {
        const std::size_t end = std::min(log.find('\n', at), log.size());
        const std::string line = log.substr(at, end - at);
        if (line.find("error") != std::string::npos) return line;
        at = end + 1;
    }
    return log.substr(0, std::min<std::size_t>(log.find('\n'), 200));
}

/// Whole or not at all, even when several processes write it at once.
bool write_file(const fs::path& file, std::string_view content)
{
    static std::atomic<unsigned> count{0};
    const fs::path temporary = file.string() + fmt::format(".{}-{}", getpid(), count++);
    std::ofstream out(temporary, std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    std::error_code error;
    if (out.good()) fs::rename(temporary, file, error);
    if (!out.good() || error) {
        fs::remove(temporary, error);
        return false;
    }
    return true;
}

}  // namespace

fs::path ProgramCache::default_folder()
{
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
        return fs::path(cache) / "adit" / "opencl";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
        return fs::path(home) / ".cache" / "adit" / "opencl";
    return {};
}

Result<ProgramCache::Built, DeviceError> ProgramCache::build(const cl::Context& context,
                                                             const cl::Device& device,
                                                             const std::string& source,
                                                             const std::string& options) const
{
    const std::string key = key_of(device, source, options);
    const fs::path file = folder_.empty() ? fs::path() : folder_ / (key + ".bin");
    if (auto kept = load(context, device, file)) return Built{std::move(*kept), false, file};

    cl_int error = CL_SUCCESS;
    cl::Program program(context, source, false, &error);
    if (error == CL_SUCCESS) error = program.build({device}, options.c_str());
    if (error == CL_SUCCESS) return Built{std::move(program), true, file};
    const std::string log = program.getBuildInfo<CL_PROGRAM_BUILD_LOG>(device);
    std::string where;
    if (!folder_.empty()) {
        const fs::path log_file = folder_ / (key + ".log");
        std::error_code ignored;
        fs::create_directories(folder_, ignored);
        if (write_file(log_file, log)) where = " (whole log: " + log_file.string() + ")";
    }
    return DeviceError{DeviceError::Word::build_failed,
                       fmt::format("the OpenCL compiler refused the kernels, error {}: {}{}", error,
                                   first_error(log), where)};
}

std::optional<cl::Program> ProgramCache::load(const cl::Context& context, const cl::Device& device,
                                              const fs::path& file) const
{
    if (file.empty()) return std::nullopt;
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    std::string content((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    // 32 bytes SHA-256 of the binary, then the binary.
    if (content.size() <= 32) return std::nullopt;
    const ByteView binary = as_bytes(content).subspan(32);
    if (!equal(hash::sha256(binary).bytes, as_bytes(content).first(32))) return std::nullopt;
    cl_int error = CL_SUCCESS;
    std::vector<cl_int> status;
    cl::Program program(context, {device}, cl::Program::Binaries{{binary.begin(), binary.end()}},
                        &status, &error);
    if (error != CL_SUCCESS || program.build({device}) != CL_SUCCESS) return std::nullopt;
    std::error_code ignored;
    fs::last_write_time(file, fs::file_time_type::clock::now(), ignored);  // used: young again
    return program;
}

void ProgramCache::keep(const Built& built) const
{
    if (!built.fresh || built.file.empty()) return;
    cl_int error = CL_SUCCESS;
    const auto binaries = built.program.getInfo<CL_PROGRAM_BINARIES>(&error);
    if (error != CL_SUCCESS || binaries.size() != 1 || binaries[0].empty()) return;
    const Hash256 sum = hash::sha256(binaries[0]);
    std::string content(as_text(sum.bytes));
    content += as_text(binaries[0]);
    std::error_code ignored;
    fs::create_directories(folder_, ignored);
    if (write_file(built.file, content)) tidy();
}

void ProgramCache::tidy() const
{
    std::vector<std::pair<fs::file_time_type, fs::path>> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_, error))
        if (entry.path().extension() == ".bin")
            files.emplace_back(entry.last_write_time(error), entry.path());
    if (files.size() <= kProgramsMax) return;
    std::sort(files.begin(), files.end());
    for (std::size_t i = 0; i < files.size() - kProgramsMax; ++i)
        fs::remove(files[i].second, error);
}

}  // namespace adit::opencl
