#include "tests/kernels/dialect_instances/policies.hpp"

#define ADIT_WATCHED
#define ADIT_OVERLAP
#define ADIT_K 5
#define ADIT_INSTANCE kHost96_5_overlap
#define ADIT_INSTANCE_PARAMS (equihash::Params{96, 5})
#define ADIT_INSTANCE_POLICY \
    (test::overlapped(test::in_slices(test::many_lanes(7, 3, dialect::Scatter::ordered, true), 3)))
#include "tests/kernels/dialect_instance.inc"
