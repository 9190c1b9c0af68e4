#include "node/crypto/curve.hpp"

#include <array>

#include "kernels/base/check.hpp"
#include "kernels/base/random.hpp"
#include "node/crypto/secret_bytes.hpp"

namespace adit::node::crypto {
namespace {

secp256k1_context* make_context()
{
    secp256k1_context* made = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
    std::array<u8, 32> blinding{};
    fill_entropy(blinding);
    ADIT_CHECK(secp256k1_context_randomize(made, blinding.data()) == 1);
    wipe(blinding);
    return made;
}

}  // namespace

const secp256k1_context* curve()
{
    static const secp256k1_context* const made = make_context();
    return made;
}

}  // namespace adit::node::crypto
