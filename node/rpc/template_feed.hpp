#pragma once

#include <list>
#include <optional>
#include <stop_token>

#include "node/chain/chainstate.hpp"
#include "node/crypto/keys.hpp"
#include "node/mempool/chain_pool.hpp"

namespace adit::node::rpc {

/// Templates with a name, and callers who wait until a name is out of date: another tip, other bits
/// by the minimum-difficulty rule, or fees that rose enough to matter. The chain thread alone.
class TemplateFeed : public chain::ChainListener {
public:
    /// Most callers waiting at once; one more is answered at once.
    static constexpr std::size_t kWaitingMax = 256;
    /// Fees that rose by this part of what the miner gets make a new template worth while at once …
    static constexpr BasisPoints kFeesMatterBp = 10;
    /// … and any rise after this time.
    static constexpr Duration kAnyFeesMatterAfter = std::chrono::seconds(30);
    /// How often that is looked at.
    static constexpr Duration kFeesLook = std::chrono::seconds(1);

    /// @param miner_script  where the miner's part goes; nullopt: nobody said
    /// @param pool  whose transactions go into the blocks; null: none
    TemplateFeed(chain::Chainstate& chain, const Clock& clock, std::optional<Script> miner_script,
                 crypto::RandomBytes random, mempool::ChainPool* pool = nullptr);
    ~TemplateFeed() override;

    bool has_miner() const { return miner_script_.has_value(); }

    struct Offer {
        mempool::BlockTemplate block;
        std::string id;  ///< the tip's hash and a number: getblocktemplate's longpollid
    };
    /// A fresh template; its coinbase is like no other.
    Offer make();

    /// Calls `ready` once, at the latest a tick after `id` is out of date, `gone` is set or the
    /// feed is closed; at once when that is so already. An id that was never given is out of date.
    void wait(std::string id, std::stop_token gone, std::function<void()> ready);

    /// To be called a few times a second.
    void tick();
    /// Lets everybody go, now and later.
    void close();
    bool closed() const { return closed_; }

    u32 next_bits() const;  ///< of a block on the tip with the time of now
    std::size_t last_template_bytes() const { return last_bytes_; }
    std::size_t last_template_transactions() const { return last_transactions_; }

    void on_tip_changed(const chain::TipChange&) override { tick(); }

private:
    struct Waiting {
        std::string id;
        std::stop_token gone;
        std::function<void()> ready;
    };
    mempool::BlockTemplate draft(const Script& miner_script, Bytes extra,
                                 std::vector<mempool::TemplateTransaction> transactions = {}) const;
    /// Renews the name when what it stands for has changed.
    void refresh(const mempool::BlockTemplate& now);
    /// Renews the name when fees have risen enough since it was given.
    void look_at_fees();
    std::string current_id() const;

    chain::Chainstate& chain_;
    const Clock& clock_;
    std::optional<Script> miner_script_;
    crypto::RandomBytes random_;
    mempool::ChainPool* pool_;
    std::list<Waiting> waiting_;
    const chain::BlockNode* parent_ = nullptr;  // what the current name stands for
    u32 bits_ = 0;
    u64 revision_ = 0;
    // What fees were when the current name was given, and what they were when last looked at.
    struct Fees {
        u64 revision = 0;
        Amount named = 0;
        Amount matter = 0;  ///< a rise that matters at once, base units
        TimePoint named_at;
        Amount seen = 0;
        u64 seen_changes = 0;
        TimePoint seen_at;
    };
    Fees fees_;
    std::size_t last_bytes_ = 0;
    std::size_t last_transactions_ = 0;
    bool closed_ = false;
};

}  // namespace adit::node::rpc
