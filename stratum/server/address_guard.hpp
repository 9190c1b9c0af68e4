#pragma once

#include <string>
#include <unordered_map>

#include "kernels/base/clock.hpp"

namespace adit::stratum::server {

struct GuardLimits {
    std::size_t connections_max = 10'000;
    std::size_t connections_per_address_max = 256;
    double failures_burst = 200;     ///< failures an address may make at once …
    double failures_per_second = 2;  ///< … and for ever
    std::size_t addresses_max = 100'000;
};

/// Who may connect: so many in all, so many from one address, and none from an address that fails
/// too often (bad lines, shares that are refused for what they are). Failures drain like a bucket
/// with a hole, so nobody is shut out for long.
class AddressGuard {
public:
    explicit AddressGuard(GuardLimits limits) : limits_(limits) {}

    enum class Answer { welcome, server_full, too_many_from_address, too_many_failures };
    Answer connect(const std::string& address, TimePoint now);
    void disconnect(const std::string& address, TimePoint now);

    /// False when the address has used up its failures: its connections are to be closed.
    bool failed(const std::string& address, TimePoint now);

    std::size_t connections() const { return connections_; }

private:
    struct Entry {
        std::size_t connections = 0;
        double failures = 0;
        TimePoint at{};
    };
    void drain(Entry& entry, TimePoint now) const;
    void forget_the_harmless(TimePoint now);

    GuardLimits limits_;
    std::size_t connections_ = 0;
    std::unordered_map<std::string, Entry> entries_;
};
std::string_view to_string(AddressGuard::Answer answer);

}  // namespace adit::stratum::server
