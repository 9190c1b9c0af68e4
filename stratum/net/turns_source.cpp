#include "stratum/net/turns_source.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <list>
#include <map>
#include <thread>

#include "kernels/base/check.hpp"
#include "kernels/base/random.hpp"

namespace adit::stratum::net {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

}  // namespace

class TurnsSource::Shell {
public:
    explicit Shell(TurnsOptions options)
        : options_(std::move(options)), turns_(options_.turns, entropy_seed())
    {
        ADIT_CHECK(options_.make.size() == options_.turns.names.size());
    }

    const TurnsOptions& options() const { return options_; }

    void start(SourceListener& listener)
    {
        ADIT_CHECK(listener_ == nullptr);
        listener_ = &listener;
        post([this] { turns_.on_tick(Clock::now()); });
        thread_ = std::jthread([this] {
            const auto keep = asio::make_work_guard(network_);
            network_.run();
        });
    }

    void submit(Share share)
    {
        post([this, share = std::move(share)]() mutable { turns_.submit(std::move(share)); });
    }

    void stop(Duration grace)
    {
        if (!thread_.joinable()) return;
        asio::co_spawn(network_, finish(Clock::now() + grace), asio::detached);
        thread_.join();
        children_.clear();
        ending_.clear();
    }

    TurnsView view()
    {
        if (!thread_.joinable()) return look();
        return asio::post(network_, asio::use_future([this] { return look(); })).get();
    }

private:
    /// One source for the length of its turn.
    class Child final : public SourceListener {
    public:
        Child(Shell& shell, u64 turn, std::unique_ptr<WorkSource> source)
            : shell_(shell), turn_(turn), source_(std::move(source))
        {}
        ~Child() override { source_->stop({}); }  // its last words still reach a listener

        void start() { source_->start(*this); }
        void submit(Share share) { source_->submit(std::move(share)); }

        void on_work(WorkPtr work) override
        {
            shell_.post([&s = shell_, turn = turn_, work = std::move(work)] {
                s.turns_.on_work(turn, work, Clock::now());
            });
        }
        void on_verdict(const ShareVerdict& verdict) override
        {
            shell_.post([&s = shell_, turn = turn_, verdict] {
                s.turns_.on_verdict(turn, verdict, Clock::now());
            });
        }
        void on_state(const SourceState& state) override
        {
            shell_.post([&s = shell_, turn = turn_, state] {
                s.turns_.on_state(turn, state, Clock::now());
            });
        }

    private:
        Shell& shell_;
        u64 turn_;
        std::unique_ptr<WorkSource> source_;
    };

    template <class Happening>
    void post(Happening happening)
    {
        asio::post(network_, [this, happening = std::move(happening)]() mutable {
            happening();
            pump();
        });
    }

    void pump()
    {
        while (auto output = turns_.next_output()) obey(*output);
        timer_.expires_at(turns_.wake_at());
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            turns_.on_tick(Clock::now());
            pump();
        });
    }

    void obey(client::TurnOutput& output)
    {
        if (auto* work = std::get_if<client::WorkIs>(&output)) {
            listener_->on_work(std::move(work->work));
        } else if (const auto* verdict = std::get_if<ShareVerdict>(&output)) {
            listener_->on_verdict(*verdict);
        } else if (const auto* state = std::get_if<client::StateIs>(&output)) {
            listener_->on_state(state->state);
        } else if (const auto* note = std::get_if<client::Note>(&output)) {
            if (options_.log) options_.log(note->warning, note->text);
        } else if (const auto* turn = std::get_if<client::BeginTurn>(&output)) {
            auto child = std::make_unique<Child>(*this, turn->turn, options_.make[turn->source]());
            child->start();
            children_[turn->turn] = std::move(child);
        } else if (const auto* over = std::get_if<client::EndTurn>(&output)) {
            end(over->turn);
        } else if (auto* pass = std::get_if<client::PassShare>(&output)) {
            children_.at(pass->turn)->submit(std::move(pass->share));
        }
    }

    /// On a thread of its own: a source may still wait for a name to be resolved.
    void end(u64 turn)
    {
        std::erase_if(ending_, [](const std::future<void>& ended) {
            return ended.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
        });
        auto found = children_.extract(turn);
        if (found.empty()) return;
        ending_.push_back(std::async(
            std::launch::async, [child = std::move(found.mapped())]() mutable { child.reset(); }));
    }

    asio::awaitable<void> finish(TimePoint deadline)
    {
        asio::steady_timer timer(network_);
        while (turns_.shares_open() > 0 && Clock::now() < deadline) {
            timer.expires_after(std::chrono::milliseconds(10));
            co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        network_.stop();
    }

    TurnsView look()
    {
        TurnsView view;
        for (std::size_t i = 0; i < options_.turns.names.size(); ++i)
            view.sources.push_back(
                {options_.turns.names[i], turns_.in_use() == i, turns_.tally(i)});
        view.rate = turns_.rate(Clock::now());
        return view;
    }

    TurnsOptions options_;
    client::SourceTurns turns_;
    SourceListener* listener_ = nullptr;
    asio::io_context network_{1};
    asio::steady_timer timer_{network_};
    std::map<u64, std::unique_ptr<Child>> children_;
    std::list<std::future<void>> ending_;
    std::jthread thread_;
};

TurnsSource::TurnsSource(TurnsOptions options) : shell_(std::make_unique<Shell>(std::move(options)))
{}

TurnsSource::~TurnsSource() { stop({}); }

std::string TurnsSource::name() const { return shell_->options().turns.names.front(); }
void TurnsSource::start(SourceListener& listener) { shell_->start(listener); }
void TurnsSource::submit(Share share) { shell_->submit(std::move(share)); }
void TurnsSource::stop(Duration grace) { shell_->stop(grace); }
TurnsView TurnsSource::view() { return shell_->view(); }

}  // namespace adit::stratum::net
