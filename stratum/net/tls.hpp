#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"
#include "kernels/base/result.hpp"

namespace boost::asio::ssl {
class context;
}

namespace adit::stratum::net {

/// How far a pool's certificate is believed.
struct TlsSettings {
    enum class Trust {
        verify,  ///< a chain to the system's authorities (or `ca_file`), and the right name
        pinned,  ///< exactly the certificate of this fingerprint, whoever signed it
        nobody,  ///< any: whoever sits between can read and change everything
    };
    Trust trust = Trust::verify;
    Hash256 fingerprint;  ///< SHA-256 of the certificate's DER bytes
    std::string ca_file;  ///< PEM; empty: the system's
    std::string sni;      ///< name to ask and verify for; empty: the host dialled
};

/// 64 hex digits, with or without colons.
std::optional<Hash256> parse_fingerprint(std::string_view text);
std::string fingerprint_text(const Hash256& fingerprint);

/// One line for people.
struct TlsError {
    std::string text;
};

/// A server's certificate and key, ready for handshakes.
class TlsServerContext {
public:
    static Result<TlsServerContext, TlsError> load(const std::string& certificate_file,
                                                   const std::string& key_file);
    boost::asio::ssl::context& context() const { return *context_; }
    const Hash256& fingerprint() const { return fingerprint_; }  ///< for miners to pin

private:
    std::shared_ptr<boost::asio::ssl::context> context_;
    Hash256 fingerprint_;
};

/// Writes a new key and a certificate signed by itself, good for ten years, for a pool that has
/// none: miners pin its fingerprint. The key's file is for its owner only.
Result<void, TlsError> make_self_signed(const std::string& name,
                                        const std::string& certificate_file,
                                        const std::string& key_file);

}  // namespace adit::stratum::net
