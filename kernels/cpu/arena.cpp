#include "kernels/cpu/arena.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <utility>

namespace adit::cpu {
namespace {

constexpr u64 kHugePageBytes = u64{2} << 20;

}  // namespace

Arena::Arena(u64 bytes, bool huge_pages)
{
    const u64 whole = (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
    // Mapped with room to spare, then trimmed to an aligned piece, so that huge pages fit.
    const u64 mapped = whole + kHugePageBytes;
    void* at = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return;
    u8* const start = static_cast<u8*>(at);
    const u64 before =
        (kHugePageBytes - reinterpret_cast<std::uintptr_t>(at) % kHugePageBytes) % kHugePageBytes;
    if (before > 0) munmap(start, before);
    const u64 after = mapped - before - whole;
    if (after > 0) munmap(start + before + whole, after);
    data_ = start + before;
    bytes_ = whole;
#if defined(MADV_HUGEPAGE)
    madvise(data_, bytes_, huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
#else
    static_cast<void>(huge_pages);
#endif
}

Arena::~Arena()
{
    if (data_ != nullptr) munmap(data_, bytes_);
}

Arena::Arena(Arena&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0))
{}

Arena& Arena::operator=(Arena&& other) noexcept
{
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

}  // namespace adit::cpu
