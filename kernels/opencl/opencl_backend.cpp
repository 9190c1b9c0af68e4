#include "kernels/opencl/opencl_backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "kernels/opencl/opencl_solver.hpp"
#include "kernels/opencl/program_text.hpp"
#include "kernels/solver/self_test.hpp"

namespace adit::opencl {
namespace {

using equihash::Params;
using solver::DeviceError;
using solver::DeviceInfo;

struct ProgramFolder {
    std::mutex mutex;
    std::filesystem::path path = ProgramCache::default_folder();
};
ProgramFolder& program_folder()
{
    static ProgramFolder folder;
    return folder;
}

class OpenclBackend final : public solver::Backend {
public:
    std::string_view name() const noexcept override { return "opencl"; }

    std::vector<DeviceInfo> devices() override
    {
        std::vector<DeviceInfo> infos;
        for (const OpenclDevice& device : list_devices()) infos.push_back(device.info);
        return infos;
    }

    std::optional<u64> memory_needed(const DeviceInfo& wanted, const Params& params) override
    {
        for (const OpenclDevice& device : list_devices())
            if (device.info.id == wanted.id) return nonce_bytes(params, device.facts);
        return std::nullopt;
    }

    std::vector<std::string> ways(const DeviceInfo& wanted, const Params& params) override
    {
        std::vector<std::string> ways;
        for (const OpenclDevice& device : list_devices())
            if (device.info.id == wanted.id)
                for (const solver::Way& way : ways_for(params, device.facts))
                    ways.push_back(to_string(way));
        return ways;
    }

    Result<std::unique_ptr<solver::Solver>, DeviceError> make_solver(
        const DeviceInfo& wanted, const solver::SolverOptions& options) override;
};

/// The choice's name, and behind it the knobs that were turned.
std::string variant_of(const Choice& choice, const solver::SolverOptions& options)
{
    const std::size_t colon = std::min(options.lane.find(':'), options.lane.size());
    return std::string(choice.name) + options.lane.substr(colon);
}

DeviceError too_small(const OpenclDevice& device, const Params& params, const Choice& choice)
{
    const u32 batches = choice.policy.overlap ? 2 : 1;
    const u64 bytes = plan_places(dialect::plan(params, choice.policy))->arena_bytes(1) * batches;
    return {DeviceError::Word::out_of_memory,
            fmt::format("{} has {} MB, {} MB at once; ({}) needs {} MB; these fit: {}",
                        device.info.name, device.facts.memory_bytes / 1'000'000,
                        device.facts.segment_bytes_max / 1'000'000, to_string(params),
                        bytes / 1'000'000 + 1, sets_that_fit(device.facts))};
}

/// One way of running: planned, built, allocated, and, when the compiler has just made it, tested.
Made make_with(const OpenclDevice& device, const solver::SolverOptions& options,
               const Choice& wanted)
{
    const auto fit = fitted(wanted, options.params, device.facts);
    if (!fit) return too_small(device, options.params, wanted);
    const auto& [choice, layout, places] = *fit;

    cl_int error = CL_SUCCESS;
    const cl::Context context(device.device, nullptr, nullptr, nullptr, &error);
    if (error != CL_SUCCESS)
        return DeviceError{
            DeviceError::Word::lost,
            fmt::format("{} gives no context, OpenCL error {}", device.info.name, error)};
    std::filesystem::path folder;
    {
        const std::scoped_lock lock(program_folder().mutex);
        folder = program_folder().path;
    }
    const ProgramCache cache(folder);
    const std::string build_options = std::string("-cl-std=CL1.2 -w") +
                                      (choice.probe ? " -DADIT_PROBE" : "") +
                                      (choice.policy.overlap ? " -DADIT_OVERLAP" : "");
    ADIT_TRY(const auto built,
             cache.build(context, device.device, program_text(layout, places), build_options));
    solver::SolverInfo info{.device_id = device.info.id,
                            .device_name = device.info.name,
                            .params = options.params,
                            .personalization = options.personalization,
                            .variant = variant_of(choice, options)};
    ADIT_TRY(auto made, OpenclSolver::make(device, context, built.program, choice, layout, places,
                                           std::move(info)));
    if (built.fresh) {
        const solver::KnownAnswer& answer = solver::quick_answer(options.params);
        made->set_personalization(*equihash::Personalization::from_text(answer.personalization));
        ADIT_CHECKED(solver::check_answer(*made, answer));
        made->set_personalization(options.personalization);
        cache.keep(built);
    }
    return std::unique_ptr<solver::Solver>(std::move(made));
}

/// The one way that `options.lane` names.
Result<Choice, DeviceError> choice_named(const OpenclDevice& device,
                                         const solver::SolverOptions& options,
                                         const std::vector<Choice>& choices)
{
    const auto refused = [&](const std::string& why) {
        std::string names;
        for (const Choice& one : choices) names += fmt::format(" {}", one.name);
        return DeviceError{DeviceError::Word::not_found,
                           fmt::format("{} runs ({}) as{}, not as {}{}", device.info.id,
                                       to_string(options.params), names, options.lane, why)};
    };
    const auto way = solver::parse_way(options.lane);
    if (!way) return refused("; knobs are written lane:batch=2,flights=1");
    const auto choice = std::ranges::find_if(
        choices, [&](const Choice& one) { return way->lane.empty() || one.name == way->lane; });
    if (choice == choices.end()) return refused("");
    if (const auto knob = solver::unknown_knob(*way, kKnobs))
        return refused(fmt::format("; there is no knob {}", *knob));
    const auto wanted = turned(*choice, *way, options.params, device.facts);
    if (!wanted) return refused("; the device cannot run that");
    return *wanted;
}

Made OpenclBackend::make_solver(const DeviceInfo& wanted, const solver::SolverOptions& options)
{
    const auto devices = list_devices();
    const auto device = std::ranges::find_if(
        devices, [&](const OpenclDevice& one) { return one.info.id == wanted.id; });
    if (device == devices.end())
        return DeviceError{DeviceError::Word::not_found,
                           fmt::format("no OpenCL device {} here{}{}", wanted.id,
                                       *load_problem() != '\0' ? ": " : "", load_problem())};

    std::vector<Choice> choices = choices_for(options.params, device->facts);
    if (choices.empty())
        return DeviceError{
            DeviceError::Word::unsupported_params,
            fmt::format("{} has no way to run ({})", device->info.name, to_string(options.params))};
    if (!options.lane.empty()) {
        ADIT_TRY(const Choice named, choice_named(*device, options, choices));
        choices = {named};
    }

    return make_or_fall_back(
        choices, [&](const Choice& choice) { return make_with(*device, options, choice); });
}

}  // namespace

solver::Backend* opencl_backend()
{
    static OpenclBackend backend;
    return &backend;
}

Made make_or_fall_back(const std::vector<Choice>& choices,
                       const std::function<Made(const Choice&)>& make)
{
    Made made = make(choices.front());
    const bool worth_another_way =
        !made && (made.error().word == DeviceError::Word::build_failed ||
                  made.error().word == DeviceError::Word::self_test_failed);
    if (worth_another_way && choices.size() > 1) {
        Made other = make(choices.back());
        if (other) return other;
        DeviceError both = made.error();
        both.detail += "; and as " + std::string(choices.back().name) + ": " + other.error().detail;
        return both;
    }
    return made;
}

void set_program_folder(std::filesystem::path folder)
{
    const std::scoped_lock lock(program_folder().mutex);
    program_folder().path = std::move(folder);
}

}  // namespace adit::opencl
