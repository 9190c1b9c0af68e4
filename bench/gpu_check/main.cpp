// All that needs a real GPU, in one program: self-tests, digests against the CPU, micro rates,
// phase times, rates of every way, OpenCL against CUDA. scripts/gpu-check builds it, runs it, and
// adds what other tools say.

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>
#include <thread>

#include "bench/gpu_check/record.hpp"
#include "kernels/backends.hpp"
#include "kernels/base/clock.hpp"
#include "kernels/base/version.hpp"
#include "kernels/devices.hpp"
#include "kernels/solver/digest.hpp"
#include "kernels/solver/self_test.hpp"
#ifdef ADIT_HAS_CUDA
#include "kernels/cuda/probe.hpp"
#endif
#ifdef ADIT_HAS_OPENCL
#include "kernels/opencl/probe.hpp"
#endif

namespace adit::gpu_check {
namespace {

using equihash::Params;
using kernels::ListedDevice;
using solver::DeviceError;

struct Options {
    std::string out = "gpu-check.json";
    std::string device;     ///< empty: every GPU
    std::string only;       ///< one step; empty: all
    std::string params;     ///< one set; empty: all
    double seconds = 360;   ///< for everything; steps that come too late say so
    double turn_s = 2;      ///< of a rate
    u64 nonces_96_5 = 200;  ///< of the digests against the CPU
    u64 nonces_200_9 = 60;
};

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

std::string format(const char* pattern, auto... values)
{
    char text[256];
    std::snprintf(text, sizeof text, pattern, values...);
    return text;
}

equihash::Personalization personalization_of(const Params& params)
{
    return *equihash::Personalization::from_text(solver::quick_answer(params).personalization);
}

class Check {
public:
    Check(const Options& options, Record& record) : options_(options), record_(record) {}

    int run()
    {
        for (ListedDevice& one : kernels::list_devices(kernels::backends())) {
            if (one.backend->name() == "cpu") cpu_ = one;
            const bool wanted = options_.device.empty()
                                    ? one.backend->name() != "cpu" && !is_cpu_opencl(one)
                                    : one.info.id == options_.device;
            if (wanted) devices_.push_back(std::move(one));
        }
        for (const std::string& note : kernels::backend_notes())
            std::printf("note: %s\n", note.c_str());
        if (devices_.empty()) {
            std::printf("There is no GPU here%s.\n",
                        options_.device.empty() ? ": no CUDA device, and no OpenCL device but CPUs"
                                                : (": no device " + options_.device).c_str());
            return 4;
        }
        head();
        step("selftest", [&](const ListedDevice& device) { self_test(device); });
        step("digest", [&](const ListedDevice& device) { digests(device); });
        step("E1", [&](const ListedDevice& device) { micro_rates(device); });
        step("phases", [&](const ListedDevice& device) { phases(device); });
        if (wants("rates")) rates();
        step("E4", [&](const ListedDevice& device) { ways(device); });
        std::printf("%s: %u failed; everything is in %s\n", failed_ == 0 ? "done" : "FAILED",
                    failed_, options_.out.c_str());
        return failed_ == 0 ? 0 : 1;
    }

private:
    /// A CPU seen through OpenCL waits to be named and has no address on the bus; a card's twin
    /// has.
    static bool is_cpu_opencl(const ListedDevice& device)
    {
        return device.backend->name() == "opencl" && device.info.on_request &&
               device.info.pci_address.empty();
    }

    void head()
    {
        record_.head("version", boost::json::string(version()));
        record_.head("commit", boost::json::string(commit()));
        record_.head("unix_time", SystemClock().unix_time());
        json::array list;
        for (const ListedDevice& device : devices_)
            list.push_back(json::object{{"id", device.info.id},
                                        {"name", device.info.name},
                                        {"driver", device.info.driver},
                                        {"pci", device.info.pci_address},
                                        {"memory_bytes", device.info.memory_bytes}});
        record_.head("devices", std::move(list));
    }

    bool late() const { return seconds(clock_.now() - begun_) > options_.seconds; }
    bool wants(const std::string& name) const
    {
        return options_.only.empty() || options_.only == name;
    }
    bool wants(const Params& params) const
    {
        return options_.params.empty() || options_.params == to_string(params);
    }

