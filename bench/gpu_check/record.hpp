#pragma once

#include <string>

#include "kernels/base/json.hpp"

namespace adit::gpu_check {

/// The one JSON of a run, written anew after every result, so that a run cut short keeps what it
/// has.
class Record {
public:
    /// Goes on with the file's results where there are some.
    explicit Record(std::string file);

    /// Adds a result under `experiment` and says it in one line.
    void add(const std::string& experiment, json::object result, const std::string& line);

    void head(const std::string& key, json::value value);

private:
    void write() const;

    std::string file_;
    json::object head_;
    json::array results_;
};

}  // namespace adit::gpu_check
