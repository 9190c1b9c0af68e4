#pragma once

#include <optional>
#include <string>

#include "kernels/equihash/params.hpp"

namespace adit::gpu_check {

struct Options {
    std::string out = "gpu-check.json";  ///< "-": nothing is kept
    bool append = false;                 ///< goes on with the results in `out`
    std::string device;                  ///< empty: every GPU
    std::string only;                    ///< one step; empty: all
    std::string params;                  ///< one set; empty: all
    double seconds = 300;                ///< for everything; steps that come too late say so
    double turn_s = 2;                   ///< of a rate
    u64 nonces_96_5 = 200;               ///< of the digests against the CPU
    u64 nonces_200_9 = 60;
    std::string note_key, note;  ///< only adds this to `out`
    bool table = false;          ///< only prints `out` as tables

    bool wants_step(std::string_view name) const { return only.empty() || only == name; }
    bool wants(const equihash::Params& set) const
    {
        return params.empty() || params == to_string(set);
    }
};

/// nullopt when a word is not understood.
std::optional<Options> parse_options(int argc, char** argv);

inline constexpr const char* kUsage =
    "gpu_check [--out FILE] [--append] [--device ID] [--only STEP] [--params N,K] [--seconds S]\n"
    "          [--turn S] [--nonces-96-5 N] [--nonces-200-9 N]\n"
    "gpu_check --note KEY TEXT [--out FILE]    adds what another tool said\n"
    "gpu_check --table [--out FILE]            prints what is in FILE as Markdown tables\n"
    "Steps: selftest digest E5 E1 rates stop kernels E4. Without --device: every GPU. --out -: no "
    "file.\n";

}  // namespace adit::gpu_check