    void step(const std::string& name, const std::function<void(const ListedDevice&)>& work)
    {
        if (!wants(name)) return;
        for (const ListedDevice& device : devices_) {
            if (late()) {
                record_.add(name, {{"device", device.info.id}, {"not_reached", true}},
                            device.info.id + "  not reached, the time is up");
                continue;
            }
            work(device);
        }
    }

    void fail(const std::string& experiment, const ListedDevice& device, const Params& params,
              const std::string& why)
    {
        ++failed_;
        record_.add(experiment,
                    {{"device", device.info.id}, {"params", to_string(params)}, {"failed", why}},
                    device.info.id + "  " + to_string(params) + "  FAILED: " + why);
    }

    /// Skipped with the reason, for what a card cannot do; a failure for everything else.
    void refuse(const std::string& experiment, const ListedDevice& device, const Params& params,
                const DeviceError& error)
    {
        if (error.word != DeviceError::Word::unsupported_params &&
            error.word != DeviceError::Word::out_of_memory)
            return fail(experiment, device, params, error.detail);
        record_.add(
            experiment,
            {{"device", device.info.id}, {"params", to_string(params)}, {"skipped", error.detail}},
            device.info.id + "  " + to_string(params) + "  skipped: " + error.detail);
    }

    /// True, and in the record, when there is no time left for this.
    bool not_reached(const std::string& experiment, const ListedDevice& device,
                     const Params& params)
    {
        if (!late()) return false;
        record_.add(
            experiment,
            {{"device", device.info.id}, {"params", to_string(params)}, {"not_reached", true}},
            device.info.id + "  " + to_string(params) + "  not reached, the time is up");
        return true;
    }

    void self_test(const ListedDevice& device)
    {
        for (const Params& params : equihash::kKnownParams) {
            if (!wants(params) || not_reached("selftest", device, params)) continue;
            const TimePoint begun = clock_.now();
            const auto passed =
                solver::self_test(*device.backend, device.info, {}, solver::quick_answer(params));
            if (!passed) {
                refuse("selftest", device, params, passed.error());
                continue;
            }
            const double took = seconds(clock_.now() - begun);
            record_.add("selftest",
                        {{"device", device.info.id},
                         {"params", to_string(params)},
                         {"ok", true},
                         {"seconds", took}},
                        device.info.id + "  " + to_string(params) + format("  ok, %.2f s", took));
        }
    }

    /// What the device finds in a range of nonces, against all there is.
    void digests(const ListedDevice& device)
    {
        for (const auto& [params, nonces] : {std::pair(Params{96, 5}, options_.nonces_96_5),
                                             std::pair(Params{200, 9}, options_.nonces_200_9)}) {
            if (!wants(params) || not_reached("digest", device, params)) continue;
            const solver::SolverOptions options{.params = params,
                                                .personalization = personalization_of(params)};
            auto made = device.backend->make_solver(device.info, options);
            if (!made) {
                refuse("digest", device, params, made.error());
                continue;
            }
            const auto input = solver::quick_answer(params).input();
            const auto report = (*made)->solve(input, {0, 8, 0, nonces}, {});
            if (!report) {
                fail("digest", device, params, report.error().detail);
                continue;
            }
            auto found = report->found;
            auto known = on_the_cpu(options, input, nonces);
            std::ranges::sort(found);
            std::ranges::sort(known);
            const bool all_true = std::ranges::includes(known, found);
            const bool nearly_all = found.size() * 100 >= known.size() * 99;
            const std::string digest = solver::digest_text(found, report->rows_dropped);
            const bool same = digest == solver::digest_text(known, 0);
            const bool fine = all_true && nearly_all && (same || report->rows_dropped > 0);
            if (!fine) ++failed_;
            record_.add(
                "digest",
                {{"device", device.info.id},
                 {"params", to_string(params)},
                 {"nonces", nonces},
                 {"found", found.size()},
                 {"known", known.size()},
                 {"rows_dropped", report->rows_dropped},
                 {"found_are_true", all_true},
                 {"digest", digest},
                 {"ok", fine}},
                device.info.id + "  " + to_string(params) +
                    format("  %zu of %zu solutions of %llu nonces, %llu rows dropped, %s",
                           found.size(), known.size(), static_cast<unsigned long long>(nonces),
                           static_cast<unsigned long long>(report->rows_dropped),
                           same   ? "digests equal"
                           : fine ? "a subset"
                                  : "WRONG"));
        }
    }

