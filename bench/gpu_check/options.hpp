#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/equihash/params.hpp"

namespace adit::gpu_check {

/// A foreign solver to be run in turn with ours: --peer 'NAME[@DEVICE][/N,K]=COMMAND'.
struct Peer {
    std::string name;
    std::string device;  ///< ours beside it: an id, "cuda" or "ocl"; empty: the first
    std::optional<equihash::Params> params;  ///< ours; empty: as --params says, or (200,9)
    std::string command;                     ///< for sh -c
};

/// nullopt when it is not of that form.
std::optional<Peer> parse_peer(std::string_view text);

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
    std::vector<Peer> peers;
    double peer_limit_s = 30;    ///< of one turn of a peer; then it is killed
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
    R"(gpu_check [--out FILE] [--append] [--device ID] [--only STEP] [--params N,K] [--seconds S]
          [--turn S] [--nonces-96-5 N] [--nonces-200-9 N]
          [--peer 'NAME[@DEVICE][/N,K]=COMMAND']... [--peer-limit S]
gpu_check --note KEY TEXT [--out FILE]    adds what another tool said
gpu_check --table [--out FILE]            prints what is in FILE as Markdown tables
Steps: selftest digest E5 E1 rates peers stop kernels E4. Without --device: every GPU. --out -: no
file.
A peer is a foreign solver's benchmark, run three times in turn with ours on the same device:
  --peer 'djezo=./nheqminer -b 2000 -cd 0'
  --peer 'silentarmy@ocl=cd silentarmy && ./sa-solver --nonces 200'
  --peer 'tromp@cuda:0/144,5=./eqcuda1445 -r 20'
DEVICE is an id, cuda or ocl; without it the run's first, CUDA before OpenCL. The peer's rate is
read from what it prints: solutions in a time, Sol/s, or a count of solutions.
)";

}  // namespace adit::gpu_check
