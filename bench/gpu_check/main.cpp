// All that needs a real GPU, in one program: self-tests, digests against the CPU, micro rates,
// phase times, rates of every way, OpenCL against CUDA. scripts/gpu-check builds it, runs it, and
// adds what other tools say.

#include <cstdio>

#include "bench/gpu_check/run.hpp"
#include "bench/gpu_check/table.hpp"

int main(int argc, char** argv)
{
    using namespace adit::gpu_check;
    const auto options = parse_options(argc, argv);
    if (!options) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    const bool goes_on = options->append || options->table || !options->note_key.empty();
    Record record(options->out, goes_on);
    if (!options->note_key.empty()) {
        record.add(options->note_key, {{"text", options->note}}, options->note);
        return 0;
    }
    if (options->table) {
        std::fputs(to_tables(record.all()).c_str(), stdout);
        return 0;
    }
    return Run(*options, record).all_steps();
}
