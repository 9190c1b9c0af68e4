#pragma once

#include <string>
#include <string_view>

#include "kernels/dialect/arena.hpp"

namespace adit::opencl {

/// A file of kernels/dialect as it was when this program was built (embed.cmake).
struct KernelFile {
    std::string_view path;
    std::string_view text;
};
extern const KernelFile kKernelFiles[];
extern const std::size_t kKernelFilesCount;

/// The whole OpenCL C source for one layout: its numbers as macros, then the dialect's program with
/// every include put in place.
std::string program_text(const dialect::Layout& layout, const dialect::Places& places);

}  // namespace adit::opencl
