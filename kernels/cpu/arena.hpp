#pragma once

#include "kernels/base/bytes.hpp"

namespace adit::cpu {

/// One big block of zeroed memory, aligned to 2 MiB, given back at the end. Asks for 2 MiB pages
/// when told to and does without when refused.
class Arena {
public:
    Arena() = default;
    /// `data()` is null when the memory is not to be had.
    Arena(u64 bytes, bool huge_pages);
    ~Arena();
    Arena(Arena&& other) noexcept;
    Arena& operator=(Arena&& other) noexcept;

    u8* data() const { return data_; }
    u64 bytes() const { return bytes_; }

private:
    u8* data_ = nullptr;
    u64 bytes_ = 0;
};

}  // namespace adit::cpu
