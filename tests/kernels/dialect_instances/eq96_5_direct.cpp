#include "tests/kernels/dialect_instances/policies.hpp"

#define ADIT_WATCHED
#define ADIT_K 5
#define ADIT_INSTANCE kHost96_5_direct
#define ADIT_INSTANCE_PARAMS (equihash::Params{96, 5})
#define ADIT_INSTANCE_POLICY \
    (test::in_slices(test::many_lanes(8, 0, dialect::Scatter::direct, false), 7))
#include "tests/kernels/dialect_instance.inc"
