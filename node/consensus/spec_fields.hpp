#pragma once

#include <toml++/toml.h>

#include <initializer_list>

#include "node/consensus/spec_file.hpp"

/// Reading TOML tables field by field. For the spec_*.cpp files alone: it brings toml++ along.
namespace adit::node::consensus {

/// The file being read and the first thing found wrong with it; what comes after is read in vain.
struct SpecReading {
    std::string file;
    std::optional<SpecError> error;

    void fail(const toml::node& at, std::string field, std::string why);
};

/// One table. A getter that fails leaves its error with the reading and gives something harmless.
class SpecFields {
public:
    /// Refuses fields that are not `known`, naming the nearest.
    SpecFields(const toml::table& table, std::string path, SpecReading& reading,
               std::initializer_list<std::string_view> known);

    bool has(std::string_view key) const { return table_.contains(key); }

    template <class Number>
    Number integer(std::string_view key, i64 least, i64 most)
    {
        return static_cast<Number>(read_integer(key, least, most));
    }
    bool flag(std::string_view key);
    std::string text(std::string_view key, std::size_t bytes_max);
    /// Hex digits, spaces and line ends between them ignored; `size` 0: any number of bytes.
    Bytes hex(std::string_view key, std::size_t size);
    std::vector<std::string> texts(std::string_view key, std::size_t count_max);

    SpecFields table(std::string_view key, std::initializer_list<std::string_view> known);
    /// The tables of `[[key]]`; none when it is not there.
    std::vector<SpecFields> tables(std::string_view key,
                                   std::initializer_list<std::string_view> known);

    /// This field, or the table when it is not there, is wrong.
    void fail(std::string_view key, std::string why);

private:
    const toml::node* required(std::string_view key);
    const toml::node* of_type(std::string_view key, toml::node_type type, std::string_view words);
    std::string path_of(std::string_view key) const;
    i64 read_integer(std::string_view key, i64 least, i64 most);

    const toml::table& table_;
    std::string path_;
    SpecReading& reading_;
};

/// Every section of a spec file (spec_sections.cpp). What is wrong is left with `reading`.
SpecDraft read_sections(const toml::table& toml, SpecReading& reading);

/// The one of `candidates` that is fewest edits away from `word`, when close enough to be meant.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> candidates);

}  // namespace adit::node::consensus
