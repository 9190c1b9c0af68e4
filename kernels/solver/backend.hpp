#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/solver/solver.hpp"

namespace adit::solver {

/// A device of a back end, as `adit devices` lists it.
struct DeviceInfo {
    std::string id;           ///< stable: "cpu", "cuda:0", "ocl:1"
    std::string name;         ///< "NVIDIA H200", "AMD EPYC …"
    std::string pci_address;  ///< "0000:01:00.0", empty when there is none
    std::string driver;       ///< driver or platform version, empty when there is none
    u64 memory_bytes = 0;     ///< memory a solver may use
    u32 workers = 1;          ///< solvers that make sense at once: CPU threads; 1 for a GPU
    bool on_request =
        false;  ///< used only when named (-d): CPU OpenCL devices, twins of a CUDA card
};

/// How a solver is to be made. Empty fields mean: the best there is.
struct SolverOptions {
    equihash::Params params{};
    equihash::Personalization personalization{};
    std::string lane{};      ///< "portable", "avx2", "avx512" (CPU); on GPUs see way.hpp
    u32 worker = 0;          ///< which of the device's workers this is: placement on cores
    bool huge_pages = true;  ///< ask for them; does without when refused
    /// Of the CPU: the threads of each of its workers, which share that worker's nonce and its
    /// memory; no more than the parameters allow. Empty: one thread each.
    std::vector<u32> teams{};
};

/// One family of devices: CPU, OpenCL, CUDA. Any thread; the object lives as long as the program.
class Backend {
public:
    virtual ~Backend() = default;
    virtual std::string_view name() const noexcept = 0;  ///< "cpu", "opencl", "cuda"

    /// The devices there are now, in PCI order. An absent driver is an empty list.
    virtual std::vector<DeviceInfo> devices() = 0;

    /// Bytes one solver holds on `device`, in the way that it is run there, one nonce at a time;
    /// nullopt when it cannot run these parameters at all.
    virtual std::optional<u64> memory_needed(const DeviceInfo& device,
                                             const equihash::Params& params) = 0;

    /// Most threads that one solver can put to work on one nonce.
    virtual u32 threads_max(const equihash::Params& params)
    {
        static_cast<void>(params);
        return 1;
    }

    /// Ways to run that are worth a trial on this device, as `SolverOptions::lane` takes them, the
    /// usual one first. For the tuner. One or none: there is nothing to tune.
    virtual std::vector<std::string> ways(const DeviceInfo& device, const equihash::Params& params)
    {
        static_cast<void>(device);
        static_cast<void>(params);
        return {};
    }

    virtual Result<std::unique_ptr<Solver>, DeviceError> make_solver(
        const DeviceInfo& device, const SolverOptions& options) = 0;
};

}  // namespace adit::solver
