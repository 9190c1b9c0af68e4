#include "tests/kernels/dialect_instances/policies.hpp"

#define ADIT_WATCHED
#define ADIT_K 5
#define ADIT_INSTANCE kHost96_5_grouped
#define ADIT_INSTANCE_PARAMS (equihash::Params{96, 5})
#define ADIT_INSTANCE_POLICY (test::many_lanes(7, 3, dialect::Scatter::grouped, true))
#include "tests/kernels/dialect_instance.inc"
