#include "miner/bench/drawing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace adit::miner::bench::drawing {

std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else
            out += c;
    }
    return out;
}

std::string label(double x, double y, std::string_view text, std::string_view fill, double size,
                  std::string_view anchor, bool bold)
{
    return fmt::format(
        "<text x=\"{:.1f}\" y=\"{:.1f}\" fill=\"{}\" font-size=\"{}\" "
        "text-anchor=\"{}\"{}>{}</text>\n",
        x, y, fill, size, anchor, bold ? " font-weight=\"bold\"" : "", escaped(text));
}

std::string box(double x, double y, double width, double height, std::string_view fill)
{
    return fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\"/>\n", x, y,
        std::max(0.0, width), std::max(0.0, height), fill);
}

std::string line(double x1, double y1, double x2, double y2, std::string_view stroke, double width,
                 bool dashed)
{
    return fmt::format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" "
        "stroke-width=\"{}\"{}/>\n",
        x1, y1, x2, y2, stroke, width, dashed ? " stroke-dasharray=\"4 3\"" : "");
}

std::string rate_text(double rate)
{
    return rate < 1000 ? fmt::format("{:.3g}", rate) : fmt::format("{:.0f}", rate);
}

double nice_step(double range, double parts)
{
    const double rough = range / parts;
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= rough) return factor * power;
    return 10 * power;
}

}  // namespace adit::miner::bench::drawing
