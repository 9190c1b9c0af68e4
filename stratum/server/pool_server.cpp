#include "stratum/server/pool_server.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "kernels/base/check.hpp"
#include "kernels/base/hex.hpp"
#include "stratum/proto/codec.hpp"
#include "stratum/proto/target.hpp"

namespace adit::stratum::server {
namespace {

constexpr std::size_t kWorkerNameMax = 128;

/// Names go into files, pages and SQL: letters, digits and a few marks.
bool name_is_clean(std::string_view name)
{
    return !name.empty() && name.size() <= kWorkerNameMax &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_' || c == '-' || c == '@' || c == '+';
           });
}

/// "secret", "x,d=5", "d=5": the password is the part without "=".
struct PasswordParts {
    std::string_view password;
    std::optional<double> difficulty;
};
PasswordParts read_password(std::string_view text)
{
    PasswordParts parts;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        const std::string_view part = text.substr(0, comma);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos) {
            parts.password = part;
        } else if (part.substr(0, equals) == "d" || part.substr(0, equals) == "diff") {
            const std::string_view digits = part.substr(equals + 1);
            double number = 0;
            const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
            if (read.ec == std::errc{} && number > 0) parts.difficulty = number;
        }
    }
    return parts;
}

/// TLS in place of JSON: 0x16 begins a handshake.
bool looks_like_tls(std::string_view bytes)
{
    return bytes.size() >= 2 && bytes[0] == 0x16 && bytes[1] == 0x03;
}

std::string session_name(Random& random)
{
    std::array<u8, 16> bytes;
    for (u8& byte : bytes) byte = static_cast<u8>(random.below(256));
    return to_hex(bytes);
}

}  // namespace

PoolServer::PoolServer(ServerOptions options, u64 seed, u64 first_job)
    : options_(std::move(options)),
      random_(seed),
      guard_(options_.guard),
      prefixes_(static_cast<u32>(random_.next())),
      jobs_(first_job)
{}

// ── connections ─────────────────────────────────────────────────────────────────────────────────

Result<u64, AddressGuard::Answer> PoolServer::accept(const std::string& address, TimePoint now)
{
    if (draining_) return AddressGuard::Answer::server_full;
    const auto answer = guard_.connect(address, now);
    if (answer != AddressGuard::Answer::welcome) return answer;
    const u64 number = next_connection_++;
    sessions_.emplace(
        number, std::make_unique<ServerSession>(number, address, options_.line_bytes_max, now));
    return number;
}

ServerSession* PoolServer::find(u64 connection)
{
    const auto found = sessions_.find(connection);
    return found == sessions_.end() ? nullptr : found->second.get();
}

void PoolServer::on_bytes(u64 connection, std::string_view bytes, TimePoint now)
{
    ServerSession* session = find(connection);
    if (session == nullptr || session->closing || draining_) return;
    if (!session->subscribed() && looks_like_tls(bytes))
        return close(*session, "this port speaks plain stratum+tcp, not TLS");
    const bool fits = session->framer().feed(bytes, [&](std::string_view line) {
        on_line(*session, line, now);
        return !session->closing;
    });
    if (!fits) {
        guard_.failed(session->address(), now);
        close(*session, "line too long");
    }
}

void PoolServer::on_closed(u64 connection, TimePoint now)
{
    ServerSession* session = find(connection);
    if (session == nullptr) return;
    guard_.disconnect(session->address(), now);
    for (const std::string& worker : session->workers()) workers_.disconnected(worker);
    if (session->subscribed()) {
        if (parked_.size() < options_.parked_count_max)
            parked_.emplace(session->name(), Parked{session->state(), now + options_.parked_max});
        else
            prefixes_.give_back(session->state().nonce_1);
    }
    sessions_.erase(connection);
}

