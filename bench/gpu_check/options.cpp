#include "bench/gpu_check/options.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace adit::gpu_check {

std::optional<Peer> parse_peer(std::string_view text)
{
    const std::size_t equals = text.find('=');
    if (equals == text.npos) return std::nullopt;
    Peer peer;
    peer.command = text.substr(equals + 1);
    std::string_view left = text.substr(0, equals);
    if (const std::size_t slash = left.find('/'); slash != left.npos) {
        peer.params = equihash::parse_params(left.substr(slash + 1));
        if (!peer.params) return std::nullopt;
        left = left.substr(0, slash);
    }
    if (const std::size_t at = left.find('@'); at != left.npos) {
        peer.device = left.substr(at + 1);
        if (peer.device.empty()) return std::nullopt;
        left = left.substr(0, at);
    }
    peer.name = left;
    if (peer.name.empty() || peer.command.empty()) return std::nullopt;
    return peer;
}

std::optional<Options> parse_options(int argc, char** argv)
{
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const auto value = [&] { return i + 1 < argc ? argv[++i] : ""; };
        if (word == "--out")
            options.out = value();
        else if (word == "--append")
            options.append = true;
        else if (word == "--table")
            options.table = true;
        else if (word == "--device")
            options.device = value();
        else if (word == "--only")
            options.only = value();
        else if (word == "--params")
            options.params = value();
        else if (word == "--seconds")
            options.seconds = std::atof(value());
        else if (word == "--turn")
            options.turn_s = std::max(0.01, std::atof(value()));
        else if (word == "--nonces-96-5")
            options.nonces_96_5 = std::strtoull(value(), nullptr, 10);
        else if (word == "--nonces-200-9")
            options.nonces_200_9 = std::strtoull(value(), nullptr, 10);
        else if (word == "--peer-limit")
            options.peer_limit_s = std::max(0.1, std::atof(value()));
        else if (word == "--peer") {
            const auto peer = parse_peer(value());
            if (!peer) {
                std::fprintf(stderr,
                             "--peer %s: write 'NAME[@DEVICE][/N,K]=COMMAND', with one of %s\n",
                             argv[i], equihash::known_params_text().c_str());
                return std::nullopt;
            }
            options.peers.push_back(*peer);
        } else if (word == "--note") {
            options.note_key = value();
            options.note = value();
        } else
            return std::nullopt;
    }
    if (options.out.empty()) return std::nullopt;
    return options;
}

}  // namespace adit::gpu_check