    std::vector<solver::FoundSolution> on_the_cpu(const solver::SolverOptions& options,
                                                  const equihash::PowInput& input, u64 nonces)
    {
        const u64 threads = std::min<u64>(cpu_->info.workers, nonces);
        std::vector<std::vector<solver::FoundSolution>> parts(threads);
        {
            std::vector<std::jthread> workers;
            for (u64 t = 0; t < threads; ++t)
                workers.emplace_back([&, t] {
                    const u64 first = nonces * t / threads;
                    const u64 end = nonces * (t + 1) / threads;
                    auto solver = cpu_->backend->make_solver(cpu_->info, options);
                    if (!solver) return;
                    auto report = (*solver)->solve(input, {0, 8, first, end - first}, {});
                    if (report) parts[t] = std::move(report->found);
                });
        }
        std::vector<solver::FoundSolution> all;
        for (auto& part : parts) all.insert(all.end(), part.begin(), part.end());
        return all;
    }

    void micro_rates([[maybe_unused]] const ListedDevice& device)
    {
#ifdef ADIT_HAS_CUDA
        if (device.backend->name() != "cuda") return;
        const auto rates = cuda::micro_rates(device.info);
        if (!rates) return fail("E1", device, {200, 9}, rates.error().detail);
        for (const cuda::Rate& rate : *rates)
            record_.add("E1",
                        {{"device", device.info.id},
                         {"name", rate.name},
                         {"value", rate.value},
                         {"unit", rate.unit}},
                        device.info.id + "  " + rate.name +
                            format("  %.4g %s", rate.value, rate.unit.c_str()));
#endif
    }

    /// Kernel after kernel, for every way that changes kernels (E2 and E3) of (200,9) and (144,5),
    /// and the usual way of all other sets.
    void phases(const ListedDevice& device)
    {
        for (const Params& params : equihash::kKnownParams) {
            if (!wants(params) || not_reached("phases", device, params)) continue;
            const auto ways = device.backend->ways(device.info, params);
            const bool many = params == Params{200, 9} || params == Params{144, 5};
            for (std::size_t i = 0; i < ways.size() && !late(); ++i) {
                const bool same_kernels = ways[i].find("flights=") != std::string::npos ||
                                          ways[i].find("graph=") != std::string::npos;
                if (i > 0 && (!many || same_kernels)) continue;
                // A shape that finds wrong things fast is worth nothing.
                const auto right = solver::self_test(
                    *device.backend, device.info, {.lane = ways[i]}, solver::quick_answer(params));
                if (right)
                    phases_of(device, params, ways[i]);
                else
                    refuse("phases", device, params, right.error());
            }
        }
    }

    void phases_of(const ListedDevice& device, const Params& params, const std::string& way)
    {
        const solver::SolverOptions options{
            .params = params, .personalization = personalization_of(params), .lane = way};
        const auto input = solver::quick_answer(params).input();
        json::object times;
        double sum = 0;
        std::string line;
        const auto take = [&](const auto& phases) {
            if (!phases) {
                refuse("phases", device, params, phases.error());
                return false;
            }
            for (const auto& phase : *phases) {
                times[phase.name] = phase.seconds;
                sum += phase.seconds;
                line += format(" %.0f", phase.seconds * 1e6);
            }
            return true;
        };
        bool taken = false;
#ifdef ADIT_HAS_CUDA
        if (device.backend->name() == "cuda")
            taken = take(cuda::time_phases(device.info, options, input));
#endif
#ifdef ADIT_HAS_OPENCL
        if (device.backend->name() == "opencl")
            taken = take(opencl::time_phases(device.info, options, input));
#endif
        if (!taken) return;
        record_.add("phases",
                    {{"device", device.info.id},
                     {"params", to_string(params)},
                     {"way", way},
                     {"seconds", std::move(times)},
                     {"sum_s", sum}},
                    device.info.id + "  " + to_string(params) + "  " + way +
                        format("  %.0f us:", sum * 1e6) + line);
    }

    struct Rated {
        double it_s = 0;
        double sol_s = 0;
        u64 dropped = 0;
        u64 nonces = 0;
    };

