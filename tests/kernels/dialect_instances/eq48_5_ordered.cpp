#include "tests/kernels/dialect_instances/policies.hpp"

#define ADIT_WATCHED
#define ADIT_K 5
#define ADIT_INSTANCE kHost48_5_ordered
#define ADIT_INSTANCE_PARAMS (equihash::Params{48, 5})
#define ADIT_INSTANCE_POLICY (test::many_lanes(2, 1, dialect::Scatter::ordered, true))
#include "tests/kernels/dialect_instance.inc"
