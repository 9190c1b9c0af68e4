#pragma once

#include <span>
#include <vector>

#include "kernels/solver/backend.hpp"

namespace adit::kernels {

/// A device and the family that drives it.
struct ListedDevice {
    solver::Backend* backend = nullptr;
    solver::DeviceInfo info;
    std::vector<equihash::Params> fits;  ///< the sets it can run in its memory
};

/// All devices of all families, best family first, each family in PCI order. A card that an earlier
/// family lists under the same PCI address is a twin: still listed, but used only when named. Any
/// thread; asks the drivers anew each time.
std::vector<ListedDevice> list_devices(std::span<solver::Backend* const> families);

}  // namespace adit::kernels
