#include "tests/kernels/dialect_instances/policies.hpp"

#define ADIT_OVERLAP
#define ADIT_K 5
#define ADIT_INSTANCE kHost48_5_overlap_one_lane
#define ADIT_INSTANCE_PARAMS (equihash::Params{48, 5})
#define ADIT_INSTANCE_POLICY \
    (test::overlapped(test::in_slices(test::one_lane(3, 0, dialect::Scatter::direct), 3)))
#include "tests/kernels/dialect_instance.inc"
