#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "kernels/base/bytes.hpp"
#include "kernels/base/result.hpp"

struct ssl_ctx_st;
struct x509_st;

namespace adit::node::net {

/// This node's key and self-signed certificate for TLS between nodes: P-256, so that a handshake is
/// cheap. Nobody vouches for it; who wants to be sure of a peer pins its fingerprint.
class TlsIdentity {
public:
    /// The folder's `peer_tls.pem` (mode 0600), made when missing. The error is one line for
    /// people.
    static Result<TlsIdentity, std::string> load_or_make(const std::filesystem::path& folder);

    /// Applies key and certificate to an OpenSSL context.
    bool use_in(ssl_ctx_st* context) const;

    /// SHA-256 of the certificate's DER form: what others pin.
    const Hash256& fingerprint() const { return fingerprint_; }

private:
    std::string pem_;  ///< private key, then certificate
    Hash256 fingerprint_;
};

/// SHA-256 of a certificate's DER form.
Hash256 fingerprint_of(const x509_st* certificate);

}  // namespace adit::node::net
