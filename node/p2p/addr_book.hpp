#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "kernels/base/random.hpp"
#include "node/p2p/endpoint.hpp"
#include "node/p2p/messages.hpp"

/// Which addresses we know, in tables that a single neighbourhood of the internet cannot fill
/// (after Heilman et al. 2015, "Eclipse Attacks on Bitcoin's Peer-to-Peer Network", and the
/// counter-measures Bitcoin Core took from it).
namespace adit::node::p2p {

class AddrBook {
public:
    static constexpr u32 kNewBuckets = 1024;
    static constexpr u32 kTriedBuckets = 256;
    static constexpr u32 kSlots = 64;                ///< addresses a bucket
    static constexpr u32 kNewBucketsPerSource = 64;  ///< a source group reaches
    static constexpr u32 kTriedBucketsPerGroup = 8;  ///< an address group reaches
    static constexpr u32 kNewPlacesMax = 8;          ///< buckets one new address may sit in
    static constexpr std::size_t kTestsMax =
        10;  ///< tried entries waiting to be tested before eviction
    static constexpr UnixTime kTestImmunity_s =
        4 * 3600;  ///< an entry that answered so recently stays

    /// @param key  secret, kept over restarts: bucket places follow from it
    AddrBook(const Hash256& key, u64 seed) : key_(key), random_(seed) {}

    /// Heard of from `source`. Times in the future or long past are bent to something plausible.
    /// @return whether it is new to us
    bool add(const Endpoint& endpoint, u64 services, const Endpoint& source, UnixTime seen,
             UnixTime now);
    /// A connection was tried / shook hands: the address moves to tried, or waits for the test of
    /// the one in its place.
    void attempted(const Endpoint& endpoint, UnixTime now);
    void connected(const Endpoint& endpoint, UnixTime now);

    enum class From { either, fresh, tried };  ///< `fresh`: the new ones
    /// One to connect to: new or tried with equal chance, fresh failures less likely.
    std::optional<Endpoint> pick(UnixTime now, From from = From::either);
    /// The tried entry to test next before it is evicted; nullopt when none waits.
    std::optional<Endpoint> pick_test();
    /// Ends the tests whose outcome is known.
    void settle_tests(UnixTime now);

    static constexpr std::size_t kSampleMin = 32;  ///< a small network is told whole

    /// For getaddr: at most `max`, and of a large book 23 %, none of them terrible.
    std::vector<TimedAddress> sample(std::size_t max, UnixTime now);

    std::size_t size() const { return by_endpoint_.size(); }
    std::size_t tried_count() const { return tried_count_; }
    bool is_tried(const Endpoint& endpoint) const;
    std::size_t new_count() const { return size() - tried_count_; }

    /// The book as bytes (with its key), and back; nullopt when damaged.
    Bytes save() const;
    static std::optional<AddrBook> load(ByteView bytes, u64 seed);

private:
    struct Entry {
        Endpoint endpoint;
        Endpoint source;
        u64 services = 0;
        UnixTime seen = 0;
        UnixTime tried_at = 0;
        UnixTime good_at = 0;
        u32 attempts = 0;  ///< failed since good_at
        u32 new_places = 0;
        bool tried = false;

        bool terrible(UnixTime now) const;
        u64 chance(UnixTime now) const;  ///< of 2^20
    };
    using Id = u32;  ///< 0: none
    struct Place {
        u32 bucket;
        u32 slot;
    };

    u64 keyed(std::span<const ByteView> parts) const;
    Place new_place(const Entry& entry, const Endpoint& source) const;
    Place tried_place(const Entry& entry) const;
    Id new_slot(Place p) const { return new_[p.bucket * kSlots + p.slot]; }
    Id tried_slot(Place p) const { return tried_[p.bucket * kSlots + p.slot]; }
    void set_new(Place p, Id id);
    void set_tried(Place p, Id id);
    Entry* find(const Endpoint& endpoint);
    Id make(const Entry& entry);
    void drop_new_place(Place place);
    void erase(Id id);
    void clear_new_places(Id id);
    void make_tried(Id id);
    bool put_new(Id id, const Endpoint& source, UnixTime now);

    Hash256 key_;
    Random random_;
    std::unordered_map<Id, Entry> entries_;
    std::unordered_map<Endpoint, Id, EndpointHash> by_endpoint_;
    std::vector<Id> new_ = std::vector<Id>(kNewBuckets * kSlots);
    std::vector<Id> tried_ = std::vector<Id>(kTriedBuckets * kSlots);
    std::vector<u32> new_filled_ = std::vector<u32>(kNewBuckets);  ///< slots in use, by bucket
    std::vector<u32> tried_filled_ = std::vector<u32>(kTriedBuckets);
    std::vector<Id> tests_;  ///< candidates waiting for the entry in their tried place
    Id next_id_ = 1;
    std::size_t tried_count_ = 0;
};

}  // namespace adit::node::p2p
