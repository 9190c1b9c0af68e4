#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/base/bytes.hpp"
#include "kernels/base/result.hpp"

/// Who may call: by address, by the name they called us by, and by a secret.
namespace adit::node::rpc {

/// One line for the user: what went wrong and what to change.
struct AccessError {
    std::string text;
};

/// A range of addresses: "192.168.0.0/16", "::1", "10.0.0.7".
class AddressRange {
public:
    /// nullopt when the text is no address or the length does not fit it.
    static std::optional<AddressRange> parse(std::string_view text);
    /// `address` as text; a mapped IPv4 address counts as IPv4. False for what is no address.
    bool contains(std::string_view address) const;

private:
    Bytes bytes_;  ///< 4 or 16
    unsigned bits_ = 0;
};

/// Loopback, or in one of `allowed`.
bool may_call(std::string_view peer_address, const std::vector<AddressRange>& allowed);

/// Whether a Host header names this node. A page whose name was pointed at this machine (DNS
/// rebinding) still sends its own name here, so only these pass: no Host at all (HTTP/1.0),
/// `localhost`, the address the connection came in on (any loopback address for one that came in on
/// loopback), and `names`; each with or without a port.
/// @param local_address  the connection's own end, without a port
bool host_is_ours(std::string_view host, std::string_view local_address,
                  const std::vector<std::string>& names);

/// User and password of one caller, compared in constant time.
class Credentials {
public:
    Credentials(std::string_view user, std::string_view password);
    /// @param authorization  the header's value: "Basic dXNlcjpwYXNz"
    bool match(std::string_view authorization) const;
    const std::string& header() const { return header_; }  ///< what a client sends

private:
    std::string header_;
};

/// The user name that goes with the cookie's secret.
inline constexpr std::string_view kCookieUser = "__cookie__";
inline constexpr std::string_view kCookieFile = ".cookie";

/// A fresh secret in `path`: one line `__cookie__:secret`, mode 0600, put in place whole.
Result<Credentials, AccessError> write_cookie(const std::string& path);

/// User and secret of a cookie file; nullopt when it is not there or not readable.
std::optional<Credentials> read_cookie(const std::string& path);

}  // namespace adit::node::rpc
