#pragma once

#include <signal.h>

#include <chrono>

namespace adit {

/// Keeps SIGINT, SIGTERM and SIGHUP from this thread and from all that it starts afterwards, so
/// that they are waited for in one place; writing to a closed pipe becomes an error like any other.
class Interrupts {
public:
    Interrupts()
    {
        sigemptyset(&set_);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
        pthread_sigmask(SIG_BLOCK, &set_, nullptr);
        ::signal(SIGPIPE, SIG_IGN);
    }

    /// The signal that came within `patience`; 0: none.
    int wait(std::chrono::milliseconds patience) const
    {
        const timespec time{patience.count() / 1000, patience.count() % 1000 * 1'000'000};
        const int signal = sigtimedwait(&set_, nullptr, &time);
        return signal > 0 ? signal : 0;
    }

private:
    sigset_t set_{};
};

}  // namespace adit
