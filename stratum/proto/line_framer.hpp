#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace adit::stratum {

/// Bytes to lines: LF ends a line, a CR before it is dropped, empty lines vanish. Holds at most one
/// unfinished line; holds nothing between lines.
class LineFramer {
public:
    /// `line_bytes_max` counts a line without its LF.
    explicit LineFramer(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

    /// Calls `on_line(std::string_view)` for each line that ends in `bytes`; the view lives as long
    /// as the call. `on_line` returns whether to go on: after false the rest is dropped. Returns
    /// false once a line has grown over the limit, and from then on.
    template <class OnLine>
    [[nodiscard]] bool feed(std::string_view bytes, OnLine&& on_line)
    {
        while (!too_long_ && !bytes.empty()) {
            const std::size_t end = bytes.find('\n');
            if (end == std::string_view::npos) {
                keep(bytes);
                break;
            }
            const std::string_view line = finish(bytes.substr(0, end));
            bytes.remove_prefix(end + 1);
            if (too_long_) break;
            const bool go_on = line.empty() || on_line(line);
            release();
            if (!go_on) break;
        }
        return !too_long_;
    }

    void reset();
    bool too_long() const { return too_long_; }
    std::size_t bytes_held() const { return partial_.capacity(); }
    /// The beginning of a line whose end has not come yet.
    std::string_view unfinished() const { return partial_; }

private:
    void keep(std::string_view bytes);
    std::string_view finish(std::string_view tail);
    void release();

    std::size_t line_bytes_max_;
    std::string partial_;
    bool too_long_ = false;
};

}  // namespace adit::stratum
