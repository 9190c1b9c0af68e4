#include "stratum/net/tls.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <boost/asio/ssl/context.hpp>

#include "kernels/base/hex.hpp"
#include "kernels/base/random.hpp"

namespace adit::stratum::net {
namespace {

namespace ssl = boost::asio::ssl;

template <class T, void (*free)(T*)>
struct Free {
    void operator()(T* thing) const { free(thing); }
};
using Certificate = std::unique_ptr<X509, Free<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, EVP_PKEY_free>>;
struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

Hash256 fingerprint_of(const X509* certificate)
{
    Hash256 digest;
    unsigned size = 0;
    X509_digest(certificate, EVP_sha256(), digest.bytes.data(), &size);
    return digest;
}

File create(const std::string& path, mode_t mode)
{
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    return File(descriptor < 0 ? nullptr : ::fdopen(descriptor, "wb"));
}

Certificate self_signed(const std::string& name, EVP_PKEY* key)
{
    constexpr long kTenYears_s = 10L * 365 * 24 * 3600;
    Certificate certificate(X509_new());
    X509* c = certificate.get();
    X509_set_version(c, 2);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(c), entropy_seed() >> 1);
    X509_gmtime_adj(X509_getm_notBefore(c), -3600);
    X509_gmtime_adj(X509_getm_notAfter(c), kTenYears_s);
    X509_set_pubkey(c, key);
    X509_NAME* subject = X509_get_subject_name(c);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const u8*>(name.data()),
                               static_cast<int>(name.size()), -1, 0);
    X509_set_issuer_name(c, subject);
    const std::string names = "DNS:" + name;
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    if (extension != nullptr) {
        X509_add_ext(c, extension, -1);
        X509_EXTENSION_free(extension);
    }
    if (X509_sign(c, key, EVP_sha256()) == 0) return nullptr;
    return certificate;
}

}  // namespace

std::optional<Hash256> parse_fingerprint(std::string_view text)
{
    std::string digits;
    for (const char c : text)
        if (c != ':') digits += c;
    return hash_from_hex(digits);
}

std::string fingerprint_text(const Hash256& fingerprint) { return to_hex(fingerprint.view()); }

Result<TlsServerContext, TlsError> TlsServerContext::load(const std::string& certificate_file,
                                                          const std::string& key_file)
{
    TlsServerContext out;
    out.context_ = std::make_shared<ssl::context>(ssl::context::tls_server);
    ssl::context& context = *out.context_;
    boost::system::error_code error;
    context.set_options(
        ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1,
        error);
    // Idle miners hold no 32 KiB of record buffers.
    SSL_CTX_set_mode(context.native_handle(), SSL_MODE_RELEASE_BUFFERS);
    context.use_certificate_chain_file(certificate_file, error);
    if (error) return TlsError{certificate_file + ": is no certificate (" + error.message() + ")"};
    context.use_private_key_file(key_file, ssl::context::pem, error);
    if (error)
        return TlsError{key_file + ": is no key for that certificate (" + error.message() + ")"};
    out.fingerprint_ = fingerprint_of(SSL_CTX_get0_certificate(context.native_handle()));
    return out;
}

Result<void, TlsError> make_self_signed(const std::string& name,
                                        const std::string& certificate_file,
                                        const std::string& key_file)
{
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate = key ? self_signed(name, key.get()) : nullptr;
    if (!certificate) return TlsError{"OpenSSL could not make a certificate"};
    const File key_out = create(key_file, 0600);
    if (!key_out) return TlsError{key_file + ": cannot be written"};
    const File certificate_out = create(certificate_file, 0644);
    if (!certificate_out) return TlsError{certificate_file + ": cannot be written"};
    if (PEM_write_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
            0 ||
        PEM_write_X509(certificate_out.get(), certificate.get()) == 0)
        return TlsError{"the new certificate could not be written"};
    return {};
}

}  // namespace adit::stratum::net
