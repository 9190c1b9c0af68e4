#include "kernels/devices.hpp"

#include <algorithm>

namespace adit::kernels {
namespace {

/// 01:00.0 and 0000:01:00.0 are the same place.
bool same_address(std::string_view a, std::string_view b)
{
    const auto without_domain = [](std::string_view address) {
        return address.starts_with("0000:") ? address.substr(5) : address;
    };
    return !a.empty() && without_domain(a) == without_domain(b);
}

}  // namespace

std::vector<ListedDevice> list_devices(std::span<solver::Backend* const> families)
{
    std::vector<ListedDevice> all;
    for (solver::Backend* family : families) {
        const std::size_t earlier = all.size();
        for (solver::DeviceInfo& info : family->devices()) {
            const bool twin =
                std::any_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(earlier),
                            [&](const ListedDevice& one) {
                                return same_address(one.info.pci_address, info.pci_address);
                            });
            info.on_request = info.on_request || twin;
            ListedDevice listed{family, std::move(info), {}};
            for (const equihash::Params& params : equihash::kKnownParams)
                if (const auto bytes = family->memory_needed(listed.info, params);
                    bytes && *bytes <= listed.info.memory_bytes)
                    listed.fits.push_back(params);
            all.push_back(std::move(listed));
        }
    }
    return all;
}

}  // namespace adit::kernels
