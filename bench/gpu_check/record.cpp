#include "bench/gpu_check/record.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace adit::gpu_check {

Record::Record(std::string file, bool append) : file_(std::move(file))
{
    if (!append || file_ == "-") return;
    std::ifstream in(file_, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto parsed = json::parse(text);
    if (!parsed || !parsed->is_object()) return;
    for (const auto& [key, value] : parsed->get_object())
        if (key != "results") head_[key] = value;
    if (const json::array* results = json::array_of(parsed->get_object(), "results"))
        results_ = *results;
}

void Record::head(const std::string& key, json::value value)
{
    head_[key] = std::move(value);
    write();
}

void Record::add(const std::string& experiment, json::object result, const std::string& line)
{
    std::printf("%-10s %s\n", experiment.c_str(), line.c_str());
    std::fflush(stdout);
    result["experiment"] = experiment;
    results_.push_back(std::move(result));
    write();
}

json::object Record::all() const
{
    json::object all = head_;
    all["results"] = results_;
    return all;
}

/// A new file takes the old one's name. Never over what is no file: /dev/null would become one.
void Record::write()
{
    if (file_ == "-") return;
    std::error_code error;
    const auto there = std::filesystem::status(file_, error).type();
    bool written = false;
    if (there == std::filesystem::file_type::not_found ||
        there == std::filesystem::file_type::regular) {
        const std::string temporary = file_ + ".new";
        std::ofstream out(temporary, std::ios::binary);
        out << json::to_pretty_text(all()) << "\n";
        out.close();
        error.clear();
        if (out.good()) std::filesystem::rename(temporary, file_, error);
        written = out.good() && !error;
    }
    if (!written && !complained_) {
        std::fprintf(stderr, "%s cannot be written: results are only printed\n", file_.c_str());
        complained_ = true;
    }
}

}  // namespace adit::gpu_check
