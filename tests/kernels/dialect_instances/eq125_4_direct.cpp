#include "tests/kernels/dialect_instances/policies.hpp"

#define ADIT_WATCHED
#define ADIT_K 4
#define ADIT_INSTANCE kHost125_4_direct
#define ADIT_INSTANCE_PARAMS (equihash::Params{125, 4, true})
#define ADIT_INSTANCE_POLICY \
    (test::with_calls(test::many_lanes(13, 0, dialect::Scatter::direct, false), 48))
#include "tests/kernels/dialect_instance.inc"
