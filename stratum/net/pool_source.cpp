#include "stratum/net/pool_source.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <fstream>
#include <future>
#include <thread>
#include <unordered_map>

#include "kernels/base/check.hpp"
#include "kernels/base/random.hpp"
#include "stratum/client/recording.hpp"
#include "stratum/net/dialer.hpp"

namespace adit::stratum::net {
namespace {

using Clock = std::chrono::steady_clock;
using client::Closed;
using client::Connected;
using client::DialFailed;
using client::Received;

}  // namespace

class PoolSource::Shell {
public:
    explicit Shell(PoolSourceOptions options)
        : options_(std::move(options)),
          client_(options_.client, entropy_seed(), recording_sink(), Clock::now())
    {}

    const PoolSourceOptions& options() const { return options_; }

    void start(SourceListener& listener)
    {
        ADIT_CHECK(listener_ == nullptr);
        listener_ = &listener;
        asio::post(network_, [this] { feed(client::Tick{}); });
        thread_ = std::jthread([this] {
            const auto keep = asio::make_work_guard(network_);
            network_.run();
        });
    }

    void submit(Share share)
    {
        asio::post(network_, [this, share = std::move(share)]() mutable {
            feed(client::Found{std::move(share)});
        });
    }

    void stop(Duration grace)
    {
        if (!thread_.joinable()) return;
        asio::co_spawn(network_, finish(Clock::now() + grace), asio::detached);
        thread_.join();
    }

    UpstreamsView view()
    {
        if (!thread_.joinable()) return look();
        return asio::post(network_, asio::use_future([this] { return look(); })).get();
    }

private:
    /// One connection, or the attempt at one.
    struct Link {
        u64 dial = 0;
        asio::cancellation_signal cancel;
        std::unique_ptr<Stream> stream;
        bool writing = false;
        bool gone = false;  ///< the client has hung up
    };
    using LinkPtr = std::shared_ptr<Link>;

    client::RecordedClient::Sink recording_sink()
    {
        if (options_.record_file.empty()) return {};
        auto file = std::make_shared<std::ofstream>(options_.record_file,
                                                    std::ios::binary | std::ios::trunc);
        if (!*file) log(true, options_.record_file + ": cannot be written; nothing is recorded");
        return [file](const std::string& line) { (*file << line << '\n').flush(); };
    }

    void log(bool warning, const std::string& line)
    {
        if (options_.log) options_.log(warning, line);
    }

    // ── the client's side ───────────────────────────────────────────────────────────────────────

    void feed(client::ClientInput input)
    {
        client_.feed(std::move(input), Clock::now());
        pump();
    }

    void pump()
    {
        while (auto output = client_.next_output(Clock::now())) obey(*output);
        for (auto& [dial, link] : std::unordered_map(links_)) flush(link);
        timer_.expires_at(client_.wake_at());
        timer_.async_wait([this](const ErrorCode& error) {
            if (!error) feed(client::Tick{});
        });
    }

    void obey(client::ClientOutput& output)
    {
        if (auto* work = std::get_if<client::WorkIs>(&output)) {
            listener_->on_work(std::move(work->work));
        } else if (auto* ruled = std::get_if<client::Ruled>(&output)) {
            listener_->on_verdict({std::move(ruled->share), outcome_of(ruled->ruling),
                                   reason_of(*ruled), ruled->latency});
        } else if (const auto* state = std::get_if<client::StateIs>(&output)) {
            listener_->on_state(state->state);
        } else if (const auto* note = std::get_if<client::Note>(&output)) {
            log(note->warning, note->text);
        } else if (const auto* dial = std::get_if<client::Dial>(&output)) {
            begin(*dial);
        } else if (const auto* hang = std::get_if<client::Hang>(&output)) {
            end(hang->dial);
        } else if (auto* wanted = std::get_if<client::Diagnose>(&output)) {
            look_into(std::move(wanted->evidence));
        }
    }

    static std::string reason_of(const client::Ruled& ruled)
    {
        if (ruled.ruling == Ruling::accepted || !ruled.reason.empty()) return ruled.reason;
        return std::string(to_string(ruled.ruling));
    }

    /// On a thread of its own: some milliseconds a share are too long for the network's.
    void look_into(client::RejectEvidence evidence)
    {
        if (diagnosis_.joinable()) diagnosis_.join();
        diagnosis_ = std::jthread([this, evidence = std::move(evidence)] {
            const std::string text = client::diagnose(evidence).text;
            asio::post(network_, [this, text] { log(true, "rejected shares: " + text); });
        });
    }

