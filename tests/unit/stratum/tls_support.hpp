#pragma once

#include "tests/unit/stratum/certificates.hpp"
#include "tests/unit/stratum/net_support.hpp"

namespace adit::stratum::net {

using test::Authority;

class Tls : public testing::Test {
protected:
    Tls() : authority(folder.path()) {}

    TlsServerContext load(const Authority::Issued& issued)
    {
        auto context = TlsServerContext::load(issued.certificate_file, issued.key_file);
        EXPECT_TRUE(context) << (context ? "" : context.error().text);
        return *context;
    }
    /// What is said when this trust does not hold.
    std::string mine(const Authority::Issued& issued, TlsSettings trust)
    {
        const TlsServerContext context = load(issued);
        TestPool pool(folder.file(), context);
        Ear ear;
        PoolSourceOptions options = options_for(pool, ear, "stratum+ssl");
        options.tls = std::move(trust);
        PoolSource source(std::move(options));
        source.start(ear);
        EXPECT_TRUE(ear.wait_for_words("TLS:")) << ear.said();
        return ear.said();
    }
    /// The same, for trust that is to hold.
    void mines(const Authority::Issued& issued, TlsSettings trust)
    {
        const TlsServerContext context = load(issued);
        TestPool pool(folder.file(), context);
        Ear ear;
        PoolSourceOptions options = options_for(pool, ear, "stratum+ssl");
        options.tls = std::move(trust);
        PoolSource source(std::move(options));
        source.start(ear);
        const WorkPtr work = ear.wait_for_work();
        ASSERT_TRUE(work) << ear.said();
        for (Share& share : dig(work, 3)) source.submit(std::move(share));
        EXPECT_TRUE(ear.wait_for_verdicts(3));
        EXPECT_EQ(ear.accepted(), 3);
    }
    TlsSettings trusting_authority() const
    {
        TlsSettings trust;
        trust.ca_file = authority.ca_file();
        return trust;
    }

    Folder folder;
    Authority authority;
};

}  // namespace adit::stratum::net
