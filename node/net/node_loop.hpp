#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace adit::node::net {

/// The node's two threads. `network` runs every socket; `chain` alone changes the chain. They hand
/// each other functions and share nothing else.
class NodeLoop {
public:
    /// How long `stop` lets the network thread finish what it has begun.
    static constexpr std::chrono::seconds kStopMax{3};

    NodeLoop();
    ~NodeLoop();  ///< stops

    void start();  ///< once
    /// Returns when both threads have ended: the network first, when its sockets are closed or
    /// after kStopMax, then the chain, when all it was handed is done. Not from these two threads.
    void stop();

    // Any thread.
    void post_network(std::function<void()> work);
    void post_chain(std::function<void()> work);

    /// Before `start`: `tick` runs on the chain thread every `period` until the network has ended.
    void tick_chain(std::chrono::milliseconds period, std::function<void()> tick);

    boost::asio::io_context& network();

private:
    struct Threads;
    std::unique_ptr<Threads> threads_;
};

}  // namespace adit::node::net