    Result<Rated, DeviceError> rate(const ListedDevice& device, const Params& params,
                                    const std::string& way)
    {
        ADIT_TRY(const auto solver, device.backend->make_solver(
                                        device.info, {.params = params,
                                                      .personalization = personalization_of(params),
                                                      .lane = way}));
        const auto input = solver::quick_answer(params).input();
        Rated rated;
        u64 at = 0;
        u64 count = 1;
        for (;;) {
            const TimePoint begun = clock_.now();
            ADIT_TRY(const auto report, solver->solve(input, {0, 8, at, count}, {}));
            const double took = seconds(clock_.now() - begun);
            at += count;
            rated = {static_cast<double>(count) / took,
                     static_cast<double>(report.found.size()) / took, report.rows_dropped, count};
            if (took >= options_.turn_s / 2) return rated;
            const double factor = std::clamp(options_.turn_s * 0.8 / took, 2.0, 64.0);
            count = static_cast<u64>(static_cast<double>(count) * factor);
        }
    }

    void say_rate(const std::string& experiment, const ListedDevice& device, const Params& params,
                  const std::string& way)
    {
        const auto rated = rate(device, params, way);
        if (!rated) return refuse(experiment, device, params, rated.error());
        record_.add(experiment,
                    {{"device", device.info.id},
                     {"params", to_string(params)},
                     {"way", way},
                     {"it_s", rated->it_s},
                     {"sol_s", rated->sol_s},
                     {"nonces", rated->nonces},
                     {"rows_dropped", rated->dropped}},
                    device.info.id + "  " + to_string(params) + "  " + way +
                        format("  %.4g it/s, %.4g Sol/s", rated->it_s, rated->sol_s));
    }

    /// Every set on every device, devices in turn, twice: A B A B.
    void rates()
    {
        for (const Params& params : equihash::kKnownParams)
            for (int turn = 0; turn < 2; ++turn)
                for (const ListedDevice& device : devices_)
                    if (wants(params) && !not_reached("rates", device, params))
                        say_rate("rates", device, params, "");
    }

    /// E4: batches, flights, graphs.
    void ways(const ListedDevice& device)
    {
        for (const Params& params : {Params{200, 9}, Params{144, 5}}) {
            if (!wants(params) || not_reached("E4", device, params)) continue;
            for (const std::string& way : device.backend->ways(device.info, params))
                if (!late()) say_rate("E4", device, params, way);
        }
    }

    const Options& options_;
    Record& record_;
    SystemClock clock_;
    TimePoint begun_ = clock_.now();
    std::vector<ListedDevice> devices_;
    std::optional<ListedDevice> cpu_;
    u32 failed_ = 0;
};

int usage()
{
    std::fputs(
        "gpu_check [--out FILE] [--device ID] [--only STEP] [--params N,K] [--seconds S] [--turn "
        "S]\n"
        "          [--nonces-96-5 N] [--nonces-200-9 N]\n"
        "gpu_check --note KEY TEXT [--out FILE]    adds what another tool said\n"
        "Steps: selftest digest E1 phases rates E4. Without --device: every GPU.\n",
        stderr);
    return 2;
}

}  // namespace
}  // namespace adit::gpu_check

int main(int argc, char** argv)
{
    using namespace adit::gpu_check;
    Options options;
    std::string note_key, note;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const auto value = [&] { return i + 1 < argc ? argv[++i] : ""; };
        if (word == "--out")
            options.out = value();
        else if (word == "--device")
            options.device = value();
        else if (word == "--only")
            options.only = value();
        else if (word == "--params")
            options.params = value();
        else if (word == "--seconds")
            options.seconds = std::atof(value());
        else if (word == "--turn")
            options.turn_s = std::max(0.01, std::atof(value()));
        else if (word == "--nonces-96-5")
            options.nonces_96_5 = std::strtoull(value(), nullptr, 10);
        else if (word == "--nonces-200-9")
            options.nonces_200_9 = std::strtoull(value(), nullptr, 10);
        else if (word == "--note") {
            note_key = value();
            note = value();
        } else
            return usage();
    }
    if (options.out.empty()) return usage();
    Record record(options.out);
    if (!note_key.empty()) {
        record.add(note_key, {{"text", note}}, note);
        return 0;
    }
    return Check(options, record).run();
}
