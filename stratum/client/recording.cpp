#include "stratum/client/recording.hpp"

#include <algorithm>
#include <cstdio>

#include "kernels/base/hex.hpp"
#include "kernels/base/json.hpp"
#include "stratum/client/recording_options.hpp"
#include "stratum/proto/codec.hpp"
#include "stratum/proto/share.hpp"

namespace adit::stratum::client {
namespace {

using json::object;

i64 micros(Duration time)
{
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

boost::json::string_view js(std::string_view text) { return {text.data(), text.size()}; }

/// Text as it is where it is printable, else hex.
void put_bytes(object& line, std::string_view bytes)
{
    const bool printable = std::all_of(bytes.begin(), bytes.end(), [](char c) {
        return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';
    });
    if (printable)
        line["text"] = js(bytes);
    else
        line["hex"] = to_hex(as_bytes(bytes));
}

std::optional<std::string> get_bytes(const object& line)
{
    if (const auto text = json::string_of(line, "text")) return std::string(*text);
    const auto digits = json::string_of(line, "hex");
    const auto bytes = digits ? from_hex(*digits) : std::nullopt;
    if (!bytes) return std::nullopt;
    return std::string(as_text(*bytes));
}

/// Our own lines with the password of mining.authorize taken out.
std::string without_password(std::string_view lines)
{
    std::string out;
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
        const std::string_view line = lines.substr(0, end);
        lines.remove_prefix(end);
        if (line.find("mining.authorize") != std::string_view::npos) {
            const auto message = parse_client_line(line.substr(0, line.size() - 1));
            const auto* authorize = message ? std::get_if<Authorize>(&message->body) : nullptr;
            if (authorize != nullptr) {
                out += encode(message->id, Authorize{authorize->worker, kHiddenPassword});
                continue;
            }
        }
        out += line;
    }
    return out;
}

object describe(const ClientInput& input, u64 work_number)
{
    object line;
    if (const auto* up = std::get_if<Connected>(&input)) {
        line["in"] = "connected";
        line["dial"] = up->dial;
    } else if (const auto* failed = std::get_if<DialFailed>(&input)) {
        line["in"] = "dial failed";
        line["dial"] = failed->dial;
        line["why"] = failed->text;
    } else if (const auto* received = std::get_if<Received>(&input)) {
        line["in"] = "received";
        line["dial"] = received->dial;
        put_bytes(line, received->bytes);
    } else if (const auto* closed = std::get_if<Closed>(&input)) {
        line["in"] = "closed";
        line["dial"] = closed->dial;
        line["why"] = closed->text;
    } else if (const auto* found = std::get_if<Found>(&input)) {
        line["in"] = "found";
        line["work"] = work_number;
        line["nonce"] = to_hex(found->share.nonce);
        line["solution"] = to_hex(found->share.solution.bytes);
    } else {
        line["in"] = "tick";
    }
    return line;
}

/// An output for people; nullopt for those that only matter to machines.
std::optional<std::string> told(const ClientOutput& output)
{
    if (const auto* dial = std::get_if<Dial>(&output))
        return "dial " + dial->host + ":" + std::to_string(dial->port);
    if (std::get_if<Hang>(&output) != nullptr) return "hang up";
    if (const auto* work = std::get_if<WorkIs>(&output))
        return work->work ? "work " + work->work->id + " epoch " + std::to_string(work->work->epoch)
                          : "rest";
    if (const auto* note = std::get_if<Note>(&output)) return note->text;
    if (const auto* ruled = std::get_if<Ruled>(&output))
        return "share " + std::string(to_string(ruled->ruling)) +
               (ruled->reason.empty() ? "" : ": " + ruled->reason);
    if (const auto* state = std::get_if<StateIs>(&output)) {
        static constexpr std::string_view kPhases[] = {"connecting", "working", "waiting",
                                                       "hopeless", "gave up"};
        const std::string phase(kPhases[static_cast<int>(state->state.phase)]);
        return state->state.text.empty() ? phase : phase + ": " + state->state.text;
    }
    return std::nullopt;
}

}  // namespace

// ── recording ───────────────────────────────────────────────────────────────────────────────────

RecordedClient::RecordedClient(const ClientOptions& options, u64 seed, Sink sink, TimePoint start)
    : client_(options, seed), sink_(std::move(sink)), start_(start)
{
    if (sink_) sink_(json::to_text(describe_options(options, seed)));
}

u64 RecordedClient::number_of(const WorkPtr& work) const
{
    const auto known = std::find_if(recent_.begin(), recent_.end(),
                                    [&](const auto& entry) { return entry.second == work; });
    return known == recent_.end() ? 0 : known->first;
}

void RecordedClient::feed(ClientInput input, TimePoint now)
{
    if (sink_) {
        const auto* found = std::get_if<Found>(&input);
        object line = describe(input, found != nullptr ? number_of(found->share.work) : 0);
        line["t"] = micros(now - start_);
        sink_(json::to_text(line));
        // Replay knows whole microseconds only; live by the same clock.
        now = start_ + std::chrono::microseconds(micros(now - start_));
    }
    client_.feed(std::move(input), now);
}

std::optional<ClientOutput> RecordedClient::next_output(TimePoint now)
{
    auto output = client_.next_output();
    if (!output || !sink_) return output;
    if (const auto* is = std::get_if<WorkIs>(&*output); is != nullptr && is->work) {
        recent_.emplace_back(++works_, is->work);
        if (recent_.size() > kWorksKept) recent_.pop_front();
    }
    if (const auto words = told(*output)) {
        object line;
        line["t"] = micros(now - start_);
        line["out"] = *words;
        sink_(json::to_text(line));
    }
    return output;
}

TimePoint RecordedClient::wake_at() const
{
    const TimePoint wake = client_.wake_at();
    if (!sink_ || wake == TimePoint::max()) return wake;
    return start_ + std::chrono::ceil<std::chrono::microseconds>(wake - start_);
}

std::string RecordedClient::take_bytes(u64 dial, TimePoint now)
{
    std::string bytes = client_.take_bytes(dial);
    if (sink_ && !bytes.empty()) {
        object line;
        line["t"] = micros(now - start_);
        line["sent"] = dial;
        put_bytes(line, without_password(bytes));
        sink_(json::to_text(line));
    }
    return bytes;
}

// ── replay ──────────────────────────────────────────────────────────────────────────────────────

namespace {

/// Lives one recording, line by line.
class Replayer {
public:
    explicit Replayer(ClientOptions options, u64 seed) : client_(std::move(options), seed) {}

