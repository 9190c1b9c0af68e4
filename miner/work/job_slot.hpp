#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

#include "kernels/solver/solver.hpp"
#include "stratum/proto/work_source.hpp"

namespace adit::miner::work {

/// What one worker is to do until it hears otherwise.
struct Order {
    stratum::WorkPtr work;     ///< never null
    equihash::PowInput input;  ///< the work's header with our salt in its nonce
    solver::NonceRange slice;  ///< this worker's part of the nonces
};
using OrderPtr = std::shared_ptr<const Order>;

/// A worker's inbox. It holds the newest order alone: one that nobody took is forgotten. Any
/// thread may post; one takes.
class JobSlot {
public:
    struct Taken {
        OrderPtr order;
        std::stop_token stop;  ///< requested once this order is to be left at once
    };

    /// @param leave_old  stop the batch in progress; otherwise it is finished first
    void post(OrderPtr order, bool leave_old);

    /// Nothing to do until the next post; the batch in progress stops.
    void clear();

    /// The end: the batch in progress stops, `take` gives nothing more.
    void close();

    /// Stops the batch in progress; the order stays (a worker about to restart its device).
    void interrupt();

    /// The order to work on now; waits while there is none. nullopt once closed.
    std::optional<Taken> take();

    /// Waits until another order than `old` lies here, or none. False once closed.
    bool wait_for_other(const OrderPtr& old);

    /// Waits for time to pass. False, at once, when closed.
    bool sleep_until(TimePoint when);

    bool closed() const;

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    OrderPtr order_;
    std::stop_source stop_;
    bool closed_ = false;
};

}  // namespace adit::miner::work
