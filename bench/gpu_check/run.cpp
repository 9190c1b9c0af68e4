#include "bench/gpu_check/run.hpp"

#include <algorithm>

#include "bench/gpu_check/steps.hpp"
#include "kernels/backends.hpp"
#include "kernels/base/version.hpp"
#include "kernels/solver/self_test.hpp"

namespace adit::gpu_check {
namespace {

/// A CPU seen through OpenCL waits to be named and has no address on the bus; a card's twin has.
bool is_cpu_opencl(const ListedDevice& device)
{
    return device.backend->name() == "opencl" && device.info.on_request &&
           device.info.pci_address.empty();
}

}  // namespace

double median(std::vector<double> values)
{
    std::ranges::sort(values);
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

bool is_cpu(const ListedDevice& device)
{
    return device.backend->name() == "cpu" || is_cpu_opencl(device);
}

equihash::Personalization personalization_of(const Params& params)
{
    return *equihash::Personalization::from_text(solver::quick_answer(params).personalization);
}

Run::Run(const Options& options, Record& record) : options_(options), record_(record) {}

int Run::all_steps()
{
    if (!find_devices()) {
        std::printf("There is no GPU here%s.\n",
                    options_.device.empty() ? ": no CUDA device, and no OpenCL device but CPUs"
                                            : (": no device " + options_.device).c_str());
        return 4;
    }
    write_head();
    step("selftest", [&](const ListedDevice& device) { self_tests(*this, device); });
    step("digest", [&](const ListedDevice& device) { digests(*this, device); });
    step("E5", [&](const ListedDevice& device) { published_yield(*this, device); });
    step("E1", [&](const ListedDevice& device) { micro_rates(*this, device); });
    if (options_.wants_step("rates")) rates(*this);
    if (options_.wants_step("peers") || options_.only == "E5") peers(*this);
    step("stop", [&](const ListedDevice& device) { stops(*this, device); });
    step("kernels", [&](const ListedDevice& device) { kernel_times(*this, device); });
    step("E4", [&](const ListedDevice& device) { rates_of_ways(*this, device); });
    std::printf("%s: %u failed; everything is in %s\n", failed_ == 0 ? "done" : "FAILED", failed_,
                options_.out.c_str());
    return failed_ == 0 ? 0 : 1;
}

bool Run::find_devices()
{
    for (ListedDevice& one : kernels::list_devices(kernels::backends())) {
        if (one.backend->name() == "cpu") cpu_ = one;
        const bool wanted = options_.device.empty()
                                ? one.backend->name() != "cpu" && !is_cpu_opencl(one)
                                : one.info.id == options_.device;
        if (wanted) devices_.push_back(one);
        listed_.push_back(std::move(one));
    }
    for (const std::string& note : kernels::backend_notes())
        std::printf("note: %s\n", note.c_str());
    return !devices_.empty() && cpu_;
}

void Run::write_head()
{
    record_.head("version", boost::json::string(version()));
    record_.head("commit", boost::json::string(commit()));
    record_.head("unix_time", clock_.unix_time());
    json::array list;
    for (const ListedDevice& device : devices_)
        list.push_back(json::object{{"id", device.info.id},
                                    {"name", device.info.name},
                                    {"driver", device.info.driver},
                                    {"pci", device.info.pci_address},
                                    {"memory_bytes", device.info.memory_bytes}});
    record_.head("devices", std::move(list));
}

void Run::step(const std::string& name, const std::function<void(const ListedDevice&)>& work)
{
    if (!options_.wants_step(name)) return;
    for (const ListedDevice& device : devices_) {
        if (late())
            record_.add(name, {{"device", device.info.id}, {"not_reached", true}},
                        device.info.id + "  not reached, the time is up");
        else
            work(device);
    }
}

std::optional<ListedDevice> Run::device_of(const std::string& name) const
{
    if (name.empty()) return devices_.front();
    const std::string family = name == "ocl" ? "opencl" : name;
    for (const ListedDevice& device : devices_)
        if (device.info.id == name || device.backend->name() == family) return device;
    for (const ListedDevice& device : listed_)  // a CPU only by its id
        if (device.info.id == name || (device.backend->name() == family && !is_cpu(device)))
            return device;
    return std::nullopt;
}

double Run::seconds_left() const { return options_.seconds - seconds(clock_.now() - begun_); }

bool Run::has_time_for(const std::string& experiment, const ListedDevice& device,
                       const Params& params)
{
    if (!options_.wants(params)) return false;
    if (!late()) return true;
    add(experiment, device, params, {{"not_reached", true}}, "not reached, the time is up");
    return false;
}

void Run::add(const std::string& experiment, const ListedDevice& device, const Params& params,
              json::object result, const std::string& line)
{
    result["device"] = device.info.id;
    result["params"] = to_string(params);
    record_.add(experiment, std::move(result),
                device.info.id + "  " + to_string(params) + "  " + line);
}

void Run::fail(const std::string& experiment, const ListedDevice& device, const Params& params,
               const std::string& why)
{
    ++failed_;
    add(experiment, device, params, {{"failed", why}}, "FAILED: " + why);
}

void Run::refuse(const std::string& experiment, const ListedDevice& device, const Params& params,
                 const DeviceError& error)
{
    if (error.word != DeviceError::Word::unsupported_params &&
        error.word != DeviceError::Word::out_of_memory)
        return fail(experiment, device, params, error.detail);
    add(experiment, device, params, {{"skipped", error.detail}}, "skipped: " + error.detail);
}

}  // namespace adit::gpu_check
