#include "tests/kernels/dialect_instances/policies.hpp"

#define ADIT_WATCHED
#define ADIT_K 5
#define ADIT_INSTANCE kHost96_5_digits
#define ADIT_INSTANCE_PARAMS (equihash::Params{96, 5})
#define ADIT_INSTANCE_POLICY \
    (test::digits_only(test::many_lanes(7, 3, dialect::Scatter::ordered, true)))
#include "tests/kernels/dialect_instance.inc"
