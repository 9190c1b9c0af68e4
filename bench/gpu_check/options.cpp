#include "bench/gpu_check/options.hpp"

#include <algorithm>
#include <cstdlib>

namespace adit::gpu_check {

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
        else if (word == "--note") {
            options.note_key = value();
            options.note = value();
        } else
            return std::nullopt;
    }
    if (options.out.empty()) return std::nullopt;
    return options;
}

}  // namespace adit::gpu_check
