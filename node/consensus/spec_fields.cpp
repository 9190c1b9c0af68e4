#include "node/consensus/spec_fields.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/base/hex.hpp"

namespace adit::node::consensus {
namespace {

const toml::table kNoTable;  // stands in for one that is missing or of another type

std::size_t edits_between(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t change = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates)
{
    std::optional<std::string_view> best;
    std::size_t fewest = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string_view candidate : candidates) {
        const std::size_t edits = edits_between(word, candidate);
        if (edits < fewest) fewest = edits, best = candidate;
    }
    return best;
}

void SpecReading::fail(const toml::node& at, std::string field, std::string why)
{
    if (error) return;
    error =
        SpecError{file, static_cast<u32>(at.source().begin.line), std::move(field), std::move(why)};
}

SpecFields::SpecFields(const toml::table& table, std::string path, SpecReading& reading,
                       std::initializer_list<std::string_view> known)
    : table_(table), path_(std::move(path)), reading_(reading)
{
    for (const auto& [key, node] : table) {
        if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
        std::string why = "unknown field";
        if (const auto meant = nearest(key.str(), {known.begin(), known.size()}))
            why += ", did you mean `" + std::string(*meant) + "`?";
        reading_.fail(node, path_of(key.str()), why);
    }
}

std::string SpecFields::path_of(std::string_view key) const
{
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void SpecFields::fail(std::string_view key, std::string why)
{
    const toml::node* node = table_.get(key);
    reading_.fail(node != nullptr ? *node : static_cast<const toml::node&>(table_), path_of(key),
                  std::move(why));
}

const toml::node* SpecFields::required(std::string_view key)
{
    const toml::node* node = table_.get(key);
    if (node == nullptr) fail(key, "missing");
    return node;
}

const toml::node* SpecFields::of_type(std::string_view key, toml::node_type type,
                                      std::string_view words)
{
    const toml::node* node = required(key);
    if (node == nullptr || node->type() == type) return node;
    fail(key, "must be " + std::string(words));
    return nullptr;
}

i64 SpecFields::read_integer(std::string_view key, i64 least, i64 most)
{
    const toml::node* node = of_type(key, toml::node_type::integer, "an integer");
    if (node == nullptr) return least;
    const i64 value = node->as_integer()->get();
    if (value >= least && value <= most) return value;
    fail(key, "is " + std::to_string(value) + ", must be " + std::to_string(least) + " … " +
                  std::to_string(most));
    return least;
}

bool SpecFields::flag(std::string_view key)
{
    const toml::node* node = of_type(key, toml::node_type::boolean, "true or false");
    return node != nullptr && node->as_boolean()->get();
}

std::string SpecFields::text(std::string_view key, std::size_t bytes_max)
{
    const toml::node* node = of_type(key, toml::node_type::string, "a text in quotes");
    if (node == nullptr) return {};
    const std::string& value = node->as_string()->get();
    if (value.size() <= bytes_max) return value;
    fail(key, "is " + std::to_string(value.size()) + " bytes long, at most " +
                  std::to_string(bytes_max) + " are allowed");
    return {};
}

Bytes SpecFields::hex(std::string_view key, std::size_t size)
{
    std::string digits = text(key, kSpecFileBytesMax);
    std::erase_if(digits, [](char c) { return c == ' ' || c == '\n' || c == '\r'; });
    auto bytes = from_hex(digits);
    if (!bytes) {
        fail(key, "must be hex digits, two a byte");
    } else if (size != 0 && bytes->size() != size) {
        fail(key, "has " + std::to_string(digits.size()) + " hex digits, must have " +
                      std::to_string(2 * size));
    } else {
        return std::move(*bytes);
    }
    return Bytes(size);
}

std::vector<std::string> SpecFields::texts(std::string_view key, std::size_t count_max)
{
    const toml::node* node = of_type(key, toml::node_type::array, "a list of texts");
    if (node == nullptr) return {};
    const toml::array& list = *node->as_array();
    if (list.size() > count_max) {
        fail(key, "has " + std::to_string(list.size()) + " entries, at most " +
                      std::to_string(count_max) + " are allowed");
        return {};
    }
    std::vector<std::string> values;
    for (const toml::node& entry : list) {
        if (!entry.is_string()) {
            reading_.fail(entry, path_of(key), "must be a list of texts in quotes");
            return {};
        }
        values.push_back(entry.as_string()->get());
    }
    return values;
}

SpecFields SpecFields::table(std::string_view key, std::initializer_list<std::string_view> known)
{
    const toml::node* node = of_type(key, toml::node_type::table, "a table");
    return SpecFields(node != nullptr ? *node->as_table() : kNoTable, path_of(key), reading_,
                      known);
}

std::vector<SpecFields> SpecFields::tables(std::string_view key,
                                           std::initializer_list<std::string_view> known)
{
    if (!has(key)) return {};
    const toml::node* node = of_type(key, toml::node_type::array, "a list of tables");
    std::vector<SpecFields> all;
    if (node == nullptr) return all;
    for (const toml::node& entry : *node->as_array()) {
        const std::string path = path_of(key) + "[" + std::to_string(all.size()) + "]";
        if (!entry.is_table()) {
            reading_.fail(entry, path, "must be a table");
            break;
        }
        all.emplace_back(*entry.as_table(), path, reading_, known);
    }
    return all;
}

}  // namespace adit::node::consensus
