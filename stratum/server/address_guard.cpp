#include "stratum/server/address_guard.hpp"

#include <algorithm>

namespace adit::stratum::server {

std::string_view to_string(AddressGuard::Answer answer)
{
    switch (answer) {
        case AddressGuard::Answer::welcome: return "welcome";
        case AddressGuard::Answer::server_full: return "server_full";
        case AddressGuard::Answer::too_many_from_address: return "too_many_from_address";
        case AddressGuard::Answer::too_many_failures: return "too_many_failures";
    }
    return "unknown";
}

void AddressGuard::drain(Entry& entry, TimePoint now) const
{
    const double seconds = std::chrono::duration<double>(now - entry.at).count();
    entry.failures = std::max(0.0, entry.failures - seconds * limits_.failures_per_second);
    entry.at = now;
}

AddressGuard::Answer AddressGuard::connect(const std::string& address, TimePoint now)
{
    if (connections_ >= limits_.connections_max) return Answer::server_full;
    if (entries_.size() >= limits_.addresses_max) forget_the_harmless(now);
    Entry& entry = entries_.try_emplace(address, Entry{0, 0, now}).first->second;
    drain(entry, now);
    if (entry.connections >= limits_.connections_per_address_max)
        return Answer::too_many_from_address;
    if (entry.failures >= limits_.failures_burst / 2) return Answer::too_many_failures;
    ++entry.connections;
    ++connections_;
    return Answer::welcome;
}

void AddressGuard::disconnect(const std::string& address, TimePoint now)
{
    const auto found = entries_.find(address);
    if (found == entries_.end() || found->second.connections == 0) return;
    --connections_;
    --found->second.connections;
    drain(found->second, now);
    if (found->second.connections == 0 && found->second.failures == 0) entries_.erase(found);
}

bool AddressGuard::failed(const std::string& address, TimePoint now)
{
    const auto found = entries_.find(address);
    if (found == entries_.end()) return true;
    drain(found->second, now);
    found->second.failures += 1;
    return found->second.failures < limits_.failures_burst;
}

void AddressGuard::forget_the_harmless(TimePoint now)
{
    for (auto at = entries_.begin(); at != entries_.end();) {
        drain(at->second, now);
        const bool harmless =
            at->second.connections == 0 && at->second.failures < limits_.failures_burst / 2;
        at = harmless ? entries_.erase(at) : std::next(at);
    }
}

}  // namespace adit::stratum::server
