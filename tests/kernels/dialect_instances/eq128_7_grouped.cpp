#include "tests/kernels/dialect_instances/policies.hpp"

#define ADIT_WATCHED
#define ADIT_K 7
#define ADIT_INSTANCE kHost128_7_grouped
#define ADIT_INSTANCE_PARAMS (equihash::Params{128, 7, true})
#define ADIT_INSTANCE_POLICY (test::many_lanes(7, 3, dialect::Scatter::grouped, true))
#include "tests/kernels/dialect_instance.inc"
