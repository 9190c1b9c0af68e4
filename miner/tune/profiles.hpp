#pragma once

#include <filesystem>

#include "kernels/base/clock.hpp"
#include "miner/tune/tuner.hpp"

namespace adit::miner::tune {

/// What was tuned where: a device under one driver, by one version of this program, for one (n, k).
/// Another card in the slot, another driver, another version: tuned anew.
struct Profile {
    std::string device;  ///< its name; its PCI address too, where it has one
    std::string driver;
    std::string version;
    std::string params;
    std::string way;  ///< the best, as `SolverOptions::lane` takes it
    UnixTime tuned_at = 0;
    std::vector<Trial> trials;

    bool is_for(const solver::DeviceInfo& info, const equihash::Params& wanted) const;
};

/// Tuned ways on disk, in one JSON file of the state folder. A file that is missing or damaged is
/// an empty one. One thread at a time.
class Profiles {
public:
    static constexpr std::size_t kProfilesMax = 256;  ///< the oldest go first

    explicit Profiles(std::filesystem::path folder);

    /// Null when this device was not tuned for these parameters as things are.
    const Profile* find(const solver::DeviceInfo& info, const equihash::Params& params) const;

    /// Keeps an outcome in memory and on disk. The error is a line for people.
    Result<void, std::string> keep(const solver::DeviceInfo& info, const equihash::Params& params,
                                   const Outcome& outcome, UnixTime now);

    const std::filesystem::path& file() const { return file_; }

    /// $XDG_STATE_HOME/adit, else ~/.local/state/adit, else an empty path: nothing is kept.
    static std::filesystem::path default_folder();

private:
    void read();
    std::string text() const;

    std::filesystem::path file_;
    std::vector<Profile> profiles_;
};

}  // namespace adit::miner::tune
