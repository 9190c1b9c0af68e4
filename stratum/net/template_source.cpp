#include "stratum/net/template_source.hpp"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "kernels/asio/awaited.hpp"
#include "kernels/base/check.hpp"
#include "stratum/net/http_line.hpp"

namespace adit::stratum::net {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

client::TemplateSettings settings_of(const NodeAddress& address, AlgorithmChoice algorithm,
                                     client::TemplateLimits limits)
{
    client::TemplateSettings settings;
    settings.name = address.name();
    settings.algorithm = std::move(algorithm);
    settings.fixed_password = address.cookie_file.empty();
    settings.limits = limits;
    return settings;
}

}  // namespace

class TemplateSource::Shell {
public:
    Shell(NodeAddress address, AlgorithmChoice algorithm, client::TemplateLimits limits)
        : address_(std::move(address)),
          session_(settings_of(address_, std::move(algorithm), limits))
    {}

    const NodeAddress& address() const { return address_; }

    void start(SourceListener& listener)
    {
        ADIT_CHECK(listener_ == nullptr);
        listener_ = &listener;
        for (Line& line : lines_) asio::co_spawn(network_, run(line), asio::detached);
        thread_ = std::jthread([this] { network_.run(); });
    }

    void submit(Share share)
    {
        asio::post(network_, [this, share = std::move(share)]() mutable {
            session_.submit(std::move(share), Clock::now());
            wake_all();
        });
    }

    void stop(Duration grace)
    {
        if (!thread_.joinable()) return;
        asio::co_spawn(network_, finish(Clock::now() + grace), asio::detached);
        thread_.join();
    }

private:
    /// One of the session's lines with the connection it speaks over.
    struct Line {
        Line(asio::io_context& network, const NodeAddress& address, client::RpcLine& its_words)
            : words(its_words), http(network, address), timer(network)
        {}
        client::RpcLine& words;
        HttpLine http;
        asio::steady_timer timer;
    };

    asio::awaitable<void> run(Line& line)
    {
        for (;;) {
            const auto call = line.words.next_call(Clock::now());
            tell();
            if (!call) {
                line.timer.expires_at(line.words.wake_at());
                co_await line.timer.async_wait(kAsTuple);
                continue;
            }
            client::RpcReply reply = co_await line.http.make(*call);
            line.words.on_reply(reply, Clock::now());
            tell();
            wake_all();
        }
    }

    /// Ends the network thread once no block waits for its answer, or at the deadline.
    asio::awaitable<void> finish(TimePoint deadline)
    {
        asio::steady_timer timer(network_);
        while (session_.delivering() && Clock::now() < deadline) {
            timer.expires_after(std::chrono::milliseconds(10));
            co_await timer.async_wait(kAsTuple);
        }
        tell();
        network_.stop();
    }

    void tell()
    {
        while (auto event = session_.next_event()) {
            if (auto* work = std::get_if<WorkPtr>(&*event))
                listener_->on_work(std::move(*work));
            else if (const auto* verdict = std::get_if<ShareVerdict>(&*event))
                listener_->on_verdict(*verdict);
            else
                listener_->on_state(std::get<SourceState>(*event));
        }
    }

    void wake_all()
    {
        for (Line& line : lines_) line.timer.cancel();
    }

    NodeAddress address_;
    client::TemplateSession session_;
    SourceListener* listener_ = nullptr;
    asio::io_context network_{1};
    std::array<Line, 3> lines_{Line{network_, address_, session_.watch()},
                               Line{network_, address_, session_.ask()},
                               Line{network_, address_, session_.deliver()}};
    std::jthread thread_;
};

TemplateSource::TemplateSource(NodeAddress address, AlgorithmChoice algorithm,
                               client::TemplateLimits limits)
    : shell_(std::make_unique<Shell>(std::move(address), std::move(algorithm), limits))
{}

TemplateSource::~TemplateSource() { stop({}); }

std::string TemplateSource::name() const { return shell_->address().name(); }
void TemplateSource::start(SourceListener& listener) { shell_->start(listener); }
void TemplateSource::submit(Share share) { shell_->submit(std::move(share)); }
void TemplateSource::stop(Duration grace) { shell_->stop(grace); }

}  // namespace adit::stratum::net
