#include "node/chain/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "kernels/base/hex.hpp"
#include "node/chain/ledger.hpp"
#include "node/chain/records.hpp"
#include "node/consensus/check_block.hpp"
#include "node/consensus/check_header.hpp"

namespace adit::node::chain {
namespace {

using consensus::BlockEffect;
using consensus::Coin;

/// All coins there should be.
class Replayed final : public consensus::CoinView {
public:
    std::optional<Coin> find(const OutPoint& outpoint) const override
    {
        const auto at = coins_.find(outpoint);
        return at == coins_.end() ? std::nullopt : std::optional(at->second);
    }
    void apply(const BlockEffect& effect)
    {
        for (const auto& made : effect.created) coins_[made.outpoint] = made.coin;
        for (const auto& spent : effect.spent) coins_.erase(spent.outpoint);
    }
    const std::map<OutPoint, Coin>& all() const { return coins_; }

private:
    std::map<OutPoint, Coin> coins_;
};

class Audit {
public:
    Audit(const consensus::ChainSpec& spec, const Store& store, const AuditOptions& options)
        : spec_(spec), store_(store), options_(options), index_(spec.genesis.header)
    {}

    Result<AuditReport, AuditFinding> run(const std::stop_token& stop)
    {
        ADIT_CHECKED(find_path());
        report_.height = static_cast<u32>(path_.size() - 1);
        ADIT_CHECKED(check_genesis());
        for (u32 height = 1; height <= report_.height; ++height) {
            if (stop.stop_requested()) return AuditFinding{std::nullopt, "interrupted"};
            if (auto wrong = check_height(Height(height)); !wrong.empty())
                return AuditFinding{Height(height), std::move(wrong)};
            if (options_.progress) options_.progress(height, report_.height);
        }
        ADIT_CHECKED(check_coins());
        return report_;
    }

private:
    using Verdict = Result<void, AuditFinding>;
    static AuditFinding beside(std::string text) { return {std::nullopt, std::move(text)}; }

    /// A record; nullopt with `wrong` set when there is none to read.
    std::optional<Bytes> read(Column column, ByteView key, std::string_view name,
                              std::string& wrong) const
    {
        auto record = store_.get(column, key);
        if (!record)
            wrong = fmt::format("its {} cannot be read: {}", name, record.error().text);
        else if (!*record)
            wrong = fmt::format("its {} is not there", name);
        else
            return std::move(**record);
        return std::nullopt;
    }

    /// From the tip's record back to genesis, by each index record's parent.
    Verdict find_path()
    {
        std::string wrong;
        const auto record = read(Column::meta, as_bytes(kTipKey), "tip", wrong);
        const auto tip = record ? read_tip(*record) : std::nullopt;
        if (!tip) return beside("the tip cannot be read");
        tip_ = *tip;
        const auto in_index = store_.get(Column::index, block_key(tip_.height, tip_.hash));
        if (!in_index || !*in_index) return beside("the tip is not in the index");
        path_.resize(tip_.height.value + 1);
        records_.resize(path_.size());
        BlockHash hash = tip_.hash;
        for (u32 height = tip_.height.value;; --height) {
            path_[height] = hash;
            const auto bytes =
                read(Column::index, block_key(Height(height), hash), "index record", wrong);
            const auto index = bytes ? read_index(*bytes) : std::nullopt;
            if (!index)
                return AuditFinding{Height(height),
                                    wrong.empty() ? "its index record cannot be read" : wrong};
            records_[height] = *index;
            if (height == 0) break;
            hash = index->prev;
        }
        if (path_[0] != index_.genesis()->hash)
            return AuditFinding{Height(0), "it is not the chain's genesis"};
        return {};
    }

    Verdict check_genesis()
    {
        std::string wrong;
        const auto block = read_block(Height(0), wrong);
        if (block && *block != spec_.genesis) wrong = "it is not the chain's genesis";
        if (!wrong.empty()) return AuditFinding{Height(0), wrong};
        parent_ = index_.genesis();
        report_.supply = genesis_supply(spec_.genesis);
        return {};
    }