    // ── connections ─────────────────────────────────────────────────────────────────────────────

    void begin(const client::Dial& dial)
    {
        const client::PoolUrl& url = options_.client.pools[dial.pool];
        DialPlan plan;
        plan.host = dial.host;
        plan.port = dial.port;
        plan.proxy = options_.proxy;
        plan.family = options_.family;
        if (url.is_tls()) plan.tls = options_.tls;
        auto link = std::make_shared<Link>();
        link->dial = dial.dial;
        links_[dial.dial] = link;
        asio::co_spawn(network_, run(link, std::move(plan)),
                       asio::bind_cancellation_slot(
                           link->cancel.slot(), [link](std::exception_ptr) { /* cancelled */ }));
    }

    void end(u64 dial)
    {
        const auto found = links_.find(dial);
        if (found == links_.end()) return;
        const LinkPtr link = found->second;
        links_.erase(found);
        link->gone = true;
        if (link->stream) link->stream->close();
        link->cancel.emit(asio::cancellation_type::terminal);
    }

    asio::awaitable<void> run(LinkPtr link, DialPlan plan)
    {
        Dialled dialled = co_await net::dial(std::move(plan));
        if (link->gone) co_return;
        if (!dialled.stream) {
            links_.erase(link->dial);
            co_return feed(DialFailed{link->dial, dialled.why});
        }
        link->stream = std::move(dialled.stream);
        feed(Connected{link->dial});
        if (!dialled.left_over.empty() && !link->gone)
            feed(Received{link->dial, std::move(dialled.left_over)});
        while (!link->gone) {
            ErrorCode error;
            const std::string_view bytes = co_await link->stream->read(error);
            if (link->gone) break;
            if (!error) {
                feed(Received{link->dial, std::string(bytes)});
                continue;
            }
            links_.erase(link->dial);
            link->gone = true;
            link->stream->close();
            feed(Closed{link->dial, error == asio::error::eof ? "" : error.message()});
        }
    }

    void flush(const LinkPtr& link)
    {
        if (!link->stream || link->writing || link->gone) return;
        std::string bytes = client_.take_bytes(link->dial, Clock::now());
        if (bytes.empty()) return;
        bytes.erase(0, link->stream->write_now(bytes));
        if (bytes.empty()) return;
        link->writing = true;
        asio::co_spawn(network_, write(link, std::move(bytes)), asio::detached);
    }

    asio::awaitable<void> write(LinkPtr link, std::string bytes)
    {
        ErrorCode error;  // the reader sees the end of a broken connection, too
        while (!bytes.empty() && !link->gone && !error) {
            co_await link->stream->write(bytes, error);
            bytes = link->gone ? std::string() : client_.take_bytes(link->dial, Clock::now());
        }
        link->writing = false;
    }

    asio::awaitable<void> finish(TimePoint deadline)
    {
        asio::steady_timer timer(network_);
        while (client_.client().shares_open() > 0 && Clock::now() < deadline) {
            timer.expires_after(std::chrono::milliseconds(10));
            co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        for (auto& [dial, link] : links_)
            if (link->stream) link->stream->close();
        network_.stop();
    }

    UpstreamsView look()
    {
        UpstreamsView view;
        client::PoolClient& client = client_.client();
        for (std::size_t i = 0; i < options_.client.pools.size(); ++i)
            view.pools.push_back(
                {to_string(options_.client.pools[i]), client.pool_in_use() == i, client.stats(i)});
        view.rate = client.rate(Clock::now());
        return view;
    }

    PoolSourceOptions options_;
    client::RecordedClient client_;
    SourceListener* listener_ = nullptr;
    asio::io_context network_{1};
    asio::steady_timer timer_{network_};
    std::unordered_map<u64, LinkPtr> links_;
    std::jthread diagnosis_;
    std::jthread thread_;
};

PoolSource::PoolSource(PoolSourceOptions options)
    : shell_(std::make_unique<Shell>(std::move(options)))
{}

PoolSource::~PoolSource() { stop({}); }

std::string PoolSource::name() const
{
    return client::to_string(shell_->options().client.pools.front());
}
void PoolSource::start(SourceListener& listener) { shell_->start(listener); }
void PoolSource::submit(Share share) { shell_->submit(std::move(share)); }
void PoolSource::stop(Duration grace) { shell_->stop(grace); }
UpstreamsView PoolSource::view() { return shell_->view(); }

}  // namespace adit::stratum::net
