#include "tests/kernels/dialect_instances/policies.hpp"

#define ADIT_WATCHED
#define ADIT_K 4
#define ADIT_INSTANCE kHost125_4_ordered
#define ADIT_INSTANCE_PARAMS (equihash::Params{125, 4, true})
#define ADIT_INSTANCE_POLICY \
    (test::with_calls(test::many_lanes(13, 5, dialect::Scatter::ordered, true), 528))
#include "tests/kernels/dialect_instance.inc"
