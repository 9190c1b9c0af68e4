#include "tests/kernels/dialect_instances/policies.hpp"

#define ADIT_WATCHED
#define ADIT_K 9
#define ADIT_INSTANCE kHost200_9_ordered
#define ADIT_INSTANCE_PARAMS (equihash::Params{200, 9})
#define ADIT_INSTANCE_POLICY (test::many_lanes(10, 2, dialect::Scatter::ordered, true))
#include "tests/kernels/dialect_instance.inc"
