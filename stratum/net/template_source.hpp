#pragma once

#include "stratum/client/template_session.hpp"
#include "stratum/net/node_address.hpp"

namespace adit::stratum::net {

/// Work from a node: the shell around `TemplateSession`, one thread with three HTTP connections.
class TemplateSource final : public WorkSource {
public:
    TemplateSource(NodeAddress address, AlgorithmChoice algorithm, client::TemplateLimits limits);
    ~TemplateSource() override;

    std::string name() const override;
    void start(SourceListener& listener) override;
    void submit(Share share) override;
    void stop(Duration grace) override;

private:
    class Shell;
    std::unique_ptr<Shell> shell_;
};

}  // namespace adit::stratum::net
