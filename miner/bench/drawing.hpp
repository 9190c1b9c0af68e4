#pragma once

#include <string>
#include <string_view>

/// What a page of charts is drawn with: plain SVG 1.1, lengths in its units, the origin top left.
namespace adit::miner::bench::drawing {

inline constexpr std::string_view kInk = "#1f2933";
inline constexpr std::string_view kFaint = "#7b8794";
inline constexpr std::string_view kLine = "#e4e7eb";
inline constexpr std::string_view kBlue = "#2f6fb2";
inline constexpr std::string_view kAmber = "#c7751e";
inline constexpr std::string_view kGreen = "#3f8f5f";

/// A rectangle to draw in, and the ranges its axes stand for.
struct Plot {
    double left, top, width, height;
    double x_low = 0, x_high = 1, y_low = 0, y_high = 1;

    double x(double value) const { return left + width * (value - x_low) / (x_high - x_low); }
    double y(double value) const { return top + height * (1 - (value - y_low) / (y_high - y_low)); }
    double bottom() const { return top + height; }
};

/// Text with &, < and > written as XML wants them.
std::string escaped(std::string_view text);

std::string label(double x, double y, std::string_view text, std::string_view fill = kInk,
                  double size = 12, std::string_view anchor = "start", bool bold = false);
std::string box(double x, double y, double width, double height, std::string_view fill);
std::string line(double x1, double y1, double x2, double y2, std::string_view stroke,
                 double width = 1, bool dashed = false);

/// "0.5", "4.43", "15000": three digits, never an exponent.
std::string rate_text(double rate);

/// A step of 1, 2 or 5 times a power of ten that cuts `range` into about `parts`.
double nice_step(double range, double parts);

}  // namespace adit::miner::bench::drawing
