#include "bench/gpu_check/peer_output.hpp"

#include <algorithm>
#include <cstdlib>
#include <regex>

#include "bench/gpu_check/run.hpp"

namespace adit::gpu_check {
namespace {

constexpr std::size_t kLineMax = 1000;  // what a line has beyond is not read
constexpr std::size_t kLastLineMax = 160;

std::regex pattern(const std::string& text)
{
    return std::regex(text, std::regex::ECMAScript | std::regex::icase | std::regex::optimize);
}

/// "1,234.5" without its commas.
double number(std::string text)
{
    std::erase(text, ',');
    return std::atof(text.c_str());
}

double in_seconds(const std::string& value, const std::string& unit)
{
    return number(value) * (unit.front() == 'm' || unit.front() == 'M' ? 1e-3 : 1);
}

// Not the tail of a longer number: "12,5" and "1.2.3" are none.
const std::string kNumber =
    R"((?:^|[^0-9.,])((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?))";
const std::string kTime = kNumber + R"(\s*(ms|milliseconds?|s|secs?|seconds?)(?![a-z]))";

}  // namespace

void PeerOutput::take(std::string_view bytes)
{
    for (const char byte : bytes) {
        if (byte == '\n' || byte == '\r')
            hear_line();
        else if (line_.size() < kLineMax)
            line_ += byte;
    }
}

void PeerOutput::hear_line()
{
    static const std::regex quotient = pattern(kNumber + R"(\s+solutions? in)" + kTime);
    static const std::regex told = pattern(kNumber + R"(\)?\s*(?:sols?|s)/s(?:ec)?(?![a-z0-9/]))");
    static const std::regex count =
        pattern(R"(total:?\s+([0-9]+)\s+solution|([0-9]+)\s+total solution)"
                R"(|total solutions?(?: found)?\s*:\s*([0-9]+))");
    static const std::regex completed = pattern("completed in" + kTime);

    std::string line;
    std::swap(line, line_);
    if (const std::size_t colour = line.find('\x1b'); colour != line.npos) {
        static const std::regex colours("\x1b\\[[0-9;]*[A-Za-z]");
        line = std::regex_replace(line, colours, "");
    }
    if (std::ranges::all_of(line, [](char c) { return c == ' ' || c == '\t'; })) return;
    last_line_ = line.substr(0, kLastLineMax);
    std::ranges::replace_if(
        last_line_, [](char c) { return c < ' ' || c > '~'; }, '?');

    std::smatch found;
    if (std::regex_search(line, found, quotient) && in_seconds(found[2], found[3]) > 0)
        quotient_ = {number(found[1]) / in_seconds(found[2], found[3]),
                     found[1].str() + " solutions in " + found[2].str() + " " + found[3].str()};
    for (std::sregex_iterator at(line.begin(), line.end(), told), end; at != end; ++at)
        told_ = {number((*at)[1]), "the rate it prints"};
    if (std::regex_search(line, found, count)) {
        const auto group = std::find_if(found.begin() + 1, found.end(),
                                        [](const auto& one) { return one.matched; });
        solutions_ = std::strtoull(group->str().c_str(), nullptr, 10);
    }
    if (std::regex_search(line, found, completed)) own_s_ += in_seconds(found[1], found[2]);
}

std::optional<PeerRate> PeerOutput::rate(double wall_s)
{
    hear_line();  // the last one may have no end
    if (quotient_) return quotient_;
    if (told_) return told_;
    if (!solutions_) return std::nullopt;
    const double found = static_cast<double>(*solutions_);
    if (own_s_ > 0)
        return PeerRate{
            found / own_s_,
            format("%.0f solutions in the %.3f s it says its kernels took", found, own_s_)};
    return PeerRate{
        found / wall_s,
        format("%.0f solutions in %.3f s of the whole process, set-up and all", found, wall_s)};
}

}  // namespace adit::gpu_check
