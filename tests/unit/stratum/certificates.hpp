#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "kernels/base/check.hpp"
#include "kernels/base/random.hpp"

namespace adit::stratum::test {

/// An authority of our own, made in a millisecond, and certificates of all sorts from it.
class Authority {
public:
    explicit Authority(const std::filesystem::path& folder) : folder_(folder)
    {
        key_.reset(EVP_EC_gen("P-256"));
        certificate_ = make("test authority", key_.get(), nullptr, nullptr, -3600, 86'400, true);
        write(certificate_.get(), nullptr, "ca");
    }

    std::string ca_file() const { return file("ca.pem"); }

    struct Issued {
        std::string certificate_file;
        std::string key_file;
    };
    /// Valid from `from_s` to `to_s`, in seconds from now; `trusted` false: signed by itself.
    Issued issue(const std::string& name, long from_s = -3600, long to_s = 86'400,
                 bool trusted = true)
    {
        const std::unique_ptr<EVP_PKEY, Free> key(EVP_EC_gen("P-256"));
        const auto certificate = make(name, key.get(), trusted ? certificate_.get() : nullptr,
                                      trusted ? key_.get() : nullptr, from_s, to_s, false);
        const std::string stem = "cert" + std::to_string(++issued_);
        write(certificate.get(), key.get(), stem);
        return {file(stem + ".pem"), file(stem + ".key")};
    }

private:
    struct Free {
        void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
        void operator()(X509* certificate) const { X509_free(certificate); }
        void operator()(std::FILE* out) const { std::fclose(out); }
    };
    using Certificate = std::unique_ptr<X509, Free>;

    std::string file(const std::string& name) const { return (folder_ / name).string(); }

    static void extend(X509* certificate, int nid, const std::string& value)
    {
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
        ADIT_CHECK(extension != nullptr);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }

    static Certificate make(const std::string& name, EVP_PKEY* key, X509* issuer,
                            EVP_PKEY* issuer_key, long from_s, long to_s, bool authority)
    {
        Certificate certificate(X509_new());
        X509* c = certificate.get();
        X509_set_version(c, 2);
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(c), entropy_seed() >> 1);
        X509_gmtime_adj(X509_getm_notBefore(c), from_s);
        X509_gmtime_adj(X509_getm_notAfter(c), to_s);
        X509_set_pubkey(c, key);
        X509_NAME* subject = X509_get_subject_name(c);
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(name.data()),
                                   static_cast<int>(name.size()), -1, 0);
        X509_set_issuer_name(c, issuer != nullptr ? X509_get_subject_name(issuer) : subject);
        if (authority)
            extend(c, NID_basic_constraints, "critical,CA:TRUE");
        else
            extend(c, NID_subject_alt_name, "DNS:" + name);
        ADIT_CHECK(X509_sign(c, issuer_key != nullptr ? issuer_key : key, EVP_sha256()) != 0);
        return certificate;
    }

    void write(X509* certificate, EVP_PKEY* key, const std::string& stem) const
    {
        const std::unique_ptr<std::FILE, Free> pem(std::fopen(file(stem + ".pem").c_str(), "wb"));
        ADIT_CHECK(pem && PEM_write_X509(pem.get(), certificate) != 0);
        if (key == nullptr) return;
        const std::unique_ptr<std::FILE, Free> out(std::fopen(file(stem + ".key").c_str(), "wb"));
        ADIT_CHECK(out && PEM_write_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr,
                                               nullptr) != 0);
    }

    std::filesystem::path folder_;
    std::unique_ptr<EVP_PKEY, Free> key_;
    Certificate certificate_;
    int issued_ = 0;
};

}  // namespace adit::stratum::test
