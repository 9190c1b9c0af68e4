#pragma once

#include <deque>
#include <vector>

#include "stratum/client/rpc_line.hpp"
#include "stratum/proto/work_source.hpp"

namespace adit::stratum::client {

/// Brings blocks to a node and learns what became of them. A block is kept while the node is away
/// or has not said anything clear, until the chain has moved on without it.
class BlockDelivery final : public RpcLine {
public:
    static constexpr std::size_t kWaitingMax = 64;  ///< the newest stay
    static constexpr Duration kKeptMax = std::chrono::minutes(10);

    void submit(Share share, TimePoint now);

    /// The node now offers work on top of a block at `height - 1`.
    void on_tip(u32 height);

    std::vector<ShareVerdict> take_verdicts() { return std::exchange(verdicts_, {}); }
    std::size_t waiting() const { return waiting_.size(); }

    std::optional<RpcCall> next_call(TimePoint now) override;
    void on_reply(const RpcReply& reply, TimePoint now) override;
    TimePoint wake_at() const override;

private:
    struct Waiting {
        Share share;
        bool ask = false;  ///< the node may have it: ask by hash before sending it again
        int asked = 0;     ///< answers that left it open
        std::optional<TimePoint> first_sent;
    };
    void on_submit_answer(const Result<json::value, RpcError>& answer, TimePoint now);
    void on_ask_answer(const Result<json::value, RpcError>& answer, TimePoint now);
    void read_word(const std::string& word, TimePoint now);
    void try_later(const RpcError& error, TimePoint now);
    void leave_open(TimePoint now);
    bool moved_on(const Share& share) const { return share.work->height < offered_height_; }
    void rule(ShareOutcome outcome, std::string reason, TimePoint now);

    std::deque<Waiting> waiting_;  ///< the front one is at the node
    std::vector<ShareVerdict> verdicts_;
    u32 offered_height_ = 0;
    std::optional<Hash256> taken_on_;  ///< parent of the last block that the node took
    TimePoint not_before_{};
    int tries_ = 0;
};

}  // namespace adit::stratum::client
