#include "kernels/opencl/device_list.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace adit::opencl {
namespace {

// Vendors' ways to tell a PCI address, older than the common one (their extensions' registry
// texts).
constexpr cl_device_info kPciBusNvidia = 0x4008;
constexpr cl_device_info kPciSlotNvidia = 0x4009;
constexpr cl_device_info kPciDomainNvidia = 0x400A;
constexpr cl_device_info kTopologyAmd = 0x4037;
constexpr cl_device_info kPciBusInfoKhr = 0x410F;

template <class T>
bool ask(const cl::Device& device, cl_device_info what, T& answer)
{
    return clGetDeviceInfo(device(), what, sizeof answer, &answer, nullptr) == CL_SUCCESS;
}

std::string pci_address(const cl::Device& device)
{
    struct {
        cl_uint domain, bus, device, function;
    } common{};
    if (ask(device, kPciBusInfoKhr, common))
        return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", common.domain, common.bus, common.device,
                           common.function);
    cl_uint bus = 0, slot = 0, domain = 0;
    if (ask(device, kPciBusNvidia, bus) && ask(device, kPciSlotNvidia, slot)) {
        ask(device, kPciDomainNvidia, domain);
        return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", domain, bus, slot >> 3, slot & 7);
    }
    struct {
        cl_uint type;
        cl_uchar unused[17];
        cl_uchar bus, device, function;
    } amd{};
    if (ask(device, kTopologyAmd, amd) && amd.type == 1)
        return fmt::format("0000:{:02x}:{:02x}.{:x}", amd.bus, amd.device, amd.function);
    return {};
}

std::string trimmed(std::string text)
{
    while (!text.empty() && (text.back() == '\0' || text.back() == ' ')) text.pop_back();
    text.erase(0, text.find_first_not_of(' '));
    return text;
}

OpenclDevice describe(const cl::Platform& platform, const cl::Device& device)
{
    OpenclDevice one;
    one.device = device;
    one.info.name = trimmed(device.getInfo<CL_DEVICE_NAME>());
    one.info.pci_address = pci_address(device);
    one.info.driver = fmt::format("{}, {}", trimmed(platform.getInfo<CL_PLATFORM_NAME>()),
                                  trimmed(device.getInfo<CL_DRIVER_VERSION>()));
    one.info.memory_bytes = device.getInfo<CL_DEVICE_GLOBAL_MEM_SIZE>();
    const std::string vendor = device.getInfo<CL_DEVICE_VENDOR>();
    one.facts.is_cpu = (device.getInfo<CL_DEVICE_TYPE>() & CL_DEVICE_TYPE_CPU) != 0;
    one.facts.waits_by_spinning = vendor.find("NVIDIA") != std::string::npos;
    one.facts.memory_bytes = one.info.memory_bytes;
    one.facts.segment_bytes_max = device.getInfo<CL_DEVICE_MAX_MEM_ALLOC_SIZE>();
    one.facts.shared_bytes_max = device.getInfo<CL_DEVICE_LOCAL_MEM_SIZE>();
    one.facts.group_max = static_cast<u32>(device.getInfo<CL_DEVICE_MAX_WORK_GROUP_SIZE>());
    one.info.on_request = one.facts.is_cpu;
    return one;
}

}  // namespace

std::vector<OpenclDevice> list_devices()
{
    std::vector<OpenclDevice> all;
    if (!load_opencl()) return all;
    std::vector<cl::Platform> platforms;
    if (cl::Platform::get(&platforms) != CL_SUCCESS) return all;
    for (const cl::Platform& platform : platforms) {
        std::vector<cl::Device> devices;
        if (platform.getDevices(CL_DEVICE_TYPE_ALL, &devices) != CL_SUCCESS) continue;
        for (const cl::Device& device : devices)
            if (device.getInfo<CL_DEVICE_AVAILABLE>() != 0 &&
                device.getInfo<CL_DEVICE_COMPILER_AVAILABLE>() != 0)
                all.push_back(describe(platform, device));
    }
    std::stable_sort(all.begin(), all.end(), [](const OpenclDevice& a, const OpenclDevice& b) {
        if (a.facts.is_cpu != b.facts.is_cpu) return b.facts.is_cpu;
        return a.info.pci_address < b.info.pci_address;
    });
    for (std::size_t i = 0; i < all.size(); ++i) all[i].info.id = fmt::format("ocl:{}", i);
    return all;
}

}  // namespace adit::opencl
