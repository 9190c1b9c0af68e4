#include "miner/app/console.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "kernels/base/hex.hpp"

namespace adit::miner::app {
namespace {

constexpr std::size_t kColumns = 80;
constexpr i64 kCoin = 100'000'000;

std::string clock_text()
{
    const std::time_t now = std::time(nullptr);
    return fmt::format("{:%H:%M:%S}", fmt::localtime(now));
}

/// Items with commas between, broken into lines that fit.
std::vector<std::string> wrapped(const std::vector<std::string>& items, std::string_view indent)
{
    std::vector<std::string> lines;
    std::string line(indent);
    for (std::size_t i = 0; i < items.size(); ++i) {
        const std::string item = items[i] + (i + 1 < items.size() ? "," : "");
        const bool first = line.size() == indent.size();
        if (!first && line.size() + 1 + item.size() > kColumns) {
            lines.push_back(std::exchange(line, std::string(indent)));
            line += item;
        } else {
            line += (first ? "" : " ") + item;
        }
    }
    if (line.size() > indent.size()) lines.push_back(line);
    return lines;
}

std::string three_rates(const stats::Rates& rates, double stats::Rate::*kind)
{
    return rate_text(rates.w10s.*kind) + " " + rate_text(rates.w60s.*kind) + " " +
           rate_text(rates.w15m.*kind);
}

}  // namespace

std::string coins_text(i64 amount)
{
    std::string text = fmt::format("{}.{:08}", amount / kCoin, amount % kCoin);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text;
}

std::string duration_text(Duration duration)
{
    const auto seconds = std::chrono::duration<double>(duration).count();
    if (seconds < 100) return fmt::format("{:.1f} s", seconds);
    const auto whole = static_cast<u64>(seconds);
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
}

std::string rate_text(double rate)
{
    if (rate < 9.995) return fmt::format("{:.2f}", rate);
    if (rate < 99.95) return fmt::format("{:.1f}", rate);
    if (rate < 999.5) return fmt::format("{:.0f}", rate);
    if (rate < 9'995) return fmt::format("{:.2f}k", rate / 1e3);
    if (rate < 99'950) return fmt::format("{:.1f}k", rate / 1e3);
    if (rate < 999'500) return fmt::format("{:.0f}k", rate / 1e3);
    return fmt::format("{:.2f}M", rate / 1e6);
}

std::string Style::faint(std::string_view text) const
{
    return colour ? fmt::format("\x1b[2m{}\x1b[0m", text) : std::string(text);
}
std::string Style::good(std::string_view text) const
{
    return colour ? fmt::format("\x1b[1;32m{}\x1b[0m", text) : std::string(text);
}
std::string Style::warning(std::string_view text) const
{
    return colour ? fmt::format("\x1b[33m{}\x1b[0m", text) : std::string(text);
}

std::vector<std::string> Style::block(const BlockNews& news, std::string_view clock) const
{
    const stratum::Work& work = *news.share.work;
    std::vector<std::string> lines;
    lines.push_back(good(fmt::format("block {}", work.height)) + " " +
                    to_hex_reversed(news.share.hash.bytes));
    const std::string when = news.since_last
                                 ? duration_text(*news.since_last) + " after the last"
                                 : "the first, after " + duration_text(news.since_start);
    lines.push_back(faint(fmt::format("  {}  {}, found by {}", clock, when, news.share.device_id)));
    std::vector<std::string> paid;
    for (const stratum::Payment& payment : work.payments)
        paid.push_back(payment.role + " " + coins_text(payment.amount));
    for (std::string& line : wrapped(paid, "  ")) lines.push_back(std::move(line));
    return lines;
}

std::string Style::rates(const stats::Snapshot& snapshot, std::string_view clock) const
{
    std::string line = fmt::format("{}  it/s {}  Sol/s {}  (10s 60s 15m)", clock,
                                   three_rates(snapshot.rates, &stats::Rate::its),
                                   three_rates(snapshot.rates, &stats::Rate::sol_s));
    const std::string height = snapshot.work && snapshot.work->height > 0
                                   ? fmt::format("  #{}", snapshot.work->height)
                                   : "";
    if (line.size() + height.size() <= kColumns) line += height;
    return faint(line);
}

Console::Console(std::FILE* out, bool colours) : out_(out)
{
    style_.colour = colours && isatty(fileno(out)) == 1;
}

void Console::print(const std::vector<std::string>& lines)
{
    const std::lock_guard lock(mutex_);
    for (const std::string& line : lines) std::fprintf(out_, "%s\n", line.c_str());
    if (std::fflush(out_) != 0) closed_ = true;
}

void Console::block(const BlockNews& news) { print(style_.block(news, clock_text())); }
void Console::rates(const stats::Snapshot& snapshot)
{
    print({style_.rates(snapshot, clock_text())});
}
void Console::say(std::string_view text) { print({std::string(text)}); }
void Console::warn(std::string_view text)
{
    print({style_.warning(fmt::format("{}  {}", clock_text(), text))});
}

bool Console::closed() const
{
    const std::lock_guard lock(mutex_);
    return closed_;
}

}  // namespace adit::miner::app
