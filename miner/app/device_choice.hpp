#pragma once

#include <span>

#include "miner/farm/worker.hpp"

namespace adit::miner::app {

/// A device and the family that makes solvers for it.
struct Device {
    solver::Backend* backend = nullptr;
    solver::DeviceInfo info;
};

/// All devices of all families in this binary, best first.
std::vector<Device> all_devices();

/// What the command line says about devices.
struct DeviceOptions {
    std::vector<std::string> devices;  ///< see `choose_devices`; empty: the best there are
    std::optional<u32> threads;        ///< of the CPU; 0: the CPU does not mine
    std::string lane;                  ///< CPU lane or kernel variant; empty: the best
    std::optional<u32> share{};  ///< CPU threads on one nonce; nothing: one, or as memory needs
};

/// One line that says what to change.
struct ChoiceError {
    std::string text;
};

/// Picks by id ("cpu", "cuda:0", "ocl:1"), number in the list, PCI address ("01:00.0"), "all",
/// "none", and "!id" to leave one out; items stand apart or with commas between. Without any: the
/// GPUs, or the CPU when there is none or `threads` names it. Devices that come only on request are
/// taken only by id, number or address.
Result<std::vector<Device>, ChoiceError> choose_devices(const std::vector<Device>& all,
                                                        const DeviceOptions& options);

/// `choose_devices` among those that are here. What `kernels::backend_notes` says of drivers goes
/// to standard error where the choice was left to the program, and behind what is wrong otherwise.
Result<std::vector<Device>, ChoiceError> devices_for(const DeviceOptions& options);

/// A worker for each solver that makes sense at once; on the CPU no more than fit into four fifths
/// of its memory, when `params` are known; its threads share nonces where that is not enough for
/// one each. Before the first solver of a device works on new
/// parameters, the device passes its known-answer test, or is refused with the reason.
std::vector<farm::WorkerSpec> workers_for(const std::vector<Device>& devices,
                                          const DeviceOptions& options,
                                          const std::optional<equihash::Params>& params = {});

}  // namespace adit::miner::app
