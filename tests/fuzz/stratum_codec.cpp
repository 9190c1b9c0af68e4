// Any line in both directions; what is read must survive being written and read again.

#include "stratum/proto/codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit::stratum;
    const std::string_view line = adit::as_text({data, size});
    const auto again = [](const std::string& written) {
        return std::string_view(written).substr(0, written.size() - 1);
    };
    if (const auto message = parse_server_line(line)) {
        if (const auto* notify = std::get_if<Notify>(&message->body)) {
            const auto read = parse_server_line(again(encode(*notify)));
            if (!read || !(std::get<Notify>(read->body) == *notify)) __builtin_trap();
        } else if (const auto* target = std::get_if<SetTarget>(&message->body)) {
            const auto read = parse_server_line(again(encode(*target)));
            if (!read || !(std::get<SetTarget>(read->body) == *target)) __builtin_trap();
        } else if (const auto* reply = std::get_if<Reply>(&message->body)) {
            (void)read_subscribed(*reply);
            if (reply->error) (void)classify(*reply->error);
        }
    }
    if (const auto message = parse_client_line(line)) {
        if (const auto* submit = std::get_if<Submit>(&message->body)) {
            const auto read = parse_client_line(again(encode(message->id, *submit)));
            if (!read || !(std::get<Submit>(read->body) == *submit)) __builtin_trap();
        } else if (const auto* authorize = std::get_if<Authorize>(&message->body)) {
            const auto read = parse_client_line(again(encode(message->id, *authorize)));
            if (!read || !(std::get<Authorize>(read->body) == *authorize)) __builtin_trap();
        }
    }
    return 0;
}