void PoolServer::on_tick(TimePoint now)
{
    release_parked(now);
    for (auto& [number, session] : sessions_) {
        if (session->closing) continue;
        if (!session->authorized() && now - session->connected_at >= options_.login_max)
            close(*session, "no login in time");
        else if (now - session->share_at >= options_.idle_max && session->open_shares == 0)
            close(*session, "no share in a long time");
        else if (session->authorized() && session->subscribed())
            steer(*session, now);
    }
}

void PoolServer::release_parked(TimePoint now)
{
    for (auto at = parked_.begin(); at != parked_.end();) {
        if (at->second.until > now) {
            ++at;
            continue;
        }
        prefixes_.give_back(at->second.state.nonce_1);
        at = parked_.erase(at);
    }
}

bool PoolServer::wants_bytes(u64 connection) const
{
    const auto found = sessions_.find(connection);
    return found != sessions_.end() && !draining_ && open_shares_ < options_.open_shares_max &&
           found->second->open_shares < ServerSession::kOpenSharesMax;
}

void PoolServer::mark(ServerSession& session)
{
    if (session.output_bytes() > options_.output_bytes_max) {  // it does not read: no more for it
        session.closing = true;
        (void)session.take_output();
    }
    if (std::exchange(session.dirty, true)) return;
    dirty_.push_back(session.number());
}

std::optional<u64> PoolServer::next_with_output()
{
    while (!dirty_.empty()) {
        const u64 number = dirty_.front();
        dirty_.pop_front();
        if (ServerSession* session = find(number)) {
            session->dirty = false;
            return number;
        }
    }
    return std::nullopt;
}

std::string PoolServer::take_output(u64 connection)
{
    ServerSession* session = find(connection);
    return session == nullptr ? std::string() : session->take_output();
}

bool PoolServer::closing(u64 connection) const
{
    const auto found = sessions_.find(connection);
    return found == sessions_.end() || found->second->closing;
}

void PoolServer::close(ServerSession& session, const char* why)
{
    session.send(encode(ShowMessage{why}));
    session.closing = true;
    mark(session);
}

void PoolServer::fail(ServerSession& session, TimePoint now)
{
    if (guard_.failed(session.address(), now) || session.closing) return;
    events_.push_back(PoolNote{true, session.address() + " fails too often: turned away"});
    close(session, "too many failures");
}

void PoolServer::answer(u64 connection, const std::string& line)
{
    ServerSession* session = find(connection);
    if (session == nullptr) return;
    session->send(line);
    mark(*session);
}

// ── lines ───────────────────────────────────────────────────────────────────────────────────────

void PoolServer::on_line(ServerSession& session, std::string_view line, TimePoint now)
{
    auto message = parse_client_line(line);
    if (!message) {
        session.send(encode_error({}, WireCode::other, to_string(message.error())));
        mark(session);
        return fail(session, now);
    }
    const RequestId& id = message->id;
    if (auto* submit = std::get_if<Submit>(&message->body)) {
        on_submit(session, id, std::move(*submit), now);
    } else if (const auto* subscribe = std::get_if<Subscribe>(&message->body)) {
        on_subscribe(session, id, *subscribe, now);
    } else if (const auto* authorize = std::get_if<Authorize>(&message->body)) {
        on_authorize(session, id, *authorize, now);
    } else if (const auto* target = std::get_if<SuggestTarget>(&message->body)) {
        on_suggestion(session, id, solutions_per_share(target->target));
    } else if (const auto* difficulty = std::get_if<SuggestDifficulty>(&message->body)) {
        on_suggestion(session, id, difficulty->difficulty * solutions_per_share(difficulty_one()));
    } else if (std::holds_alternative<ExtranonceSubscribe>(message->body)) {
        session.send(encode_result(id, true));
    } else if (const auto* refused = std::get_if<Refused>(&message->body)) {
        session.send(
            encode_error(id, refused->unknown_method ? WireCode::method_not_found : WireCode::other,
                         refused->unknown_method ? "unknown method" : to_string(refused->why)));
        if (!refused->unknown_method) fail(session, now);
    }
    mark(session);
}

