#include "node/net/node_loop.hpp"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <list>
#include <thread>

#include "kernels/base/check.hpp"

namespace adit::node::net {
namespace {

namespace asio = boost::asio;

/// An io_context, kept running until `finish`, and the thread that runs it.
struct Runner {
    explicit Runner(const char* thread_name) : name(thread_name) {}

    void start()
    {
        thread = std::thread([this] {
            pthread_setname_np(pthread_self(), name);
            context.run();
            ended.set_value();
        });
    }
    /// Ends when nothing is left to do, or at the latest after `grace`.
    void finish(std::chrono::milliseconds grace)
    {
        work.reset();
        if (!thread.joinable()) return;
        ADIT_CHECK(thread.get_id() != std::this_thread::get_id());
        if (ended.get_future().wait_for(grace) != std::future_status::ready) context.stop();
        thread.join();
    }

    const char* name;
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work =
        asio::make_work_guard(context);
    std::thread thread;
    std::promise<void> ended;
};

struct Ticker {
    Ticker(asio::io_context& context, std::chrono::milliseconds every, std::function<void()> what)
        : timer(context), period(every), tick(std::move(what))
    {}
    void wait()
    {
        timer.expires_after(period);
        timer.async_wait([this](const boost::system::error_code&) {
            if (stopped) return;  // an expiry that was already on its way is no error
            tick();
            wait();
        });
    }
    void stop()
    {
        stopped = true;
        timer.cancel();
    }

    asio::steady_timer timer;
    std::chrono::milliseconds period;
    std::function<void()> tick;
    bool stopped = false;
};

}  // namespace

struct NodeLoop::Threads {
    Runner network{"adit-network"};
    Runner chain{"adit-chain"};
    std::list<Ticker> tickers;
};

NodeLoop::NodeLoop() : threads_(std::make_unique<Threads>()) {}
NodeLoop::~NodeLoop() { stop(); }

void NodeLoop::start()
{
    for (Ticker& ticker : threads_->tickers) ticker.wait();
    threads_->chain.start();
    threads_->network.start();
}

void NodeLoop::stop()
{
    threads_->network.finish(kStopMax);
    post_chain([this] {
        for (Ticker& ticker : threads_->tickers) ticker.stop();
    });
    // What the chain thread was handed is always done in full: a block half taken is none.
    threads_->chain.finish(std::chrono::hours(24));
}

void NodeLoop::post_network(std::function<void()> work)
{
    asio::post(threads_->network.context, std::move(work));
}

void NodeLoop::post_chain(std::function<void()> work)
{
    asio::post(threads_->chain.context, std::move(work));
}

void NodeLoop::tick_chain(std::chrono::milliseconds period, std::function<void()> tick)
{
    threads_->tickers.emplace_back(threads_->chain.context, period, std::move(tick));
}

asio::io_context& NodeLoop::network() { return threads_->network.context; }

}  // namespace adit::node::net
