#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "node/rpc/methods.hpp"

namespace adit::node::rpc {

/// Most bodies that wait for the chain thread at once; more are answered 503.
inline constexpr std::size_t kWorkQueueMax = 64;

/// From a body to its answer: reads it where it arrives, runs its calls one after the other on the
/// chain thread. A call that waits holds up its own batch and nobody else.
class Dispatcher {
public:
    using Post = std::function<void(std::function<void()>)>;
    using Done = std::function<void(HttpAnswer)>;

    /// `methods` outlives everything posted. `post_to_chain` may be called from any thread.
    Dispatcher(const MethodTable& methods, Post post_to_chain,
               std::size_t work_queue_max = kWorkQueueMax);

    /// Any thread. `done` is called once: at once for a body that is no call, else on the chain
    /// thread. `gone` only tells calls that wait to wait no longer.
    void answer(std::string_view body, std::stop_token gone, Done done);

private:
    struct Task;
    void post(std::shared_ptr<Task> task);
    void run_next(std::shared_ptr<Task> task);
    void take(const std::shared_ptr<Task>& task, RpcResult result);

    const MethodTable& methods_;
    Post post_to_chain_;
    std::size_t work_queue_max_;
    std::atomic<std::size_t> queued_{0};
};

}  // namespace adit::node::rpc
