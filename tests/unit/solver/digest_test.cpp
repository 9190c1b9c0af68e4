#include "kernels/solver/digest.hpp"

#include <gtest/gtest.h>

#include "kernels/base/hex.hpp"

namespace adit::solver {
namespace {

FoundSolution found(u8 nonce, u8 byte)
{
    FoundSolution one;
    one.nonce[0] = nonce;
    one.solution.bytes = {byte, byte};
    return one;
}

TEST(Digest, OfNothingIsTheEmptyHash)
{
    EXPECT_EQ(digest_text({}, 0),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Digest, DoesNotDependOnTheOrderFoundIn)
{
    const auto a = found(1, 9), b = found(1, 200), c = found(128, 0);
    const Hash256 digest = digest_of({a, b, c});
    EXPECT_EQ(digest_of({c, a, b}), digest);
    EXPECT_EQ(digest_of({b, c, a}), digest);
    EXPECT_NE(digest_of({a, b}), digest);
    EXPECT_NE(digest_of({a, b, b, c}), digest);
}

TEST(Digest, ClaimsNothingWhenRowsWereDropped)
{
    EXPECT_EQ(digest_text({found(1, 1)}, 7), "digest incomplete (7 rows dropped)");
}

}  // namespace
}  // namespace adit::solver
