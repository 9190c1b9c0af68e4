#pragma once

#include "kernels/base/json.hpp"
#include "stratum/client/recording.hpp"

/// The first line of a recording: who the client was.
namespace adit::stratum::client {

inline constexpr const char* kHiddenPassword = "hidden";

struct RecordedOptions {
    ClientOptions options;
    u64 seed = 0;
};

json::object describe_options(const ClientOptions& options, u64 seed);
Result<RecordedOptions, RecordingError> read_options(const json::object& line);

}  // namespace adit::stratum::client
