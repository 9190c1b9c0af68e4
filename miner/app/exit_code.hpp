#pragma once

namespace adit::miner::app {

/// What the program tells its caller (README, "Exit codes").
struct ExitCode {
    static constexpr int kDone = 0;
    static constexpr int kFailed = 1;
    static constexpr int kUsage = 2;  ///< a flag, a file or an address is to be changed
    static constexpr int kSelfTestFailed = 3;
    static constexpr int kNothingThere = 4;  ///< no node, no pool, no usable device
    static constexpr int kInterrupted = 130;
};

}  // namespace adit::miner::app
