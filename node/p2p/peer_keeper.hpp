#pragma once

#include "kernels/base/random.hpp"
#include "node/p2p/addr_book.hpp"
#include "node/p2p/peer.hpp"

/// Whom to connect to, whom to let in, whom to let go.
namespace adit::node::p2p {

struct KeeperLimits {
    std::size_t peers_max = 125;  ///< connections in all
    std::size_t outbound_full = 8;
    std::size_t outbound_block_only = 2;
    std::size_t inbound_per_address = 16;  ///< connections from one IP address
    bool automatic = true;                 ///< false: only what the operator asked for is dialled
    bool allow_private = true;             ///< LAN and loopback addresses are worth dialling
};

inline constexpr Duration kFeelerMean = 120s;
inline constexpr Duration kDialPause = 100ms;  ///< between two automatic dials
inline constexpr Duration kNobodyPause = 2s;   ///< after finding nobody worth dialling
inline constexpr Duration kManualRetryMin = 1s;
inline constexpr Duration kManualRetryMax = 60s;
inline constexpr Duration kShunTime = 10min;  ///< after a useless connection
inline constexpr std::size_t kShunnedMax = 1'000;
inline constexpr UnixTime kDiscouraged_s = 24 * 3600;
inline constexpr std::size_t kDiscouragedMax = 50'000;
inline constexpr std::size_t kAnchorsMax = 2;
/// Block-only peers and half of the full ones are taken from the tried addresses while there are so
/// many: told addresses cost an attacker nothing, tried ones a host that answers.
inline constexpr std::size_t kTriedEnough = 16;

/// One IP address (all its ports) kept out until a time.
struct Ban {
    std::array<u8, 16> ip{};
    UnixTime until = 0;
    UnixTime created = 0;
    bool manual = false;  ///< the operator's: survives restarts
};

class PeerKeeper {
public:
    PeerKeeper(KeeperLimits limits, u64 seed)
        : limits_(limits), random_(seed), secret_(random_.next())
    {}

    struct Dial {
        Endpoint endpoint;
        PeerKind kind{};
    };
    /// The connections to open now.
    std::vector<Dial> dials(const Peers& peers, AddrBook& book, bool tip_is_stale, TimePoint now,
                            UnixTime unix_now);
    TimePoint wake_at() const { return next_dial_; }

    void add_manual(const Endpoint& endpoint);
    /// Dialled once, as soon as may be.
    void try_once(const Endpoint& endpoint) { once_.push_back(endpoint); }
    bool remove_manual(const Endpoint& endpoint);
    std::vector<Endpoint> manual() const;
    void on_dial_failed(const Endpoint& endpoint, TimePoint now);
    void on_manual_ready(const Endpoint& endpoint);
    /// It stalled, or had nothing for us: not to be dialled for a while.
    void on_useless(const Endpoint& endpoint, TimePoint now);

    /// Block-only peers of the last run, dialled first.
    void set_anchors(std::vector<Endpoint> anchors) { anchors_ = std::move(anchors); }

    enum class Admission { welcome, evict_first, banned, too_many_from_address, full };
    /// Whether a new inbound connection may stay.
    Admission admit(const Peers& peers, const Endpoint& from, UnixTime now);
    /// The inbound peer to give up for a newcomer; 0 when all are protected.
    PeerId victim(const Peers& peers) const;

    void ban(const std::array<u8, 16>& ip, UnixTime until, UnixTime now, bool manual);
    bool unban(const std::array<u8, 16>& ip);
    bool is_banned(const std::array<u8, 16>& ip, UnixTime now) const;
    std::vector<Ban> bans(UnixTime now) const;
    u64 manual_ban_changes() const { return manual_ban_changes_; }  ///< for whoever keeps them

    const KeeperLimits& limits() const { return limits_; }

private:
    struct Manual {
        Duration retry = kManualRetryMin;
        TimePoint due{};
    };
    std::optional<Endpoint> pick(const Peers& peers, AddrBook& book, PeerKind kind, TimePoint now,
                                 UnixTime unix_now);
    static bool dialled(const Peers& peers, const Endpoint& endpoint);
    static bool connected_to(const Peers& peers, const Endpoint& endpoint);  ///< either way

    KeeperLimits limits_;
    Random random_;
    u64 secret_;  ///< so that nobody can choose which groups are protected
    std::map<Endpoint, Manual> manual_;
    std::vector<Endpoint> once_;
    std::map<Endpoint, TimePoint> shunned_;  ///< until when
    std::vector<Endpoint> anchors_;
    std::map<std::array<u8, 16>, Ban> bans_;
    u64 manual_ban_changes_ = 0;
    TimePoint next_dial_{};
    TimePoint next_feeler_{};
};

}  // namespace adit::node::p2p
