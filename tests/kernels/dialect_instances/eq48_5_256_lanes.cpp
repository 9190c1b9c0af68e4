#include "tests/kernels/dialect_instances/policies.hpp"

#define ADIT_WATCHED
#define ADIT_K 5
#define ADIT_INSTANCE kHost48_5_256_lanes
#define ADIT_INSTANCE_PARAMS (equihash::Params{48, 5})
#define ADIT_INSTANCE_POLICY \
    (test::with_lanes(test::many_lanes(2, 1, dialect::Scatter::grouped, true), 256))
#include "tests/kernels/dialect_instance.inc"
