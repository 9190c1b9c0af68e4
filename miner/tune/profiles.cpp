#include "miner/tune/profiles.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "kernels/base/json.hpp"
#include "kernels/base/version.hpp"

namespace adit::miner::tune {
namespace {

namespace fs = std::filesystem;

constexpr i64 kFormat = 1;

std::string device_key(const solver::DeviceInfo& info)
{
    return info.pci_address.empty() ? info.name : info.name + " at " + info.pci_address;
}

json::value value_of(const Trial& trial)
{
    json::object object{{"way", trial.way},
                        {"rate_it_s", trial.rate_it_s},
                        {"turns", trial.turns},
                        {"rows_dropped", trial.rows_dropped},
                        {"memory_bytes", trial.memory_bytes}};
    if (!trial.refused.empty()) object["refused"] = trial.refused;
    return object;
}

Trial trial_of(const json::object& object)
{
    Trial trial;
    trial.way = json::string_of(object, "way").value_or("");
    trial.rate_it_s = json::number_of(object, "rate_it_s").value_or(0);
    trial.turns = static_cast<u32>(json::integer_of(object, "turns").value_or(0));
    trial.rows_dropped = static_cast<u64>(json::integer_of(object, "rows_dropped").value_or(0));
    trial.memory_bytes = static_cast<u64>(json::integer_of(object, "memory_bytes").value_or(0));
    trial.refused = json::string_of(object, "refused").value_or("");
    return trial;
}

std::optional<Profile> profile_of(const json::object& object)
{
    Profile profile;
    const auto take = [&](const char* key, std::string& to) {
        const auto text = json::string_of(object, key);
        if (text) to = *text;
        return text.has_value();
    };
    if (!take("device", profile.device) || !take("driver", profile.driver) ||
        !take("version", profile.version) || !take("params", profile.params) ||
        !take("way", profile.way))
        return std::nullopt;
    profile.tuned_at = json::integer_of(object, "tuned_at").value_or(0);
    if (const json::array* trials = json::array_of(object, "trials"))
        for (const json::value& one : *trials)
            if (one.is_object()) profile.trials.push_back(trial_of(one.get_object()));
    return profile;
}

}  // namespace

bool Profile::is_for(const solver::DeviceInfo& info, const equihash::Params& wanted) const
{
    return device == device_key(info) && driver == info.driver && version == adit::version() &&
           params == equihash::to_string(wanted);
}

Profiles::Profiles(fs::path folder) : file_(folder.empty() ? fs::path() : folder / "tuned.json")
{
    read();
}

fs::path Profiles::default_folder()
{
    if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/')
        return fs::path(state) / "adit";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
        return fs::path(home) / ".local" / "state" / "adit";
    return {};
}

void Profiles::read()
{
    constexpr std::uintmax_t kBytesMax = 8u << 20;
    std::error_code error;
    if (file_.empty() || fs::file_size(file_, error) > kBytesMax || error) return;
    std::ifstream in(file_, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto parsed = json::parse(text);
    if (!parsed || !parsed->is_object()) return;
    if (json::integer_of(parsed->get_object(), "format") != kFormat) return;
    const json::array* list = json::array_of(parsed->get_object(), "tuned");
    if (list == nullptr) return;
    for (const json::value& one : *list)
        if (one.is_object() && profiles_.size() < kProfilesMax)
            if (auto profile = profile_of(one.get_object()))
                profiles_.push_back(std::move(*profile));
}

std::string Profiles::text() const
{
    json::array list;
    for (const Profile& profile : profiles_) {
        json::array trials;
        for (const Trial& trial : profile.trials) trials.push_back(value_of(trial));
        list.push_back(json::object{{"device", profile.device},
                                    {"driver", profile.driver},
                                    {"version", profile.version},
                                    {"params", profile.params},
                                    {"way", profile.way},
                                    {"tuned_at", profile.tuned_at},
                                    {"trials", std::move(trials)}});
    }
    return json::to_pretty_text(json::object{{"format", kFormat}, {"tuned", std::move(list)}}) +
           "\n";
}

const Profile* Profiles::find(const solver::DeviceInfo& info, const equihash::Params& params) const
{
    const auto it = std::ranges::find_if(
        profiles_, [&](const Profile& one) { return one.is_for(info, params); });
    return it == profiles_.end() ? nullptr : &*it;
}

Result<void, std::string> Profiles::keep(const solver::DeviceInfo& info,
                                         const equihash::Params& params, const Outcome& outcome,
                                         UnixTime now)
{
    const Trial* best = outcome.best();
    if (best == nullptr) return std::string("no way of running passed, so none is kept");
    std::erase_if(profiles_, [&](const Profile& one) { return one.is_for(info, params); });
    if (profiles_.size() == kProfilesMax) profiles_.erase(profiles_.begin());
    profiles_.push_back({device_key(info), info.driver, std::string(version()),
                         equihash::to_string(params), best->way, now, outcome.trials});
    if (file_.empty()) return std::string("there is no state folder: say one with --state");
    std::error_code error;
    fs::create_directories(file_.parent_path(), error);
    const fs::path temporary = file_.string() + "." + std::to_string(getpid());
    std::ofstream out(temporary, std::ios::binary);
    out << text();
    out.close();
    if (out.good()) fs::rename(temporary, file_, error);
    if (!out.good() || error) {
        fs::remove(temporary, error);
        return file_.string() + " could not be written";
    }
    return {};
}

}  // namespace adit::miner::tune
