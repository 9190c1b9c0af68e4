#pragma once

#include <functional>
#include <memory>

#include "stratum/client/source_turns.hpp"

namespace adit::stratum::net {

struct TurnsOptions {
    client::TurnOptions turns;
    /// Each source, made anew for each of its turns, in the order of `turns.names`. A source should
    /// give up by itself after a few tries.
    std::vector<std::function<std::unique_ptr<WorkSource>()>> make;
    /// One line for people; called from the source's thread.
    std::function<void(bool warning, const std::string& line)> log;
};

/// One of several sources, for people.
struct TurnView {
    std::string name;
    bool in_use = false;
    client::SourceTally tally;
};

struct TurnsView {
    std::vector<TurnView> sources;
    RateEstimate rate;  ///< as the accepted shares of the pool in use tell it
};

/// Work from several sources in turn, pools and nodes mixed: the shell around `SourceTurns`, one
/// thread beside those of the sources.
class TurnsSource final : public WorkSource {
public:
    explicit TurnsSource(TurnsOptions options);
    ~TurnsSource() override;

    std::string name() const override;  ///< the first one's
    void start(SourceListener& listener) override;
    void submit(Share share) override;
    void stop(Duration grace) override;

    /// Any thread, while the source runs; waits for its thread.
    TurnsView view();

private:
    class Shell;
    std::unique_ptr<Shell> shell_;
};

}  // namespace adit::stratum::net
