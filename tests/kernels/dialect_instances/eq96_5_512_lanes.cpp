#include "tests/kernels/dialect_instances/policies.hpp"

#define ADIT_WATCHED
#define ADIT_K 5
#define ADIT_INSTANCE kHost96_5_512_lanes
#define ADIT_INSTANCE_PARAMS (equihash::Params{96, 5})
#define ADIT_INSTANCE_POLICY \
    (test::with_lanes(test::many_lanes(8, 3, dialect::Scatter::ordered, true), 512))
#include "tests/kernels/dialect_instance.inc"
