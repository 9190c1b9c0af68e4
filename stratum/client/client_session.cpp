#include "stratum/client/client_session.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "stratum/proto/codec.hpp"
#include "stratum/proto/pool_work.hpp"

namespace adit::stratum::client {
namespace {

constexpr std::size_t kUnwrittenBytesMax = 1024 * 1024;  ///< of answers a pool does not read

/// Our own request ids are numbers; some pools give them back as text.
std::optional<i64> number_of(const RequestId& id)
{
    if (const auto* number = std::get_if<i64>(&id)) return *number;
    const auto* text = std::get_if<std::string>(&id);
    if (text == nullptr) return std::nullopt;
    i64 number = 0;
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

std::string words_of(const Reply& reply)
{
    if (!reply.error) return "no reason given";
    if (!reply.error->message.empty()) return reply.error->message;
    return "code " + std::to_string(reply.error->code);
}

ByteView previous_hash(const Notify& notify) { return ByteView(notify.header).subspan(4, 32); }

std::string seconds(Duration time)
{
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

/// What a port speaks when it is not stratum, from the first bytes it sends.
const char* other_protocol(std::string_view bytes)
{
    if (bytes.size() >= 2 && (bytes[0] == 0x15 || bytes[0] == 0x16) && bytes[1] == 3)
        return "this port speaks TLS; write stratum+ssl:// in place of stratum+tcp://";
    if (bytes.starts_with("HTTP/"))
        return "this port speaks HTTP; for a node's getblocktemplate write http://, for a pool "
               "look up its stratum port";
    if (bytes.starts_with("SSH-")) return "this port speaks SSH; check the port";
    return nullptr;
}

}  // namespace

ClientSession::ClientSession(Login login, u32 pool, SessionLimits limits)
    : login_(std::move(login)), pool_(pool), limits_(limits), framer_(limits.line_bytes_max)
{}

// ── the owner's side ────────────────────────────────────────────────────────────────────────────

void ClientSession::on_connected(u64 session, TimePoint now)
{
    if (phase_ != Phase::down) on_closed(now);
    session_ = session;
    connected_at_ = heard_at_ = job_at_ = now;
    subscribe_form_ = 0;
    bad_lines_ = rejects_ = unanswered_ = 0;
    first_bytes_ = true;
    framer_.reset();
    target_.reset();
    early_.reset();
    next_nonce_1_.reset();
    job_in_session_ = false;
    ask_subscribe();
}

void ClientSession::on_closed(TimePoint now)
{
    phase_ = Phase::down;
    job_in_session_ = false;
    asked_.clear();
    output_.clear();
    book_.link_lost(now);
}

void ClientSession::on_bytes(std::string_view bytes, TimePoint now)
{
    if (phase_ == Phase::down || phase_ == Phase::broken) return;
    if (std::exchange(first_bytes_, false))
        if (const char* what = other_protocol(bytes)) return break_off(what);
    const bool fits = framer_.feed(bytes, [&](std::string_view line) {
        heard(line, now);
        return phase_ != Phase::broken;
    });
    if (!fits && phase_ != Phase::broken) break_off("the pool sent a line that never ends");
}

void ClientSession::submit(Share share, TimePoint now)
{
    book_.found(std::move(share));
    flush_waiting(now);
}

void ClientSession::abandon()
{
    book_.drop_waiting(Ruling::job_over, "mining moved to another pool");
}

std::string ClientSession::take_output()
{
    book_.written();
    return std::exchange(output_, {});
}

std::optional<SessionEvent> ClientSession::next_event()
{
    if (events_.empty()) return std::nullopt;
    SessionEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

// ── time ────────────────────────────────────────────────────────────────────────────────────────

void ClientSession::on_tick(TimePoint now)
{
    if (phase_ == Phase::down || phase_ == Phase::broken) return;
    unanswered_ += static_cast<int>(book_.expire(now - limits_.answer_max, now));
    if (unanswered_ >= limits_.unanswered_in_a_row_max)
        return break_off("the pool leaves shares without an answer", true);
    const bool logging_in = phase_ == Phase::subscribing || phase_ == Phase::authorizing;
    if (logging_in && now - connected_at_ >= limits_.login_max)
        return break_off("the pool did not answer the login within " + seconds(limits_.login_max));
    if (!job_in_session_ && now - connected_at_ >= limits_.first_job_max)
        return break_off("the pool sent no job within " + seconds(limits_.first_job_max));
    if (now - heard_at_ >= limits_.silence_max)
        return break_off("the pool said nothing for " + seconds(limits_.silence_max));
    if (now - job_at_ >= limits_.job_age_max)
        return break_off("the pool sent no new job for " + seconds(limits_.job_age_max));
}

TimePoint ClientSession::wake_at() const
{
    if (phase_ == Phase::down || phase_ == Phase::broken) return TimePoint::max();
    TimePoint wake = std::min(heard_at_ + limits_.silence_max, job_at_ + limits_.job_age_max);
    if (phase_ == Phase::subscribing || phase_ == Phase::authorizing)
        wake = std::min(wake, connected_at_ + limits_.login_max);
    if (!job_in_session_) wake = std::min(wake, connected_at_ + limits_.first_job_max);
    if (const auto oldest = book_.oldest_sent())
        wake = std::min(wake, *oldest + limits_.answer_max + std::chrono::milliseconds(1));
    return wake;
}

// ── hearing ─────────────────────────────────────────────────────────────────────────────────────

void ClientSession::heard(std::string_view line, TimePoint now)
{
    const auto message = parse_server_line(line);
    if (!message) return bad_line(message.error());
    heard_at_ = now;
    bad_lines_ = 0;
    on_message(*message, now);
    if (output_.size() > kUnwrittenBytesMax) break_off("the pool asks without reading answers");
}

void ClientSession::bad_line(CodecError error)
{
    if (++bad_lines_ == 1)
        warn("the pool sent a line that makes no sense (" + std::string(to_string(error)) + ")");
    if (bad_lines_ >= limits_.bad_lines_in_a_row_max)
        break_off("this does not seem to be an Equihash stratum pool; check host and port");
}

void ClientSession::on_message(const ServerMessage& message, TimePoint now)
{
    std::visit(
        [&]<class Body>(const Body& body) {
            if constexpr (std::is_same_v<Body, Notify>) {
                on_notify(body, now);
            } else if constexpr (std::is_same_v<Body, SetTarget>) {
                on_target(body.target, now);
            } else if constexpr (std::is_same_v<Body, SetExtranonce>) {
                next_nonce_1_ = body.nonce_1;
            } else if constexpr (std::is_same_v<Body, Reply>) {
                on_reply(message.id, body, now);
            } else if constexpr (std::is_same_v<Body, Reconnect>) {
                events_.push_back(PoolMoves{body});
            } else if constexpr (std::is_same_v<Body, ShowMessage>) {
                events_.push_back(PoolSaid{body.text});
            } else if constexpr (std::is_same_v<Body, GetVersion>) {
                answer(message.id, encode_text_result(message.id, login_.agent));
            } else if constexpr (std::is_same_v<Body, Ping>) {
                answer(message.id, encode_text_result(message.id, "pong"));
            } else {
                answer(message.id,
                       encode_error(message.id, WireCode::method_not_found, "unknown method"));
            }
        },
        message.body);
}

void ClientSession::answer(const RequestId& id, const std::string& line)
{
    if (!std::holds_alternative<std::monostate>(id)) output_ += line;
}

void ClientSession::on_target(const U256& target, TimePoint now)
{
    if (target.is_zero())
        return warn("the pool sent a target of 0, which nothing can meet; ignored");
    target_ = target;
    if (early_ && phase_ != Phase::subscribing) offer(*std::exchange(early_, {}), now);
}

void ClientSession::on_notify(const Notify& notify, TimePoint now)
{
    u32 version = 0;
    for (int i = 3; i >= 0; --i)
        version = version << 8 | notify.header[static_cast<std::size_t>(i)];
    if (!known_header_version(version))
        return warn("the pool sent a job of header version " + std::to_string(version) +
                    ", which is not known here; ignored");
    if (phase_ == Phase::subscribing || !target_)
        early_ = notify;
    else
        offer(notify, now);
}

/// False when there is no algorithm to work with.
bool ClientSession::learn_algorithm(const AlgorithmHint& hint)
{
    // s-nomp's rebroadcasts leave (n,k) out and keep the tag; a new (n,k) without a tag makes the
    // old tag void.
    if (hint.params) {
        if (hint.params != hint_.params) hint_.personalization.reset();
        hint_.params = hint.params;
    }
    if (hint.personalization) hint_.personalization = hint.personalization;

    const auto chosen = choose_algorithm(login_.algorithm, hint_);
    if (!chosen) {
        break_off(hint_.params
                      ? "the pool mines Equihash " + std::to_string(hint_.params->n) + "," +
                            std::to_string(hint_.params->k) + ", which adit does not know"
                      : "the pool does not say which Equihash it mines; add -a N,K");
        return false;
    }
    algorithm_ = chosen;
    if (std::exchange(warned_algorithm_, true)) return true;
    const auto& wanted = login_.algorithm;
    if (wanted.params && hint_.params &&
        (wanted.params->n != hint_.params->n || wanted.params->k != hint_.params->k))
        warn("the pool says it mines " + std::to_string(hint_.params->n) + "," +
             std::to_string(hint_.params->k) + ", but -a asks for " + to_string(*chosen) +
             "; its shares may all be rejected: change -a, or the pool");
    else if (wanted.personalization && hint_.personalization &&
             *wanted.personalization != *hint_.personalization)
        warn("the pool announces " + std::string(hint_.personalization->text()) +
             ", but --pers says " + std::string(wanted.personalization->text()) +
             "; if shares are rejected, leave --pers out");
    return true;
}

void ClientSession::offer(const Notify& notify, TimePoint now)
{
    if (next_nonce_1_) nonce_1_ = *std::exchange(next_nonce_1_, {});
    const auto old_algorithm = algorithm_;
    if (!learn_algorithm(notify.hint)) return;
    const bool same_block = current_ &&
                            adit::equal(previous_hash(*current_), previous_hash(notify)) &&
                            current_nonce_1_ == nonce_1_ && old_algorithm == algorithm_;
    const bool same_job = same_block && current_->job == notify.job &&
                          current_->header == notify.header && current_target_ == *target_;
    job_at_ = now;
    if (!same_block) book_.forget_sent();
    const bool again = same_job && job_in_session_;
    job_in_session_ = true;
    const bool voids_older =
        !same_block || (notify.clean_jobs && clean_means_void_ && current_->job != notify.job);
    current_ = notify;
    current_nonce_1_ = nonce_1_;
    current_target_ = *target_;
    if (!again) {
        Work work = make_work(notify, nonce_1_, *target_, *algorithm_, session_, pool_);
        work.arrived = now;
        events_.push_back(NewWork{std::move(work), voids_older});
    }
    flush_waiting(now);
}

// ── asking ──────────────────────────────────────────────────────────────────────────────────────

void ClientSession::ask_subscribe()
{
    phase_ = Phase::subscribing;
    Subscribe subscribe{login_.agent, session_name_, login_.host, login_.port};
    asked_.emplace(next_id_, Asked::subscribe);
    output_ += encode(next_id_++, subscribe, subscribe_form_);
}

void ClientSession::ask_authorize()
{
    phase_ = Phase::authorizing;
    asked_.emplace(next_id_, Asked::authorize);
    output_ += encode(next_id_++, Authorize{login_.user, login_.password});
}

void ClientSession::on_reply(const RequestId& id, const Reply& reply, TimePoint now)
{
    std::optional<i64> number = number_of(id);
    if (std::holds_alternative<std::monostate>(id)) {  // pools without ids answer in order
        if (!asked_.empty()) number = asked_.begin()->first;
        if (const auto oldest = book_.oldest_id(); oldest && (!number || *oldest < *number))
            number = oldest;
    }
    if (!number) return;
    if (book_.is_share(*number)) return on_share_answer(*number, reply, now);
    const auto asked = asked_.find(*number);
    if (asked == asked_.end()) return;
    const Asked what = asked->second;
    asked_.erase(asked);
    if (what == Asked::subscribe) on_subscribed(reply, now);
    if (what == Asked::authorize) on_authorized(reply, now);
}

void ClientSession::on_subscribed(const Reply& reply, TimePoint now)
{
    if (!reply.accepted) {
        if (++subscribe_form_ < kSubscribeForms) return ask_subscribe();
        return break_off("the pool refused mining.subscribe: " + words_of(reply));
    }
    const auto subscribed = read_subscribed(reply);
    if (!subscribed)
        return break_off(
            "the pool's answer to mining.subscribe holds no usable nonce_1; is this "
            "an Equihash pool?");
    session_name_ = subscribed->session;
    nonce_1_ = subscribed->nonce_1;
    ask_authorize();
    if (early_ && target_) offer(*std::exchange(early_, {}), now);
}

void ClientSession::on_authorized(const Reply& reply, TimePoint now)
{
    if (!reply.accepted) {
        phase_ = Phase::broken;
        events_.push_back(LoginRefused{"the pool refuses \"" + login_.user + "\" (" +
                                       words_of(reply) + "); check user, worker and password"});
        return;
    }
    phase_ = Phase::working;
    if (login_.subscribe_extranonce) {
        asked_.emplace(next_id_, Asked::nothing_that_matters);
        output_ += encode(next_id_++, ExtranonceSubscribe{});
    }
    if (login_.suggest_target) {
        asked_.emplace(next_id_, Asked::nothing_that_matters);
        output_ += encode(next_id_++, SuggestTarget{*login_.suggest_target});
    }
    events_.push_back(LoggedIn{});
    flush_waiting(now);
}

// ── shares ──────────────────────────────────────────────────────────────────────────────────────

/// Why the pool would not take this share now; nullopt when it is good to send.
std::optional<Ruling> ClientSession::why_void(const Share& share) const
{
    const PoolOrigin* origin = pool_origin(*share.work);
    if (origin == nullptr || !(origin->nonce_1 == current_nonce_1_)) return Ruling::job_over;
    if (!adit::equal(stratum::previous_hash(*share.work), previous_hash(*current_)))
        return Ruling::stale;
    return std::nullopt;
}

void ClientSession::flush_waiting(TimePoint now)
{
    if (phase_ != Phase::working || !job_in_session_) return;
    for (Share& share : book_.take_waiting()) {
        if (const auto ruling = why_void(share)) {
            book_.rule(std::move(share), *ruling,
                       *ruling == Ruling::stale ? "a new block came first"
                                                : "the pool gave out another nonce_1");
        } else {
            send(std::move(share), now);
        }
    }
}

void ClientSession::send(Share share, TimePoint now)
{
    const auto message = make_submit(*share.work, login_.user, share.nonce, share.solution);
    if (!message)
        return book_.rule(std::move(share), Ruling::malformed, "its nonce is not of this job");
    output_ += encode(next_id_, *message);
    book_.sent(next_id_++, std::move(share), now);
}

void ClientSession::on_share_answer(i64 id, const Reply& reply, TimePoint now)
{
    unanswered_ = 0;
    if (reply.accepted) {
        rejects_ = 0;
        book_.answered(id, Ruling::accepted, "", now);
        return;
    }
    const Ruling ruling = reply.error ? classify(*reply.error) : Ruling::rejected_otherwise;
    const std::string words = words_of(reply);
    if (ruling == Ruling::stale && book_.is_of_same_block(id, previous_hash(*current_)))
        clean_means_void_ = true;
    book_.answered(id, ruling, words, now);
    if (ruling == Ruling::unauthorized || ruling == Ruling::not_subscribed)
        return break_off("the pool has forgotten our login (" + words + ")");
    if (ruling == Ruling::stale || ruling == Ruling::duplicate) return;
    if (++rejects_ >= limits_.rejects_in_a_row_max && limits_.rejects_in_a_row_max > 0)
        break_off(std::to_string(rejects_) + " rejected shares in a row, the last: " + words, true);
}

void ClientSession::break_off(std::string text, bool shun)
{
    phase_ = Phase::broken;
    events_.push_back(Broken{std::move(text), shun});
}

}  // namespace adit::stratum::client