MinerState PoolServer::new_miner(TimePoint now)
{
    MinerState state;
    state.nonce_1 = prefixes_.take();
    state.vardiff = Vardiff(options_.start_solutions, now);
    return state;
}

void PoolServer::on_subscribe(ServerSession& session, const RequestId& id, const Subscribe& m,
                              TimePoint now)
{
    if (!session.subscribed()) {
        const auto parked = parked_.find(m.session);
        if (parked != parked_.end()) {
            session.subscribe(parked->second.state, m.session);
            parked_.erase(parked);
        } else {
            session.subscribe(new_miner(now), session_name(random_));
        }
    }
    session.send(encode_result(id, Subscribed{session.name(), session.state().nonce_1}));
    if (const auto job = jobs_.newest()) session.send_job(*job, true);
}

void PoolServer::on_authorize(ServerSession& session, const RequestId& id, const Authorize& m,
                              TimePoint now)
{
    const PasswordParts parts = read_password(m.password);
    const char* wrong = nullptr;
    if (!name_is_clean(m.worker))
        wrong = "worker names are made of letters, digits and . _ - @ +";
    else if (!options_.password.empty() && parts.password != options_.password)
        wrong = "wrong password";
    const bool known = session.authorized(m.worker);
    if (wrong == nullptr && !session.authorize(m.worker))
        wrong = "too many workers on a connection";
    if (wrong != nullptr) {
        session.send(encode_error(id, WireCode::unauthorized, wrong));
        return fail(session, now);
    }
    if (!known) workers_.connected(m.worker, now);
    session.share_at = now;
    session.send(encode_result(id, true));
    if (!parts.difficulty || !session.subscribed()) return;
    session.state().vardiff.fix(*parts.difficulty * solutions_per_share(difficulty_one()),
                                options_.vardiff);
    if (const auto job = jobs_.newest()) session.send_job(*job, false);
}

void PoolServer::on_suggestion(ServerSession& session, const RequestId& id, double solutions)
{
    session.send(encode_result(id, true));
    if (!session.subscribed()) return;
    session.state().vardiff.start_at(solutions, options_.vardiff);
    if (const auto job = jobs_.newest()) session.send_job(*job, false);
}

// ── work ────────────────────────────────────────────────────────────────────────────────────────

void PoolServer::on_work(WorkPtr work, TimePoint now)
{
    if (!work) return jobs_.clear();
    ADIT_CHECK(work->prefix_bytes == 0);  // the whole nonce is ours to divide
    const ServerJobPtr job = jobs_.add(std::move(work));
    if (!job) return;
    for (auto& [number, session] : sessions_) {
        if (!session->subscribed() || session->closing) continue;
        if (session->authorized()) (void)session->state().vardiff.look(options_.vardiff, now);
        session->send_job(*job, job->new_block);
        mark(*session);
    }
}

/// A miner far from its pace gets another target at once, with the newest job under a new id.
void PoolServer::steer(ServerSession& session, TimePoint now)
{
    if (!session.state().vardiff.look(options_.vardiff, now)) return;
    if (const auto job = jobs_.newest()) {
        session.send_job(*job, false);
        mark(session);
    }
}

// ── shares ──────────────────────────────────────────────────────────────────────────────────────

Result<Candidate, Refusal> PoolServer::judge(ServerSession& session, const Submit& m)
{
    if (!session.authorized(m.worker)) return refusal_of(Ruling::unauthorized);
    if (!session.subscribed()) return refusal_of(Ruling::not_subscribed);
    const auto id = parse_job_id(m.job.text);
    auto job = id ? jobs_.find(id->number) : nullptr;
    const U256* target = job ? session.state().targets.find(id->generation) : nullptr;
    if (target == nullptr) return refusal_of(Ruling::stale);
    return judge_cheaply(m, std::move(job), session.state().nonce_1, *target);
}

