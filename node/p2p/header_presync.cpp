#include "node/p2p/header_presync.hpp"

#include <algorithm>

#include "node/consensus/check_header.hpp"
#include "node/p2p/header_sync.hpp"

namespace adit::node::p2p {

HeaderPresync::HeaderPresync(const chain::Chainstate& chain, const chain::BlockNode& start)
    : chain_(chain),
      start_(start),
      expected_(start.hash),
      height_(start.height),
      work_(start.total_work),
      ancestry_(chain::ancestors_of(start, consensus::ancestors_needed(chain.spec())))
{}

HeaderPresync::Outcome HeaderPresync::on_headers(std::span<const BlockHeader> headers, UnixTime now)
{
    return fetching_ ? give_back(headers) : prove(headers, now);
}

HeaderPresync::Outcome HeaderPresync::prove(std::span<const BlockHeader> headers, UnixTime now)
{
    for (const BlockHeader& header : headers) {
        if (const auto verdict = check(header, now); !verdict) return {verdict.error(), true, 0};
        height_ = Height(height_.value + 1);
        work_ = work_ + chain::work_of_bits(header.bits);
        if (ancestry_.size() == consensus::ancestors_needed(chain_.spec())) ancestry_.pop_back();
        ancestry_.insert(ancestry_.begin(), {header.time, header.bits});
    }
    expected_ = hash_of(headers.back());
    last_hashes_.push_back(expected_);
    if (work_ >= chain_.spec().minimum_chain_work) {
        fetching_ = true;
        expected_ = start_.hash;
        return {};
    }
    const bool more = headers.size() == kHeadersMax && last_hashes_.size() < kPresyncMessagesMax;
    return {std::nullopt, !more, 0};
}

/// The cheap rules first: bits and times cost nothing, a solution up to 150 us.
consensus::Verdict HeaderPresync::check(const BlockHeader& header, UnixTime now) const
{
    const consensus::Verdict in_chain =
        consensus::check_header_in_chain(chain_.spec(), header, {height_, ancestry_}, now);
    return in_chain ? chain_.check_header(header) : in_chain;
}

HeaderPresync::Outcome HeaderPresync::give_back(std::span<const BlockHeader> headers)
{
    // It stands last, but where the peer's chain has grown since or its messages are cut otherwise.
    const BlockHash& wanted = last_hashes_[given_back_];
    std::size_t proven = headers.size();
    while (proven > 0 && hash_of(headers[proven - 1]) != wanted) --proven;
    if (proven == 0) return {std::nullopt, true, 0};
    expected_ = wanted;
    ++given_back_;
    return {std::nullopt, false, proven};
}

Locator HeaderPresync::locator() const
{
    Locator locator;
    locator.hashes = locator_of(start_);
    if (expected_ != start_.hash) locator.hashes.insert(locator.hashes.begin(), expected_);
    if (locator.hashes.size() > kLocatorMax) locator.hashes.resize(kLocatorMax);
    return locator;
}

}  // namespace adit::node::p2p
