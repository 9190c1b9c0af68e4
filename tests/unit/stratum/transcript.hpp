#pragma once

#include <string>
#include <vector>

#include "tests/support/vectors.hpp"

namespace adit::stratum::test {

/// One line of a recorded conversation, without its LF.
struct Line {
    bool from_client = false;
    std::string text;
};

inline std::vector<Line> load_transcript(std::string_view file)
{
    std::vector<Line> lines;
    const json::value session = adit::test::load_vectors(file);
    for (const json::value& entry : *json::array_of(session.as_object(), "lines"))
        lines.push_back({adit::test::text(entry.as_object(), "dir") == "client",
                         std::string(adit::test::text(entry.as_object(), "line"))});
    return lines;
}

/// Everything one side said, as a byte stream.
inline std::string stream_of(const std::vector<Line>& lines, bool from_client)
{
    std::string stream;
    for (const Line& line : lines)
        if (line.from_client == from_client) stream += line.text + '\n';
    return stream;
}

}  // namespace adit::stratum::test
