#pragma once

#include <array>

#include "kernels/base/bytes.hpp"

namespace adit::hash {

/// One SHA-256 / two of them / RIPEMD-160 of SHA-256, through OpenSSL's EVP. Any thread.
Hash256 sha256(ByteView bytes);
Hash256 sha256d(ByteView bytes);
std::array<u8, 20> hash160(ByteView bytes);

}  // namespace adit::hash
