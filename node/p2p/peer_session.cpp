#include "node/p2p/peer_session.hpp"

#include <algorithm>

namespace adit::node::p2p {

std::string_view to_string(CloseReason reason)
{
    switch (reason) {
        case CloseReason::remote_closed: return "remote_closed";
        case CloseReason::handshake_timeout: return "handshake_timeout";
        case CloseReason::silence: return "silence";
        case CloseReason::wire_error: return "wire_error";
        case CloseReason::malformed_message: return "malformed_message";
        case CloseReason::wrong_chain: return "wrong_chain";
        case CloseReason::no_chain_id: return "no_chain_id";
        case CloseReason::obsolete_version: return "obsolete_version";
        case CloseReason::self_connection: return "self_connection";
        case CloseReason::duplicate: return "duplicate";
        case CloseReason::misbehaviour: return "misbehaviour";
        case CloseReason::evicted: return "evicted";
        case CloseReason::stalled: return "stalled";
        case CloseReason::no_useful_chain: return "no_useful_chain";
        case CloseReason::shutdown: return "shutdown";
    }
    return "unknown";
}

PeerSession::PeerSession(Direction direction, SessionConfig config, TimePoint now)
    : direction_(direction),
      config_(std::move(config)),
      reader_(config_.magic),
      started_at_(now),
      heard_at_(now),
      ping_due_(now + kPingInterval),
      ping_nonce_(config_.nonce)
{
    if (direction_ == Direction::outbound) say_version();
}

void PeerSession::on_bytes(ByteView bytes, TimePoint now)
{
    if (closed()) return;
    counters_.bytes_in += bytes.size();
    if (!bytes.empty()) heard_at_ = now;
    reader_.feed(bytes);
    while (!closed()) {
        auto frame = reader_.next();
        if (!frame) return close(CloseReason::wire_error, std::string(to_string(frame.error())));
        if (!*frame) return;
        ++counters_.messages_in;
        on_frame(**frame, now);
    }
}

void PeerSession::on_tick(TimePoint now)
{
    if (closed()) return;
    if (!ready()) {
        if (now - started_at_ >= kHandshakeTime) close(CloseReason::handshake_timeout);
        return;
    }
    if (now - heard_at_ >= kSilenceMax) return close(CloseReason::silence, "no traffic");
    if (ping_sent_at_ && now - *ping_sent_at_ >= kSilenceMax)
        return close(CloseReason::silence, "no pong");
    if (!ping_sent_at_ && now >= ping_due_) {
        ping_nonce_ = ping_nonce_ * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
        ping_sent_at_ = now;
        ping_due_ = now + kPingInterval;
        write(Ping{ping_nonce_});
    }
}

void PeerSession::on_remote_closed() { close(CloseReason::remote_closed); }

void PeerSession::send(const Message& message)
{
    if (ready()) write(message);
}

void PeerSession::send_stored_block(ByteView block)
{
    if (ready()) write("block", block);
}

void PeerSession::send_stored_bodies(std::size_t count, ByteView entries)
{
    if (!ready()) return;
    Writer payload;
    payload.compact_size(count);
    payload.raw(entries);
    write("bodies", payload.take());
}

void PeerSession::misbehave(int points, std::string_view why)
{
    if (closed() || points <= 0) return;
    misbehaviour_ += points;
    if (misbehaviour_ >= kMisbehaviourMax) close(CloseReason::misbehaviour, std::string(why));
}

void PeerSession::close(CloseReason reason, std::string detail)
{
    if (closed()) return;
    state_ = State::closed;
    const bool discourage = reason == CloseReason::misbehaviour;
    events_.push_back(PeerClosed{reason, std::move(detail), discourage});
}

Bytes PeerSession::take_output()
{
    Bytes taken;
    taken.swap(output_);
    return taken;
}

std::optional<PeerEvent> PeerSession::next_event()
{
    if (events_.empty()) return std::nullopt;
    PeerEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
}

TimePoint PeerSession::wake_at() const
{
    if (!ready()) return started_at_ + kHandshakeTime;
    const TimePoint ping = ping_sent_at_ ? *ping_sent_at_ + kSilenceMax : ping_due_;
    return std::min(ping, heard_at_ + kSilenceMax);
}

void PeerSession::say_version()
{
    Version version;
    version.services = config_.services;
    version.time = config_.time;
    version.you = config_.you;
    version.me.services = config_.services;
    version.me.port = config_.listen_port;
    version.nonce = config_.nonce;
    version.user_agent = config_.user_agent;
    version.height = config_.height;
    version.relay = config_.relay;
    version_sent_ = true;
    write(version);
}

void PeerSession::on_frame(const Frame& frame, TimePoint now)
{
    auto parsed = parse_message(frame);
    if (!parsed) {
        if (parsed.error() == MessageError::too_long)
            return misbehave(20, frame.command + " too long");
        return close(CloseReason::malformed_message, frame.command);
    }
    const Message& message = *parsed;
    if (const auto* version = std::get_if<Version>(&message)) return on_version(*version);
    if (const auto* id = std::get_if<ChainId>(&message)) return on_chain_id(*id);
    if (std::holds_alternative<Verack>(message)) return on_verack(now);
    if (!ready()) return misbehave(1, frame.command + " before the handshake's end");

    if (const auto* ping = std::get_if<Ping>(&message)) return write(Pong{ping->nonce});
    if (const auto* pong = std::get_if<Pong>(&message)) return on_pong(*pong, now);
    if (std::holds_alternative<Unknown>(message)) {
        ++counters_.unknown_messages;
        return;
    }
    events_.push_back(PeerMessage{std::move(*parsed), frame.payload.size()});
}

void PeerSession::on_version(const Version& version)
{
    if (state_ != State::greeting) return misbehave(1, "second version");
    if (config_.is_own_nonce && config_.is_own_nonce(version.nonce))
        return close(CloseReason::self_connection);
    if (version.protocol < kProtocolVersionMin) {
        write(Reject{"version",
                     Reject::obsolete,
                     "protocol " + std::to_string(kProtocolVersionMin) + " or newer is needed",
                     {}});
        return close(CloseReason::obsolete_version, std::to_string(version.protocol));
    }
    peer_version_ = version;
    if (!version_sent_) say_version();
    write(ChainId{config_.chain_id});
    write(Verack{});
    state_ = State::acknowledging;
}

void PeerSession::on_chain_id(const ChainId& chain_id)
{
    if (state_ != State::acknowledging || chain_id_seen_)
        return misbehave(1, "chainid out of place");
    if (chain_id.id != config_.chain_id) return close(CloseReason::wrong_chain);
    chain_id_seen_ = true;
}

void PeerSession::on_verack(TimePoint now)
{
    if (state_ != State::acknowledging) return misbehave(1, "verack out of place");
    if (!chain_id_seen_ && !config_.foreign_peers) return close(CloseReason::no_chain_id);
    state_ = State::ready;
    ping_due_ = now;  // the first one measures the way at once
    reader_.set_payload_max(kPayloadBytesMax);
    events_.push_back(PeerReady{peer_version_});
}

void PeerSession::on_pong(const Pong& pong, TimePoint now)
{
    if (!ping_sent_at_ || pong.nonce != ping_nonce_) return;
    ping_time_ = now - *ping_sent_at_;
    ping_time_min_ = ping_time_min_ ? std::min(*ping_time_min_, *ping_time_) : *ping_time_;
    ping_sent_at_.reset();
}

void PeerSession::write(const Message& message) { write(command_of(message), payload_of(message)); }

void PeerSession::write(std::string_view command, ByteView payload)
{
    if (closed()) return;
    const Bytes frame = write_frame(config_.magic, command, payload);
    counters_.bytes_out += frame.size();
    append(output_, frame);
}

}  // namespace adit::node::p2p
