#include "tests/kernels/dialect_instances/policies.hpp"

#define ADIT_K 5
#define ADIT_INSTANCE kHost48_5_sliced
#define ADIT_INSTANCE_PARAMS (equihash::Params{48, 5})
#define ADIT_INSTANCE_POLICY \
    (test::in_slices(test::many_lanes(3, 1, dialect::Scatter::grouped, true), 4))
#include "tests/kernels/dialect_instance.inc"
