#include "bench/gpu_check/table.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace adit::gpu_check {
namespace {

/// A value in a cell; times of kernels as "hash 120, round 1 31" in microseconds.
std::string cell(const std::string& key, const json::value& value)
{
    char text[64];
    if (value.is_string()) {
        std::string plain(value.get_string());
        std::ranges::replace(plain, '|', '/');
        std::ranges::replace(plain, '\n', ' ');
        return plain;
    }
    if (value.is_bool()) return value.get_bool() ? "yes" : "no";
    if (value.is_object()) {
        std::string all;
        for (const auto& [name, part] : value.get_object()) {
            std::snprintf(text, sizeof text, " %.0f",
                          part.is_double() ? part.get_double() * 1e6 : 0.0);
            all += (all.empty() ? "" : ", ") + std::string(name) + text;
        }
        return all + " us";
    }
    if (key == "sum_s" && value.is_double())
        std::snprintf(text, sizeof text, "%.0f us", value.get_double() * 1e6);
    else if (value.is_double())
        std::snprintf(text, sizeof text, "%.4g", value.get_double());
    else
        return json::to_text(value);
    return text;
}

void add_table(std::string& to, const std::string& experiment,
               const std::vector<const json::object*>& results)
{
    std::vector<std::string> keys;
    for (const json::object* result : results)
        for (const auto& [key, value] : *result)
            if (key != "experiment" && std::ranges::find(keys, std::string(key)) == keys.end())
                keys.emplace_back(key);
    // What names a result comes first.
    for (const char* name : {"way", "params", "device"}) {
        const auto at = std::ranges::find(keys, std::string(name));
        if (at != keys.end()) std::rotate(keys.begin(), at, at + 1);
    }
    to += "\n## " + experiment + "\n\n|";
    for (const std::string& key : keys) to += " " + key + " |";
    to += "\n|";
    for (std::size_t i = 0; i < keys.size(); ++i) to += "---|";
    to += "\n";
    for (const json::object* result : results) {
        to += "|";
        for (const std::string& key : keys) {
            const json::value* value = result->if_contains(key);
            to += " " + (value != nullptr ? cell(key, *value) : "") + " |";
        }
        to += "\n";
    }
}

}  // namespace

std::string to_tables(const json::object& record)
{
    std::string text = "# gpu-check\n\n";
    for (const auto& [key, value] : record) {
        if (key == "results") continue;
        const bool list = value.is_array();
        if (!list) text += "- " + std::string(key) + ": " + cell(key, value) + "\n";
        for (std::size_t i = 0; list && i < value.get_array().size(); ++i)
            text += "- " + json::to_text(value.get_array()[i]) + "\n";
    }
    std::vector<std::pair<std::string, std::vector<const json::object*>>> experiments;
    const json::array* results = json::array_of(record, "results");
    for (std::size_t i = 0; results != nullptr && i < results->size(); ++i) {
        if (!(*results)[i].is_object()) continue;
        const json::object& result = (*results)[i].get_object();
        const std::string name(json::string_of(result, "experiment").value_or("?"));
        auto at = std::ranges::find(experiments, name, &decltype(experiments)::value_type::first);
        if (at == experiments.end()) at = experiments.insert(at, {name, {}});
        at->second.push_back(&result);
    }
    for (const auto& [name, lines] : experiments) add_table(text, name, lines);
    return text;
}

}  // namespace adit::gpu_check
