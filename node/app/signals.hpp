#pragma once

#include <signal.h>

#include <chrono>

namespace adit::node::app {

/// Takes SIGINT, SIGTERM and SIGHUP out of the way of this thread and of all it starts from now on,
/// and tells of them; a closed pipe is no signal any more. Made before any other thread; what was
/// blocked stays blocked.
class Signals {
public:
    Signals()
    {
        sigemptyset(&set_);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
        ::signal(SIGPIPE, SIG_IGN);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    }

    /// The signal that came, at the latest after `patience`; 0: none did.
    int wait(std::chrono::milliseconds patience) const
    {
        const timespec time{patience.count() / 1000, patience.count() % 1000 * 1'000'000};
        const int signal = sigtimedwait(&set_, nullptr, &time);
        return signal > 0 ? signal : 0;
    }

private:
    sigset_t set_{};
};

}  // namespace adit::node::app