    /// False when the line makes no sense.
    bool line(const object& line)
    {
        const auto time = json::integer_of(line, "t");
        if (!time || *time < 0) return false;
        now_ = TimePoint{} + std::chrono::microseconds(*time);
        if (const auto dial = json::integer_of(line, "sent"))
            return sent(static_cast<u64>(*dial), line);
        if (const auto what = json::string_of(line, "in")) return input(*what, line);
        return json::string_of(line, "out").has_value();
    }

    Replay result;

private:
    bool input(std::string_view what, const object& line)
    {
        const auto dial = static_cast<u64>(json::integer_of(line, "dial").value_or(0));
        const std::string why(json::string_of(line, "why").value_or(""));
        if (what == "connected") {
            feed(Connected{dial});
        } else if (what == "dial failed") {
            feed(DialFailed{dial, why});
        } else if (what == "closed") {
            feed(Closed{dial, why});
        } else if (what == "tick") {
            feed(Tick{});
        } else if (what == "received") {
            const auto bytes = get_bytes(line);
            if (!bytes) return false;
            feed(Received{dial, *bytes});
        } else if (what == "found") {
            return found(line);
        } else {
            return false;
        }
        return true;
    }

    bool found(const object& line)
    {
        const auto number = json::integer_of(line, "work").value_or(0);
        const auto nonce = from_hex(json::string_of(line, "nonce").value_or("-"));
        const auto solution = from_hex(json::string_of(line, "solution").value_or("-"));
        if (!nonce || nonce->size() != equihash::kNonceBytes || !solution) return false;
        Share share;
        if (number > 0 && static_cast<std::size_t>(number) <= works_.size())
            share.work = works_[static_cast<std::size_t>(number) - 1];
        else
            share.work = std::make_shared<const Work>();  // of nobody, as it was then
        std::copy(nonce->begin(), nonce->end(), share.nonce.begin());
        share.solution.bytes = *solution;
        equihash::PowInput input = share.work->input;
        input.set_nonce(share.nonce);
        share.hash = share_hash(input, share.solution.bytes);
        share.found = now_;
        feed(Found{std::move(share)});
        return true;
    }

    void feed(ClientInput input)
    {
        ++result.inputs;
        client_.feed(std::move(input), now_);
        while (const auto output = client_.next_output()) {
            if (const auto* is = std::get_if<WorkIs>(&*output); is != nullptr && is->work)
                works_.push_back(is->work);
            if (const auto words = told(*output)) {
                char time[32];
                std::snprintf(time, sizeof time, "%12.6f  ",
                              std::chrono::duration<double>(now_ - TimePoint{}).count());
                result.story.push_back(time + *words);
            }
        }
    }

    bool sent(u64 dial, const object& line)
    {
        const auto then = get_bytes(line);
        if (!then) return false;
        const std::string now = without_password(client_.take_bytes(dial));
        for (std::size_t at = 0; (at = then->find("mining.submit", at)) != std::string::npos; ++at)
            ++result.submits;
        if (now == *then) return true;
        if (result.differing_lines++ == 0)
            result.first_difference = "then: " + *then + "  now: " + now;
        return true;
    }

    PoolClient client_;
    TimePoint now_{};
    std::vector<WorkPtr> works_;
};

}  // namespace

Result<Replay, RecordingError> replay(std::string_view recording)
{
    std::optional<Replayer> replayer;
    for (std::size_t number = 1; !recording.empty(); ++number) {
        const std::size_t end = recording.find('\n');
        const std::string_view text = recording.substr(0, end);
        recording.remove_prefix(end == std::string_view::npos ? recording.size() : end + 1);
        if (text.empty()) continue;
        const auto parsed = json::parse(text);
        const object* line = parsed ? parsed->if_object() : nullptr;
        const auto wrong = [&](std::string_view why) {
            return RecordingError{"line " + std::to_string(number) + ": " + std::string(why)};
        };
        if (line == nullptr) return wrong("is no JSON object");
        if (!replayer) {
            auto options = read_options(*line);
            if (!options) return wrong(options.error().text);
            replayer.emplace(std::move(options->options), options->seed);
        } else if (!replayer->line(*line)) {
            return wrong("is nothing that a recording says");
        }
    }
    if (!replayer) return RecordingError{"the recording is empty"};
    return std::move(replayer->result);
}

}  // namespace adit::stratum::client
