#include "node/p2p/addr_book.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"
#include "kernels/base/endian.hpp"
#include "kernels/hash/sha256d.hpp"

namespace adit::node::p2p {
namespace {

constexpr UnixTime kDay = 24 * 3600;
constexpr UnixTime kForget_s = 30 * kDay;  ///< not seen for so long
constexpr UnixTime kFuture_s = 600;        ///< a time further ahead is a lie
constexpr u32 kNeverGoodTries = 3;
constexpr u32 kFailuresMax = 10;  ///< within a week
constexpr UnixTime kFailuresWithin_s = 7 * kDay;
constexpr UnixTime kJustTried_s = 600;
constexpr UnixTime kTestTime_s = 60;  ///< a test not answered within this has failed
constexpr u64 kCertain = 1 << 20;
constexpr int kPicksMax = 1'000;  ///< looks at slots before giving up
constexpr u32 kFormat = 1;

ByteView bytes_of(const Endpoint& endpoint, std::array<u8, 18>& room)
{
    std::copy(endpoint.ip.begin(), endpoint.ip.end(), room.begin());
    store_be<u16>(room.data() + 16, endpoint.port);
    return room;
}

}  // namespace

bool AddrBook::Entry::terrible(UnixTime now) const
{
    if (now - tried_at <= 60) return false;  // being tried right now
    if (seen > now + kFuture_s || now - seen > kForget_s) return true;
    if (good_at == 0 && attempts >= kNeverGoodTries) return true;
    return now - good_at > kFailuresWithin_s && attempts >= kFailuresMax;
}

u64 AddrBook::Entry::chance(UnixTime now) const
{
    u64 chance = kCertain;
    if (now - tried_at < kJustTried_s) chance /= 100;
    for (u32 i = 0; i < std::min(attempts, 8u); ++i) chance = chance * 66 / 100;
    return chance;
}

bool AddrBook::add(const Endpoint& endpoint, u64 services, const Endpoint& source, UnixTime seen,
                   UnixTime now)
{
    seen = seen > now + kFuture_s || seen < now - kForget_s ? now - 5 * kDay : seen;
    if (Entry* known = find(endpoint)) {
        known->services |= services;
        if (seen > known->seen + kDay / 24 * 20) known->seen = seen;
        if (known->tried || known->new_places >= kNewPlacesMax) return false;
        // Each further place is half as likely: repeating an address buys little.
        if (!random_.one_in(u64{1} << known->new_places)) return false;
        put_new(by_endpoint_.at(endpoint), source, now);
        return false;
    }
    Entry entry;
    entry.endpoint = endpoint;
    entry.source = source;
    entry.services = services;
    entry.seen = seen;
    const Id id = make(entry);
    if (put_new(id, source, now)) return true;
    erase(id);
    return false;
}

void AddrBook::attempted(const Endpoint& endpoint, UnixTime now)
{
    if (Entry* entry = find(endpoint)) {
        entry->tried_at = now;
        ++entry->attempts;
    }
}

void AddrBook::connected(const Endpoint& endpoint, UnixTime now)
{
    if (find(endpoint) == nullptr) add(endpoint, 0, endpoint, now, now);
    const auto at = by_endpoint_.find(endpoint);
    if (at == by_endpoint_.end()) return;
    Entry& entry = entries_.at(at->second);
    entry.tried_at = entry.good_at = entry.seen = now;
    entry.attempts = 0;
    if (entry.tried) return;
    const Id there = tried_slot(tried_place(entry));
    if (there == 0) return make_tried(at->second);
    if (tests_.size() < kTestsMax &&
        std::find(tests_.begin(), tests_.end(), at->second) == tests_.end())
        tests_.push_back(at->second);
}

std::optional<Endpoint> AddrBook::pick(UnixTime now, From from)
{
    if (size() == 0 || (from == From::fresh && new_count() == 0)) return std::nullopt;
    if (from == From::tried && tried_count_ == 0) return std::nullopt;
    const bool from_tried = from == From::tried || (from == From::either && tried_count_ > 0 &&
                                                    (new_count() == 0 || random_.one_in(2)));
    const std::vector<Id>& table = from_tried ? tried_ : new_;
    const std::vector<u32>& filled = from_tried ? tried_filled_ : new_filled_;
    std::vector<u32> buckets;
    for (u32 bucket = 0; bucket < filled.size(); ++bucket)
        if (filled[bucket] != 0) buckets.push_back(bucket);
    u64 leniency = 1;
    for (int look = 0; look < kPicksMax; ++look) {
        // A bucket, then the first filled slot from a random one on: buckets count alike, however
        // full.
        const u64 bucket = buckets[random_.below(buckets.size())];
        const u64 start = random_.below(kSlots);
        for (u64 i = 0; i < kSlots; ++i) {
            const Id id = table[bucket * kSlots + (start + i) % kSlots];
            if (id == 0) continue;
            const Entry& entry = entries_.at(id);
            if (random_.below(kCertain) < entry.chance(now) * leniency) return entry.endpoint;
            ++leniency;
            break;
        }
    }
    return std::nullopt;
}

std::optional<Endpoint> AddrBook::pick_test()
{
    if (tests_.empty()) return std::nullopt;
    const Entry& candidate = entries_.at(tests_[random_.below(tests_.size())]);
    const Id there = tried_slot(tried_place(candidate));
    if (there == 0) return std::nullopt;
    return entries_.at(there).endpoint;
}

void AddrBook::settle_tests(UnixTime now)
{
    std::vector<Id> waiting;
    for (const Id id : tests_) {
        const auto candidate = entries_.find(id);
        if (candidate == entries_.end() || candidate->second.tried) continue;
        const Place place = tried_place(candidate->second);
        const Id there = tried_slot(place);
        if (there == 0) {
            make_tried(id);
            continue;
        }
        Entry& incumbent = entries_.at(there);
        if (now - incumbent.good_at < kTestImmunity_s) continue;  // it answered: it stays
        const bool test_failed = incumbent.tried_at > incumbent.good_at &&
                                 now - incumbent.tried_at > kTestTime_s &&
                                 now - incumbent.tried_at < kTestImmunity_s;
        if (!test_failed) {
            waiting.push_back(id);
            continue;
        }
        // Back to new with the loser; the candidate takes its place.
        set_tried(place, 0);
        incumbent.tried = false;
        --tried_count_;
        if (!put_new(there, incumbent.source, now)) erase(there);
        make_tried(id);
    }
    tests_ = std::move(waiting);
}

std::vector<TimedAddress> AddrBook::sample(std::size_t max, UnixTime now)
{
    std::vector<Id> ids;
    ids.reserve(entries_.size());
    for (const auto& [id, entry] : entries_)
        if (!entry.terrible(now)) ids.push_back(id);
    std::sort(ids.begin(), ids.end());  // the map's own order must not matter
    const std::size_t share = std::max(kSampleMin, (size() * 23 + 99) / 100);
    const std::size_t count = std::min({max, ids.size(), share});
    std::vector<TimedAddress> addresses;
    for (std::size_t i = 0; i < count; ++i) {
        std::swap(ids[i], ids[i + random_.below(ids.size() - i)]);
        const Entry& entry = entries_.at(ids[i]);
        addresses.push_back({static_cast<u32>(entry.seen),
                             {entry.services, entry.endpoint.ip, entry.endpoint.port}});
    }
    return addresses;
}

bool AddrBook::is_tried(const Endpoint& endpoint) const
{
    const auto at = by_endpoint_.find(endpoint);
    return at != by_endpoint_.end() && entries_.at(at->second).tried;
}

u64 AddrBook::keyed(std::span<const ByteView> parts) const
{
    Bytes text(key_.bytes.begin(), key_.bytes.end());
    for (const ByteView part : parts) {
        text.push_back(static_cast<u8>(part.size()));
        append(text, part);
    }
    return load_le<u64>(hash::sha256(text).bytes.data());
}

AddrBook::Place AddrBook::new_place(const Entry& entry, const Endpoint& source) const
{
    std::array<u8, 18> room{};
    const auto group = network_group(entry.endpoint);
    const auto source_group = network_group(source);
    std::array<u8, 8> lane{};
    store_le<u64>(lane.data(),
                  keyed(std::array<ByteView, 3>{as_bytes("new lane"), group, source_group}) %
                      kNewBucketsPerSource);
    const u64 bucket =
        keyed(std::array<ByteView, 3>{as_bytes("new"), source_group, lane}) % kNewBuckets;
    std::array<u8, 8> where{};
    store_le<u64>(where.data(), bucket);
    const u64 slot = keyed(std::array<ByteView, 3>{as_bytes("new slot"), where,
                                                   bytes_of(entry.endpoint, room)}) %
                     kSlots;
    return {static_cast<u32>(bucket), static_cast<u32>(slot)};
}

AddrBook::Place AddrBook::tried_place(const Entry& entry) const
{
    std::array<u8, 18> room{};
    const ByteView endpoint = bytes_of(entry.endpoint, room);
    std::array<u8, 8> lane{};
    store_le<u64>(lane.data(), keyed(std::array<ByteView, 2>{as_bytes("tried lane"), endpoint}) %
                                   kTriedBucketsPerGroup);
    const auto group = network_group(entry.endpoint);
    const u64 bucket =
        keyed(std::array<ByteView, 3>{as_bytes("tried"), group, lane}) % kTriedBuckets;
    std::array<u8, 8> where{};
    store_le<u64>(where.data(), bucket);
    const u64 slot =
        keyed(std::array<ByteView, 3>{as_bytes("tried slot"), where, endpoint}) % kSlots;
    return {static_cast<u32>(bucket), static_cast<u32>(slot)};
}

void AddrBook::set_new(Place p, Id id)
{
    Id& slot = new_[p.bucket * kSlots + p.slot];
    new_filled_[p.bucket] += (id != 0 ? 1u : 0u) - (slot != 0 ? 1u : 0u);
    slot = id;
}

void AddrBook::set_tried(Place p, Id id)
{
    Id& slot = tried_[p.bucket * kSlots + p.slot];
    tried_filled_[p.bucket] += (id != 0 ? 1u : 0u) - (slot != 0 ? 1u : 0u);
    slot = id;
}

AddrBook::Entry* AddrBook::find(const Endpoint& endpoint)
{
    const auto at = by_endpoint_.find(endpoint);
    return at == by_endpoint_.end() ? nullptr : &entries_.at(at->second);
}

AddrBook::Id AddrBook::make(const Entry& entry)
{
    const Id id = next_id_++;
    by_endpoint_[entry.endpoint] = id;
    entries_.emplace(id, entry);
    return id;
}

void AddrBook::drop_new_place(Place place)
{
    const Id id = new_slot(place);
    if (id == 0) return;
    set_new(place, 0);
    Entry& entry = entries_.at(id);
    --entry.new_places;
    if (entry.new_places == 0 && !entry.tried) erase(id);
}

void AddrBook::erase(Id id)
{
    by_endpoint_.erase(entries_.at(id).endpoint);
    entries_.erase(id);
    std::erase(tests_, id);
}

void AddrBook::clear_new_places(Id id)
{
    u32& left = entries_.at(id).new_places;
    for (u32 bucket = 0; left > 0; ++bucket) {
        ADIT_CHECK(bucket < kNewBuckets);
        if (new_filled_[bucket] == 0) continue;
        for (u32 slot = 0; slot < kSlots; ++slot)
            if (new_slot({bucket, slot}) == id) {
                set_new({bucket, slot}, 0);
                --left;
            }
    }
}

void AddrBook::make_tried(Id id)
{
    clear_new_places(id);
    Entry& entry = entries_.at(id);
    ADIT_CHECK(!entry.tried);
    entry.tried = true;
    set_tried(tried_place(entry), id);
    ++tried_count_;
}

bool AddrBook::put_new(Id id, const Endpoint& source, UnixTime now)
{
    Entry& entry = entries_.at(id);
    const Place place = new_place(entry, source);
    const Id there = new_slot(place);
    if (there == id) return true;
    if (there != 0) {
        // A newcomer displaces only the hopeless, or one that sits elsewhere too.
        const Entry& other = entries_.at(there);
        if (!other.terrible(now) && !(other.new_places > 1 && entry.new_places == 0)) return false;
        drop_new_place(place);
    }
    set_new(place, id);
    ++entry.new_places;
    return true;
}

Bytes AddrBook::save() const
{
    Writer w;
    w.number(kFormat);
    w.hash(key_);
    w.compact_size(entries_.size());
    std::vector<Id> ids;
    for (const auto& [id, entry] : entries_) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    for (const Id id : ids) {
        const Entry& e = entries_.at(id);
        w.raw(e.endpoint.ip), w.number(e.endpoint.port);
        w.raw(e.source.ip), w.number(e.source.port);
        w.number(e.services), w.number(e.seen), w.number(e.tried_at), w.number(e.good_at);
        w.number(e.attempts), w.number(static_cast<u8>(e.tried ? 1 : 0));
    }
    Bytes bytes = w.take();
    const Hash256 checksum = hash::sha256d(bytes);
    append(bytes, checksum.bytes);
    return bytes;
}

std::optional<AddrBook> AddrBook::load(ByteView bytes, u64 seed)
{
    if (bytes.size() < 32 ||
        !equal(hash::sha256d(bytes.first(bytes.size() - 32)).bytes, bytes.last(32)))
        return std::nullopt;
    Reader r(bytes.first(bytes.size() - 32));
    u32 format = 0;
    r.number(format);
    Hash256 key;
    r.hash(key);
    const u64 count = r.compact_size();
    if (!r.ok() || format != kFormat) return std::nullopt;
    AddrBook book(key, seed);
    const auto endpoint = [&r](Endpoint& e) {
        if (const ByteView ip = r.take(16); !ip.empty())
            std::copy(ip.begin(), ip.end(), e.ip.begin());
        r.number(e.port);
    };
    for (u64 i = 0; i < count && r.ok(); ++i) {
        Entry e;
        u8 tried = 0;
        endpoint(e.endpoint), endpoint(e.source);
        r.number(e.services), r.number(e.seen), r.number(e.tried_at), r.number(e.good_at);
        r.number(e.attempts), r.number(tried);
        if (!r.ok() || book.find(e.endpoint) != nullptr) return std::nullopt;
        const Id id = book.make(e);
        if (tried != 0 && book.tried_slot(book.tried_place(e)) == 0)
            book.make_tried(id);
        else if (!book.put_new(id, e.source, e.seen))
            book.erase(id);
    }
    if (!r.ok() || r.left() != 0) return std::nullopt;
    return book;
}

}  // namespace adit::node::p2p
