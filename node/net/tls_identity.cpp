#include "node/net/tls_identity.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "kernels/base/check.hpp"

namespace adit::node::net {
namespace {

constexpr long kValid_s = 50L * 365 * 24 * 3600;

template <auto Free>
struct Freer {
    template <class T>
    void operator()(T* raw) const
    {
        Free(raw);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Text = std::unique_ptr<BIO, Freer<BIO_free_all>>;

Text text_of(const std::string& pem)
{
    return Text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

Certificate self_signed(EVP_PKEY* key)
{
    Certificate certificate(X509_new());
    X509* x = certificate.get();
    ADIT_CHECK(X509_set_version(x, 2) == 1);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -24L * 3600);
    X509_gmtime_adj(X509_getm_notAfter(x), kValid_s);
    ADIT_CHECK(X509_set_pubkey(x, key) == 1);
    X509_NAME* name = X509_get_subject_name(x);
    const auto* common_name = reinterpret_cast<const unsigned char*>("adit node");
    ADIT_CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1);
    ADIT_CHECK(X509_set_issuer_name(x, name) == 1);
    ADIT_CHECK(X509_sign(x, key, EVP_sha256()) > 0);
    return certificate;
}

std::string make_pem()
{
    const Key key(EVP_EC_gen("P-256"));
    ADIT_CHECK(key != nullptr);
    const Certificate certificate = self_signed(key.get());
    const Text out(BIO_new(BIO_s_mem()));
    ADIT_CHECK(
        PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    ADIT_CHECK(PEM_write_bio_X509(out.get(), certificate.get()) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

/// Writes a file only its owner reads, whole or not at all.
bool write_secret(const std::filesystem::path& path, const std::string& text)
{
    const std::string fresh = path.string() + ".new";
    const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return false;
    const bool written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(file) == 0;
    ::close(file);
    return written && ::rename(fresh.c_str(), path.c_str()) == 0;
}

}  // namespace

Result<TlsIdentity, std::string> TlsIdentity::load_or_make(const std::filesystem::path& folder)
{
    const auto path = folder / "peer_tls.pem";
    TlsIdentity identity;
    if (std::filesystem::exists(path)) {
        std::ifstream file(path, std::ios::binary);
        identity.pem_.assign(std::istreambuf_iterator<char>(file), {});
    } else {
        identity.pem_ = make_pem();
        if (!write_secret(path, identity.pem_))
            return "cannot write " + path.string() + ": " +
                   std::strerror(errno);  // NOLINT(concurrency-mt-unsafe)
    }
    const Certificate certificate(
        PEM_read_bio_X509(text_of(identity.pem_).get(), nullptr, nullptr, nullptr));
    const Key key(PEM_read_bio_PrivateKey(text_of(identity.pem_).get(), nullptr, nullptr, nullptr));
    if (!certificate || !key || X509_check_private_key(certificate.get(), key.get()) != 1)
        return path.string() +
               " holds no key with its certificate; move it away and a new one is made";
    identity.fingerprint_ = fingerprint_of(certificate.get());
    return identity;
}

bool TlsIdentity::use_in(ssl_ctx_st* context) const
{
    const Certificate certificate(
        PEM_read_bio_X509(text_of(pem_).get(), nullptr, nullptr, nullptr));
    const Key key(PEM_read_bio_PrivateKey(text_of(pem_).get(), nullptr, nullptr, nullptr));
    return SSL_CTX_use_certificate(context, certificate.get()) == 1 &&
           SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

Hash256 fingerprint_of(const x509_st* certificate)
{
    Hash256 fingerprint;
    unsigned size = 0;
    ADIT_CHECK(X509_digest(certificate, EVP_sha256(), fingerprint.bytes.data(), &size) == 1 &&
               size == 32);
    return fingerprint;
}

}  // namespace adit::node::net
