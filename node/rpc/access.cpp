#include "node/rpc/access.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>

#include "kernels/base/check.hpp"
#include "kernels/base/hex.hpp"

namespace adit::node::rpc {
namespace {

constexpr std::size_t kSecretBytes = 32;

/// 4 or 16 bytes; a mapped IPv4 address (::ffff:a.b.c.d) becomes 4. Empty for what is no address.
Bytes address_bytes(std::string_view text)
{
    const std::string terminated(text);
    Bytes bytes(16);
    if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) {
        bytes.resize(4);
        return bytes;
    }
    if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) != 1) return {};
    static constexpr std::array<u8, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (equal(ByteView(bytes).first(12), kMapped)) bytes.erase(bytes.begin(), bytes.begin() + 12);
    return bytes;
}

bool is_loopback(const Bytes& address)
{
    if (address.size() == 4) return address[0] == 127;
    return address.size() == 16 && address[15] == 1 &&
           std::all_of(address.begin(), address.end() - 1, [](u8 byte) { return byte == 0; });
}

bool is_port(std::string_view text)
{
    u16 port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size();
}

/// A Host header without its port and brackets; nullopt when it is malformed.
std::optional<std::string_view> host_alone(std::string_view host)
{
    if (host.starts_with('[')) {
        const std::size_t close = host.find(']');
        if (close == std::string_view::npos) return std::nullopt;
        const std::string_view rest = host.substr(close + 1);
        if (!rest.empty() && (rest[0] != ':' || !is_port(rest.substr(1)))) return std::nullopt;
        return host.substr(1, close - 1);
    }
    const std::size_t colon = host.find(':');
    if (colon == std::string_view::npos) return host;
    if (!is_port(host.substr(colon + 1))) return std::nullopt;
    return host.substr(0, colon);
}

bool same_name(std::string_view a, std::string_view b)
{
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

std::string base64(std::string_view text)
{
    std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     as_bytes(text).data(), static_cast<int>(text.size()));
    out.resize(static_cast<std::size_t>(size));
    return out;
}

}  // namespace

std::optional<AddressRange> AddressRange::parse(std::string_view text)
{
    const std::size_t slash = text.find('/');
    AddressRange range;
    range.bytes_ = address_bytes(text.substr(0, slash));
    if (range.bytes_.empty()) return std::nullopt;
    range.bits_ = static_cast<unsigned>(8 * range.bytes_.size());
    if (slash == std::string_view::npos) return range;

    const std::string_view digits = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits > range.bits_)
        return std::nullopt;
    range.bits_ = bits;
    return range;
}

bool AddressRange::contains(std::string_view address) const
{
    const Bytes bytes = address_bytes(address);
    if (bytes.size() != bytes_.size()) return false;
    for (unsigned bit = 0; bit < bits_; ++bit) {
        const u8 mask = static_cast<u8>(0x80 >> bit % 8);
        if (((bytes[bit / 8] ^ bytes_[bit / 8]) & mask) != 0) return false;
    }
    return true;
}

bool may_call(std::string_view peer_address, const std::vector<AddressRange>& allowed)
{
    return is_loopback(address_bytes(peer_address)) ||
           std::any_of(allowed.begin(), allowed.end(),
                       [&](const AddressRange& range) { return range.contains(peer_address); });
}

bool host_is_ours(std::string_view host, std::string_view local_address,
                  const std::vector<std::string>& names)
{
    if (host.empty()) return true;
    const auto alone = host_alone(host);
    if (!alone) return false;
    if (same_name(*alone, "localhost")) return true;
    if (std::any_of(names.begin(), names.end(),
                    [&](const std::string& name) { return same_name(*alone, name); }))
        return true;
    const Bytes asked = address_bytes(*alone);
    const Bytes local = address_bytes(local_address);
    return !asked.empty() && (asked == local || (is_loopback(asked) && is_loopback(local)));
}

Credentials::Credentials(std::string_view user, std::string_view password)
    : header_("Basic " + base64(std::string(user) + ':' + std::string(password)))
{}

bool Credentials::match(std::string_view authorization) const
{
    return authorization.size() == header_.size() &&
           CRYPTO_memcmp(authorization.data(), header_.data(), header_.size()) == 0;
}

Result<Credentials, AccessError> write_cookie(const std::string& path)
{
    std::array<u8, kSecretBytes> random{};
    ADIT_CHECK(RAND_bytes(random.data(), static_cast<int>(random.size())) == 1);
    const std::string secret = to_hex(random);
    const std::string line = std::string(kCookieUser) + ':' + secret + '\n';

    const std::string fresh = path + ".new";
    ::unlink(fresh.c_str());
    const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool written =
        file >= 0 && ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    if (file >= 0) ::close(file);
    if (!written || ::rename(fresh.c_str(), path.c_str()) != 0)
        return AccessError{"cannot write the cookie file " + path + ": " +
                           std::error_code(errno, std::generic_category()).message()};
    return Credentials(kCookieUser, secret);
}

std::optional<Credentials> read_cookie(const std::string& path)
{
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) return std::nullopt;
    return Credentials(std::string_view(line).substr(0, colon),
                       std::string_view(line).substr(colon + 1));
}

}  // namespace adit::node::rpc
