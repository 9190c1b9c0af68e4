#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kernels/cuda/kernel_set.hpp"

// What is decided about drivers and cards from plain facts, without asking either. CUDA versions
// are written as the runtime writes them: 12090 is 12.9.
namespace adit::cuda {

/// "12.9"
std::string version_text(int version);

/// What the runtime found when it looked for its driver.
struct DriverFacts {
    int driver = 0;            ///< the newest CUDA version that it knows; 0: there is none
    int runtime = 0;           ///< the one that this program was built with
    bool refused = false;      ///< the runtime wants a newer driver, or has found none
    std::string trouble = {};  ///< why it cannot be loaded or started, if it is there; else empty
};

/// A sentence for people that says what to do; nullopt when all is well, or there is no driver.
std::optional<std::string> driver_note(const DriverFacts& facts);

struct CardFacts {
    std::string name;
    int sm = 0;                             ///< compute capability: 86 is 8.6
    std::size_t shared_bytes_of_block = 0;  ///< the most that one block may ask for
    std::size_t shared_bytes_of_multiprocessor = 0;
    bool takes_ptx = true;  ///< its driver is no older than the runtime: older ones do not know
                            ///< that PTX ("Minor version compatibility")
};

Architecture class_of(const CardFacts& card);

/// Whether a program that carries `codes`, in nvcc's words ("sm_75 compute_75 sm_86"), has code for
/// a card: machine code of its major version and no later minor one, or PTX no newer than itself
/// (CUDA C++ programming guide, "Binary compatibility" and "PTX compatibility"; not Tegra).
bool has_code(std::string_view codes, const CardFacts& card);

/// A sentence for people about a card for which this program, carrying `codes`, has no code.
std::string no_code_note(std::string_view codes, const CardFacts& card);

using HasCode = std::function<bool(const KernelSet&)>;

/// Those of `sets` for `params` that the card has code and shared memory for, those of its own
/// class first: the first one is what runs. `wanted` names a set; empty: any but trials.
std::vector<const KernelSet*> sets_for(const CardFacts& card, const equihash::Params& params,
                                       std::string_view wanted,
                                       std::span<const KernelSet* const> sets,
                                       const HasCode& has_code_of);

/// Bytes of one nonce in the set that runs; nullopt when none does.
std::optional<u64> nonce_bytes(const CardFacts& card, const equihash::Params& params,
                               std::span<const KernelSet* const> sets, const HasCode& has_code_of);

}  // namespace adit::cuda
