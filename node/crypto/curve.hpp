#pragma once

#include <secp256k1.h>

namespace adit::node::crypto {

/// libsecp256k1's context, one for the program, blinded with fresh randomness when it is made. Only
/// read from then on: any thread.
const secp256k1_context* curve();

}  // namespace adit::node::crypto
