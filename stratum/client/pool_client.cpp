#include "stratum/client/pool_client.hpp"

#include <algorithm>
#include <numeric>

#include "stratum/proto/pool_work.hpp"

namespace adit::stratum::client {
namespace {

constexpr std::size_t kLatenciesForVerdict = 8;
constexpr std::size_t kRejectsForDiagnosis = 3;
constexpr std::size_t kEvidenceKept = 8;
constexpr Duration kProvedAfter = std::chrono::seconds(60);

Login login_for(const ClientOptions& options, const PoolUrl& url)
{
    Login login;
    login.user = url.user;
    login.password = url.password.empty() ? "x" : url.password;
    login.agent = options.agent;
    login.host = url.host;
    login.port = url.port;
    login.subscribe_extranonce = url.subscribe_extranonce;
    login.suggest_target = options.suggest_target;
    login.algorithm = options.algorithm;
    return login;
}

template <class T>
void keep_last(std::vector<T>& items, T item)
{
    if (items.size() >= kEvidenceKept) items.erase(items.begin());
    items.push_back(std::move(item));
}

}  // namespace

PoolClient::PoolClient(ClientOptions options, u64 seed)
    : options_(std::move(options)),
      random_(seed),
      failover_(options_.pools.size(), options_.failover, random_),
      stats_(options_.pools.size()),
      rate_(options_.rate_window)
{
    for (const PoolUrl& url : options_.pools) {
        sessions_.emplace_back(login_for(options_, url), static_cast<u32>(sessions_.size()),
                               options_.limits);
        addresses_.push_back({url.host, url.port});
    }
}

void PoolClient::feed(ClientInput input, TimePoint now)
{
    if (auto* found = std::get_if<Found>(&input)) {
        take_share(std::move(found->share), now);
    } else if (const auto* up = std::get_if<Connected>(&input)) {
        if (Link* link = link_of(up->dial)) {
            link->up = true;
            ++stats_[link->pool].connections;
            sessions_[link->pool].on_connected(link->dial, now);
        }
    } else if (const auto* received = std::get_if<Received>(&input)) {
        if (Link* link = link_of(received->dial); link != nullptr && link->up)
            sessions_[link->pool].on_bytes(received->bytes, now);
    } else if (const auto* failed = std::get_if<DialFailed>(&input)) {
        if (Link* link = link_of(failed->dial)) lost(*link, failed->text, now);
    } else if (const auto* closed = std::get_if<Closed>(&input)) {
        if (Link* link = link_of(closed->dial)) {
            drain(now);  // its last words may say why
            link = link_of(closed->dial);
            if (link != nullptr) lost(*link, last_words(*link, closed->text), now);
        }
    } else {
        tick(now);
    }
    drain(now);
}

std::optional<ClientOutput> PoolClient::next_output()
{
    if (outputs_.empty()) return std::nullopt;
    ClientOutput output = std::move(outputs_.front());
    outputs_.pop_front();
    return output;
}

std::string PoolClient::take_bytes(u64 dial)
{
    const Link* link = link_of(dial);
    return link != nullptr && link->up ? sessions_[link->pool].take_output() : std::string();
}

std::size_t PoolClient::shares_open() const
{
    return std::accumulate(
        sessions_.begin(), sessions_.end(), std::size_t{0},
        [](std::size_t sum, const ClientSession& s) { return sum + s.shares_open(); });
}

// ── links ───────────────────────────────────────────────────────────────────────────────────────

PoolClient::Link* PoolClient::link_of(u64 dial)
{
    if (dial == 0) return nullptr;
    if (main_.dial == dial) return &main_;
    return probe_.dial == dial ? &probe_ : nullptr;
}

void PoolClient::start_dial(Link& link, std::size_t pool, TimePoint now)
{
    link = Link{};
    link.dial = next_dial_++;
    link.pool = pool;
    link.dialled_at = now;
    outputs_.push_back(Dial{link.dial, pool, addresses_[pool].host, addresses_[pool].port});
}

/// Forgets the link; what its session still had to say is of no more use.
void PoolClient::let_go(Link& link, TimePoint now)
{
    ClientSession& session = sessions_[link.pool];
    session.on_closed(now);
    while (session.next_event()) {
    }
    const std::size_t pool = link.pool;
    link = Link{};
    link.pool = pool;
}

void PoolClient::lost(Link& link, const std::string& why, TimePoint now)
{
    const std::size_t pool = link.pool;
    let_go(link, now);
    addresses_[pool] = {options_.pools[pool].host, options_.pools[pool].port};
    if (&link == &probe_) return failover_.looked_home(now);

    last_trouble_ = name(pool) + ": " + why;
    failover_.failed(pool, now);
    if (work_ && !work_dead_at_) work_dead_at_ = now + options_.dead_work_grace;
    if (!shares_dead_at_) shares_dead_at_ = now + options_.share_wait_max;
    if (probe_.dial != 0 && failover_.next() == probe_.pool) main_ = std::exchange(probe_, {});
    if (main_.dial != 0) return;
    gave_up_ = options_.hands_over && failover_.all_failed();
    if (gave_up_) return say(SourceState::Phase::gave_up, last_trouble_);
    say(SourceState::Phase::waiting, last_trouble_, failover_.dial_at());
}

/// Why a link ended, for people: before the first job, what the pool said last mostly tells.
std::string PoolClient::last_words(const Link& link, const std::string& why)
{
    if (!link.works && !link.said.empty()) return "the pool hung up: " + link.said;
    return why.empty() ? "the pool hung up" : why;
}

void PoolClient::break_off(Link& link, const std::string& why, TimePoint now)
{
    outputs_.push_back(Hang{link.dial});
    lost(link, why, now);
}

// ── time ────────────────────────────────────────────────────────────────────────────────────────

TimePoint PoolClient::main_dial_at() const
{
    return redial_at_ ? *redial_at_ : failover_.dial_at();
}

void PoolClient::tick(TimePoint now)
{
    for (Link* link : {&main_, &probe_}) {
        if (link->dial == 0) continue;
        if (link->up)
            sessions_[link->pool].on_tick(now);
        else if (now - link->dialled_at >= options_.dial_max)
            break_off(*link, "no connection in time", now);
    }
    drain(now);
    if (main_.works && !main_.proved && now - main_.works_since >= kProvedAfter) prove_main();
    let_old_things_go(now);
    dial_what_is_due(now);
}

void PoolClient::prove_main()
{
    main_.proved = true;
    failover_.proved();
}

void PoolClient::dial_what_is_due(TimePoint now)
{
    if (gave_up_) return;
    if (main_.dial == 0 && main_dial_at() <= now) {
        const std::size_t pool = redial_at_ ? main_.pool : failover_.next();
        redial_at_.reset();
        if (options_.tries_max > 0 && dials_in_a_row_ >= options_.tries_max) {
            gave_up_ = true;
            return say(SourceState::Phase::gave_up, std::to_string(dials_in_a_row_) +
                                                        (dials_in_a_row_ == 1 ? " try" : " tries") +
                                                        " in vain; the last: " + last_trouble_);
        }
        ++dials_in_a_row_;
        if (probe_.dial != 0 && probe_.pool == pool) return void(main_ = std::exchange(probe_, {}));
        start_dial(main_, pool, now);
        say(SourceState::Phase::connecting, last_trouble_);
    }
    const auto look_at = failover_.look_home_at();
    if (main_.works && main_.pool != 0 && probe_.dial == 0 && look_at && *look_at <= now)
        start_dial(probe_, 0, now);
}

void PoolClient::let_old_things_go(TimePoint now)
{
    if (work_dead_at_ && *work_dead_at_ <= now) {
        work_dead_at_.reset();
        work_.reset();
        outputs_.push_back(WorkIs{nullptr});
    }
    if (shares_dead_at_ && *shares_dead_at_ <= now) {
        shares_dead_at_.reset();
        for (ClientSession& session : sessions_) session.abandon();
    }
}

TimePoint PoolClient::wake_at() const
{
    TimePoint wake = TimePoint::max();
    const auto earlier = [&](TimePoint at) { wake = std::min(wake, at); };
    if (main_.dial == 0 && !gave_up_) earlier(main_dial_at());
    for (const Link* link : {&main_, &probe_}) {
        if (link->dial == 0) continue;
        earlier(link->up ? sessions_[link->pool].wake_at() : link->dialled_at + options_.dial_max);
    }
    if (main_.works && main_.pool != 0 && probe_.dial == 0 && failover_.look_home_at())
        earlier(*failover_.look_home_at());
    if (main_.works && !main_.proved) earlier(main_.works_since + kProvedAfter);
    if (work_dead_at_) earlier(*work_dead_at_);
    if (shares_dead_at_) earlier(*shares_dead_at_);
    return wake;
}

// ── what sessions say ───────────────────────────────────────────────────────────────────────────

void PoolClient::drain(TimePoint now)
{
    for (bool any = true; any;) {  // an event may make the probe the main link
        any = false;
        for (Link* link : {&main_, &probe_}) {
            if (link->dial == 0) continue;
            auto event = sessions_[link->pool].next_event();
            if (!event) continue;
            any = true;
            on_event(*link, *event, now);
        }
    }
    for (std::size_t pool = 0; pool < sessions_.size(); ++pool)
        for (Ruled& ruled : sessions_[pool].take_ruled()) on_ruled(pool, std::move(ruled), now);
    if (main_.works && too_slow()) {
        failover_.shun(main_.pool);
        break_off(main_, "its answers take too long", now);
    }
}

void PoolClient::on_event(Link& link, SessionEvent& event, TimePoint now)
{
    if (auto* fresh = std::get_if<NewWork>(&event)) {
        on_work(link, *fresh, now);
    } else if (const auto* moves = std::get_if<PoolMoves>(&event)) {
        on_move(link, moves->to, now);
    } else if (const auto* broken = std::get_if<Broken>(&event)) {
        if (broken->shun) failover_.shun(link.pool);
        break_off(link, broken->text, now);
    } else if (const auto* refused = std::get_if<LoginRefused>(&event)) {
        // Many pools send work before they look at the log-in: that was no success.
        dials_in_a_row_ += std::exchange(dials_before_work_, 0);
        failover_.shun(link.pool);
        break_off(link, refused->text, now);
    } else if (const auto* said = std::get_if<PoolSaid>(&event)) {
        link.said = said->text;
        note(false, link.pool, "says: " + said->text);
    } else if (const auto* warned = std::get_if<PoolWarned>(&event)) {
        note(true, link.pool, warned->text);
    }
}

void PoolClient::on_first_work(Link& link, TimePoint now)
{
    link.works = true;
    link.works_since = now;
    dials_before_work_ = std::exchange(dials_in_a_row_, 0);
    latencies_.clear();
    last_trouble_.clear();
    shares_dead_at_.reset();
    failover_.works(link.pool, now);
    for (std::size_t pool = 0; pool < sessions_.size(); ++pool)
        if (pool != link.pool) sessions_[pool].abandon();
    if (!std::exchange(ever_worked_, true)) rate_.start(now);
    say(SourceState::Phase::working, "");
}

void PoolClient::on_work(Link& link, NewWork& fresh, TimePoint now)
{
    Link* source = &link;
    if (source == &probe_) {
        note(false, probe_.pool, "is back");
        if (main_.dial != 0) {
            outputs_.push_back(Hang{main_.dial});
            let_go(main_, now);
        }
        main_ = std::exchange(probe_, {});
        source = &main_;
    }
    if (!source->works) on_first_work(*source, now);
    if (fresh.voids_older || work_pool_ != source->pool) ++epoch_;
    work_pool_ = source->pool;
    work_dead_at_.reset();
    fresh.work.epoch = epoch_;
    evidence_.newest_target = fresh.work.share_target;
    if (fresh.work.share_target < fresh.work.block_target && (!work_ || fresh.voids_older))
        note(true, source->pool, "asks for shares harder than a block; few or none will be found");
    work_ = std::make_shared<const Work>(std::move(fresh.work));
    outputs_.push_back(WorkIs{work_});
}

void PoolClient::on_move(Link& link, const Reconnect& to, TimePoint now)
{
    const std::size_t pool = link.pool;
    Address address = addresses_[pool];
    if (!to.host.empty() && !may_move(options_.pools[pool].host, to.host))
        return note(
            true, pool,
            "wants to send us to " + to.host + ", which is of another domain: not followed");
    if (!failover_.may_move(pool, now))
        return break_off(link, "it sends us from place to place too often", now);
    if (&link == &probe_) return break_off(link, "it sends us elsewhere", now);
    if (!to.host.empty()) address.host = to.host;
    if (to.port != 0) address.port = to.port;
    outputs_.push_back(Hang{link.dial});
    let_go(link, now);
    addresses_[pool] = address;
    redial_at_ = now + std::chrono::seconds(to.wait_s);
    if (work_ && !work_dead_at_) work_dead_at_ = now + options_.dead_work_grace;
    if (!shares_dead_at_) shares_dead_at_ = now + options_.share_wait_max;
    note(false, pool, "moves us to " + address.host + ":" + std::to_string(address.port));
}

// ── shares ──────────────────────────────────────────────────────────────────────────────────────

void PoolClient::take_share(Share share, TimePoint now)
{
    const PoolOrigin* origin = share.work ? pool_origin(*share.work) : nullptr;
    if (origin == nullptr || origin->pool >= sessions_.size())
        return outputs_.push_back(Ruled{std::move(share), Ruling::malformed, "no pool's work", {}});
    ClientSession& session = sessions_[origin->pool];
    session.submit(std::move(share), now);
    if (main_.works && main_.pool != origin->pool) session.abandon();
}

void PoolClient::on_ruled(std::size_t pool, Ruled ruled, TimePoint now)
{
    PoolStats& stats = stats_[pool];
    ++stats.rulings[static_cast<std::size_t>(ruled.ruling)];
    if (ruled.latency > Duration::zero()) {
        stats.latencies.push_back(ruled.latency);
        if (stats.latencies.size() > PoolStats::kLatenciesKept) stats.latencies.pop_front();
        latencies_.push_back(ruled.latency);
        if (latencies_.size() > kLatenciesForVerdict) latencies_.pop_front();
    }
    if (ruled.ruling == Ruling::accepted) {
        rate_.accepted(ruled.share.work->share_target, now);
        if (pool == main_.pool && main_.works) prove_main();
    }
    look_into_rejects(pool, ruled);
    outputs_.push_back(std::move(ruled));
}

bool PoolClient::too_slow() const
{
    if (options_.max_latency <= Duration::zero() || latencies_.size() < kLatenciesForVerdict)
        return false;
    const Duration sum = std::accumulate(latencies_.begin(), latencies_.end(), Duration{});
    return sum / static_cast<Duration::rep>(latencies_.size()) > options_.max_latency;
}

/// Asks for a diagnosis once a few shares were refused for what they are, and not too many
/// accepted between them.
void PoolClient::look_into_rejects(std::size_t pool, const Ruled& ruled)
{
    if (ruled.ruling == Ruling::accepted) {
        keep_last(evidence_.accepted, ruled.share);
        if (++accepted_since_reject_ > 4 * kRejectsForDiagnosis) evidence_.rejected.clear();
        return;
    }
    if (ruled.ruling != Ruling::invalid_solution && ruled.ruling != Ruling::low_difficulty) return;
    accepted_since_reject_ = 0;
    keep_last(evidence_.rejected, {ruled.share, ruled.ruling, ruled.reason});
    if (evidence_.rejected.size() < kRejectsForDiagnosis) return;
    evidence_.hint = sessions_[pool].hint();
    outputs_.push_back(Diagnose{evidence_});
    evidence_.rejected.clear();
    evidence_.accepted.clear();
}

// ── saying ──────────────────────────────────────────────────────────────────────────────────────

void PoolClient::say(SourceState::Phase phase, std::string text, TimePoint next_try)
{
    outputs_.push_back(StateIs{SourceState{phase, std::move(text), next_try}});
}

void PoolClient::note(bool warning, std::size_t pool, const std::string& text)
{
    outputs_.push_back(Note{warning, name(pool) + ": " + text});
}

}  // namespace adit::stratum::client
