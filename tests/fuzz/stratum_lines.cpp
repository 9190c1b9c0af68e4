// Bytes cut into pieces anywhere: the same lines as in one piece, none too long, and no more held
// than one.

#include "stratum/proto/line_framer.hpp"

#include <algorithm>
#include <vector>

#include "kernels/base/bytes.hpp"

namespace {

constexpr std::size_t kSteps = 16;

struct Lines {
    std::vector<std::string> lines;
    bool taken = true;
};

Lines read(std::string_view bytes, std::size_t limit, std::size_t piece)
{
    Lines out;
    adit::stratum::LineFramer framer(limit);
    while (out.taken && !bytes.empty()) {
        const std::size_t size = std::min(piece, bytes.size());
        out.taken = framer.feed(bytes.substr(0, size), [&](std::string_view line) {
            if (line.empty() || line.size() > limit || line.find('\n') != line.npos)
                __builtin_trap();
            out.lines.emplace_back(line);
            return true;
        });
        if (framer.unfinished().size() > limit || framer.too_long() == out.taken) __builtin_trap();
        bytes.remove_prefix(size);
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 2) return 0;
    const std::size_t limit = data[0];
    const std::string_view bytes = adit::as_text({data + 2, size - 2});
    const Lines whole = read(bytes, limit, bytes.size());
    const Lines pieces = read(bytes, limit, 1 + data[1] % kSteps);
    if (whole.lines != pieces.lines || whole.taken != pieces.taken) __builtin_trap();
    return 0;
}