void PoolServer::on_submit(ServerSession& session, const RequestId& id, Submit m, TimePoint now)
{
    session.share_at = now;
    auto candidate = judge(session, m);
    if (!candidate) return refuse(session.number(), id, m.worker, candidate.error(), now);
    ++session.open_shares;
    ++open_shares_;
    to_judge_.push_back(
        {session.number(), id, std::move(m.worker), std::move(*candidate), {}, now});
}

void PoolServer::refuse(u64 connection, const RequestId& id, const std::string& worker,
                        const Refusal& refusal, TimePoint now)
{
    ServerSession* session = find(connection);
    const bool no_login =
        refusal.ruling == Ruling::unauthorized || refusal.ruling == Ruling::not_subscribed;
    if (!no_login) workers_.ruled(worker, refusal.ruling, now);
    if (session == nullptr) return;
    session->send(encode_error(id, refusal.code, refusal.text, no_login));
    if (refusal.ruling != Ruling::stale) fail(*session, now);
    mark(*session);
}

std::optional<OpenShare> PoolServer::next_to_judge()
{
    if (to_judge_.empty()) return std::nullopt;
    OpenShare share = std::move(to_judge_.front());
    to_judge_.pop_front();
    return share;
}

void PoolServer::on_judged(OpenShare share, TimePoint now)
{
    if (share.judgement.ruling == Ruling::accepted) {
        if (share.judgement.is_block) {
            Share block;
            block.work = share.candidate.job->work;
            std::copy_n(share.candidate.input.nonce().begin(), equihash::kNonceBytes,
                        block.nonce.begin());
            block.solution = share.candidate.solution;
            block.hash = share.candidate.hash;
            block.is_block = true;
            block.found = share.came;
            events_.push_back(BlockFound{std::move(block), share.worker});
        }
        return to_store_.push_back(std::move(share));
    }
    --open_shares_;
    if (ServerSession* session = find(share.connection)) --session->open_shares;
    refuse(share.connection, share.request, share.worker, refusal_of(share.judgement.ruling), now);
}

std::vector<OpenShare> PoolServer::take_to_store(std::size_t count_max)
{
    std::vector<OpenShare> batch;
    while (!to_store_.empty() && batch.size() < count_max) {
        batch.push_back(std::move(to_store_.front()));
        to_store_.pop_front();
    }
    return batch;
}

void PoolServer::on_stored(std::vector<OpenShare> shares, const std::vector<bool>& fresh,
                           TimePoint now)
{
    for (std::size_t i = 0; i < shares.size(); ++i) {
        const OpenShare& share = shares[i];
        --open_shares_;
        ServerSession* session = find(share.connection);
        if (session != nullptr) --session->open_shares;
        if (!fresh[i]) {
            refuse(share.connection, share.request, share.worker, refusal_of(Ruling::duplicate),
                   now);
            continue;
        }
        workers_.credited(share.worker, share.candidate.target, share.judgement.is_block, now);
        if (session == nullptr) continue;
        session->send(encode_result(share.request, true));
        session->state().vardiff.share_came();
        steer(*session, now);
        mark(*session);
    }
}

void PoolServer::on_store_failed(const std::vector<OpenShare>& shares, TimePoint now)
{
    for (const OpenShare& share : shares) {
        --open_shares_;
        workers_.ruled(share.worker, Ruling::rejected_otherwise, now);
        ServerSession* session = find(share.connection);
        if (session == nullptr) continue;
        --session->open_shares;
        answer(share.connection,
               encode_error(share.request, WireCode::other, "the pool cannot store shares now"));
    }
}

std::optional<PoolEvent> PoolServer::next_event()
{
    if (events_.empty()) return std::nullopt;
    PoolEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

// ── the end ─────────────────────────────────────────────────────────────────────────────────────

void PoolServer::drain() { draining_ = true; }

bool PoolServer::drained() const { return draining_ && open_shares_ == 0; }

}  // namespace adit::stratum::server
