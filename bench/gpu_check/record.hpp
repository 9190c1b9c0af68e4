#pragma once

#include <string>

#include "kernels/base/json.hpp"

namespace adit::gpu_check {

/// The one JSON of a run, written anew after every result, so that a run cut short keeps what it
/// has: at any moment the file is whole. One thread.
class Record {
public:
    /// `file` "-" keeps nothing. With `append` it goes on with the file's results where there are
    /// some; without, what an earlier run left there is written over by the first result.
    Record(std::string file, bool append);

    /// Adds a result under `experiment` and says it in one line.
    void add(const std::string& experiment, json::object result, const std::string& line);

    void head(const std::string& key, json::value value);

    /// Everything so far, as it stands in the file.
    json::object all() const;

private:
    void write();

    std::string file_;
    json::object head_;
    json::array results_;
    bool complained_ = false;
};

}  // namespace adit::gpu_check