    std::optional<Block> read_block(Height height, std::string& wrong) const
    {
        const Bytes key = block_key(height, path_[height.value]);
        const auto header_bytes = read(Column::headers, key, "header", wrong);
        if (!header_bytes) return std::nullopt;
        const auto header = from_bytes<BlockHeader>(*header_bytes);
        if (!header || hash_of(*header) != path_[height.value]) {
            wrong = "its header is another block's";
            return std::nullopt;
        }
        const auto body_bytes = read(Column::bodies, key, "body", wrong);
        if (!body_bytes) return std::nullopt;
        auto transactions = read_body(*body_bytes);
        if (!transactions) {
            wrong = "its body cannot be read";
            return std::nullopt;
        }
        return Block{*header, std::move(*transactions)};
    }

    /// What is wrong with the block of this height; empty when nothing is.
    std::string check_height(Height height)
    {
        std::string wrong;
        const auto block = read_block(height, wrong);
        if (!block) return wrong;
        const BlockHeader& header = block->header;
        const IndexRecord& record = records_[height.value];
        if (header.prev != parent_->hash || record.prev != header.prev ||
            record.version != header.version || record.time != header.time ||
            record.bits != header.bits || record.failure || !record.was_connected)
            return "its index record does not fit its header";
        const consensus::Verdict verdict = check_rules(*block, height);
        if (!verdict) return std::string(reject_word(verdict.error()));
        parent_ =
            index_.add(path_[height.value], *parent_, header.version, header.time, header.bits);
        const auto undo =
            read(Column::undo, block_key(height, path_[height.value]), "undo data", wrong);
        if (!undo) return wrong;
        if (*undo != undo_record(effect_)) return "its undo data does not fit";
        return {};
    }

    consensus::Verdict check_rules(const Block& block, Height height)
    {
        const BlockHeader& header = block.header;
        ADIT_CHECKED(options_.header_check ? options_.header_check(header)
                                           : consensus::check_header(spec_, header));
        const auto blocks = ancestors_of(*parent_, consensus::ancestors_needed(spec_));
        ADIT_CHECKED(consensus::check_header_in_chain(spec_, header, {parent_->height, blocks},
                                                      options_.now));
        ADIT_CHECKED(consensus::check_block(spec_, block));
        ADIT_CHECKED(consensus::check_block_at(spec_, block, height));
        std::vector<consensus::ScriptJob> jobs;
        ADIT_TRY(effect_, consensus::connect_block(
                              spec_, block, height, coins_,
                              [&](const Transaction& tx, std::size_t input, const TxOut& spent) {
                                  jobs.push_back({&tx, input, spent});
                                  return true;
                              }));
        if (!jobs.empty() && (!options_.script_batch_check || !options_.script_batch_check(jobs)))
            return consensus::BlockError::script_verify_failed;
        report_.inputs += jobs.size();
        report_.transactions += block.transactions.size();
        coins_.apply(effect_);
        report_.supply.issued += effect_.issued;
        report_.supply.unspendable += effect_.unspendable;
        return {};
    }

    Verdict check_coins()
    {
        Supply& supply = report_.supply;
        supply.coins = coins_.all().size();
        for (const auto& [outpoint, coin] : coins_.all()) supply.unspent += coin.out.value;
        if (supply != tip_.supply) return beside("the tip's sums do not fit the chain");
        std::string wrong;
        u64 seen = 0;
        const auto scanned = store_.scan(Column::coins, [&](ByteView key, ByteView value) {
            const auto outpoint = read_coin_key(key);
            const auto coin = read_coin(value);
            if (!outpoint || !coin || coins_.find(*outpoint) != coin)
                wrong = fmt::format("a coin does not fit the chain: {}", to_hex(key));
            ++seen;
            return wrong.empty();
        });
        if (!scanned) return beside("the coins cannot be read: " + scanned.error().text);
        if (wrong.empty() && seen != supply.coins)
            wrong = fmt::format("{} coins are missing", supply.coins - seen);
        if (!wrong.empty()) return beside(wrong);
        return {};
    }

    const consensus::ChainSpec& spec_;
    const Store& store_;
    const AuditOptions& options_;
    BlockIndex index_;
    TipRecord tip_;
    std::vector<BlockHash> path_;  // by height
    std::vector<IndexRecord> records_;
    const BlockNode* parent_ = nullptr;
    Replayed coins_;
    BlockEffect effect_;
    AuditReport report_;
};

}  // namespace

Result<AuditReport, AuditFinding> audit(const consensus::ChainSpec& spec, const Store& store,
                                        const AuditOptions& options, const std::stop_token& stop)
{
    return Audit(spec, store, options).run(stop);
}

}  // namespace adit::node::chain
