#include "tests/kernels/dialect_instances/policies.hpp"

namespace adit::test {
namespace {

/// Buckets and lists too small for their rows: rows must be dropped, counted, and nothing else.
constexpr dialect::Policy tight()
{
    dialect::Policy policy = many_lanes(7, 3, dialect::Scatter::ordered, true);
    for (u32& slots : policy.slots) slots = 1030;
    policy.pairs[2] = 1000;
    return policy;
}

}  // namespace
}  // namespace adit::test

#define ADIT_K 5
#define ADIT_INSTANCE kHost96_5_tight
#define ADIT_INSTANCE_PARAMS (equihash::Params{96, 5})
#define ADIT_INSTANCE_POLICY (test::tight())
#include "tests/kernels/dialect_instance.inc"
