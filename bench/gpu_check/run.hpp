#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/gpu_check/options.hpp"
#include "bench/gpu_check/record.hpp"
#include "kernels/base/clock.hpp"
#include "kernels/devices.hpp"

namespace adit::gpu_check {

using equihash::Params;
using kernels::ListedDevice;
using solver::DeviceError;

inline double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

/// printf into a string of at most 255 characters.
std::string format(const char* pattern, auto... values)
{
    char text[256];
    std::snprintf(text, sizeof text, pattern, values...);
    return text;
}

/// Of an even number of values the mean of the middle two; `values` is not empty.
double median(std::vector<double> values);

/// Whether `device` is the CPU, be it through OpenCL: then its own work is CPU time, too.
bool is_cpu(const ListedDevice& device);

/// The one of `params`' known answer.
equihash::Personalization personalization_of(const Params& params);

/// One run of all steps: its devices, its clock, its record. One thread.
class Run {
public:
    Run(const Options& options, Record& record);

    /// All steps in turn. The exit code: 0, 1 when something failed, 4 when there is no device.
    int all_steps();

    const Options& options() const { return options_; }
    Record& record() { return record_; }
    const Clock& clock() const { return clock_; }
    const std::vector<ListedDevice>& devices() const { return devices_; }
    const ListedDevice& cpu() const { return *cpu_; }

    /// The device of this id, or the first of this family ("cuda", "ocl"), this run's before others
    /// of the machine. Without a name the run's first: CUDA before OpenCL. nullopt: there is none.
    std::optional<ListedDevice> device_of(const std::string& name) const;

    /// Of everything; below 0 the time is up: what has not begun is left out, and says so.
    double seconds_left() const;
    bool late() const { return seconds_left() < 0; }

    /// False where `params` is not asked for, or, with a line in the record, where it is too late.
    bool has_time_for(const std::string& experiment, const ListedDevice& device,
                      const Params& params);

    /// Adds a result of `device` and `params`, with a line that begins with them.
    void add(const std::string& experiment, const ListedDevice& device, const Params& params,
             json::object result, const std::string& line);

    /// A result that makes the whole run fail.
    void fail(const std::string& experiment, const ListedDevice& device, const Params& params,
              const std::string& why);

    /// Skipped with the reason, for what a card cannot do; a failure for everything else.
    void refuse(const std::string& experiment, const ListedDevice& device, const Params& params,
                const DeviceError& error);

private:
    bool find_devices();
    void write_head();
    void step(const std::string& name, const std::function<void(const ListedDevice&)>& work);

    const Options& options_;
    Record& record_;
    SystemClock clock_;
    TimePoint begun_ = clock_.now();
    std::vector<ListedDevice> listed_;   // all there are
    std::vector<ListedDevice> devices_;  // those of this run
    std::optional<ListedDevice> cpu_;
    u32 failed_ = 0;
};

}  // namespace adit::gpu_check
