#include "stratum/proto/line_framer.hpp"

namespace adit::stratum {

void LineFramer::keep(std::string_view bytes)
{
    if (bytes.size() > line_bytes_max_ - partial_.size())
        too_long_ = true;
    else
        partial_.append(bytes);
}

/// The whole line that `tail` completes: in place when nothing was held back.
std::string_view LineFramer::finish(std::string_view tail)
{
    std::string_view line = tail;
    if (!partial_.empty()) {
        keep(tail);
        line = partial_;
    }
    if (line.size() > line_bytes_max_) too_long_ = true;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

void LineFramer::release()
{
    if (!partial_.empty()) std::string().swap(partial_);  // thousands of idle links share a machine
}

void LineFramer::reset()
{
    release();
    too_long_ = false;
}

}  // namespace adit::stratum
