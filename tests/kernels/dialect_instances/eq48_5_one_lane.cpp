#include "tests/kernels/dialect_instances/policies.hpp"

#define ADIT_K 5
#define ADIT_INSTANCE kHost48_5_one_lane
#define ADIT_INSTANCE_PARAMS (equihash::Params{48, 5})
#define ADIT_INSTANCE_POLICY (test::in_slices(test::one_lane(3, 0, dialect::Scatter::grouped), 3))
#include "tests/kernels/dialect_instance.inc"
