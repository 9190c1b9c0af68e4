#include "kernels/opencl/program_text.hpp"

#include <fmt/format.h>

#include <iterator>

namespace adit::opencl {
namespace {

using dialect::Layout;
using dialect::Place;
using dialect::Places;

class Macros {
public:
    template <class... Parts>
    void add(u64 value, const Parts&... parts)
    {
        text_ += "#define ADIT";
        ((text_ += fmt::format("_{}", parts)), ...);
        fmt::format_to(std::back_inserter(text_), " {}\n", value);
    }
    void add_plane(const Place& place, const char* name, u32 table)
    {
        add(place.segment, "TABLE", fmt::format("{}_segment", name), table);
        add(beyond_control(place), "TABLE", fmt::format("{}_at", name), table);
    }
    void add_place(const Place& place, const char* name)
    {
        add(place.segment, "PLACE_segment", name);
        add(beyond_control(place), "PLACE_at", name);
    }
    std::string take() { return std::move(text_); }

private:
    static u64 beyond_control(const Place& place)
    {
        return u64{place.at} + (place.segment == 0 ? dialect::kControlWords : 0);
    }
    std::string text_;
};

void add_tables(Macros& macros, const Layout& layout, const Places& places)
{
    for (u32 r = 0; r < layout.params.k; ++r) {
        const dialect::TableLayout& table = layout.tables[r];
#define ADIT_FIELD(name) macros.add(table.name, "TABLE", #name, r)
        ADIT_FIELD(bucket_bits);
        ADIT_FIELD(buckets);
        ADIT_FIELD(slots);
        ADIT_FIELD(bucket_at);
        ADIT_FIELD(rest_at);
        ADIT_FIELD(rest_bits);
        ADIT_FIELD(words);
        ADIT_FIELD(pair_numbers);
        ADIT_FIELD(slice_buckets);
        ADIT_FIELD(notes);
        ADIT_FIELD(fill_at);
#undef ADIT_FIELD
        macros.add_plane(places.quad[r], "quad", r);
        macros.add_plane(places.duo[r], "duo", r);
        macros.add_plane(places.single[r], "single", r);
        macros.add_plane(places.ref[r], "ref", r);
        macros.add_plane(places.notes[r], "notes", r);
    }
}

void add_rounds(Macros& macros, const Layout& layout)
{
    for (u32 r = 0; r <= layout.params.k; ++r) {
        const dialect::RoundLayout& round = layout.rounds[r];
#define ADIT_FIELD(name) macros.add(round.name, "ROUND", #name, r)
        ADIT_FIELD(pairs);
        ADIT_FIELD(pair_steps);
        ADIT_FIELD(tag_steps);
        ADIT_FIELD(own_steps);
        ADIT_FIELD(digit_begin);
        ADIT_FIELD(digit_words);
        ADIT_FIELD(counters);
        ADIT_FIELD(stage_quad);
        ADIT_FIELD(stage_duo);
        ADIT_FIELD(stage_single);
        ADIT_FIELD(stage_digits);
        ADIT_FIELD(heads);
        ADIT_FIELD(next);
        ADIT_FIELD(list);
        ADIT_FIELD(partial);
        ADIT_FIELD(control);
        ADIT_FIELD(shared_bytes);
#undef ADIT_FIELD
    }
}

void add_layout(Macros& macros, const Layout& layout, const Places& places)
{
#define ADIT_FIELD(name) macros.add(layout.name, "LAYOUT", #name)
    ADIT_FIELD(stored_bits);
    ADIT_FIELD(leaf_bits);
    ADIT_FIELD(slot_bytes);
    ADIT_FIELD(slots_per_call);
    ADIT_FIELD(leaves);
    ADIT_FIELD(indices);
    ADIT_FIELD(ordered);
    ADIT_FIELD(direct);
    ADIT_FIELD(staged);
    ADIT_FIELD(digits);
    ADIT_FIELD(twist);
    ADIT_FIELD(ahead);
    ADIT_FIELD(stage_words);
    ADIT_FIELD(hash_rows);
    ADIT_FIELD(hash_steps);
    ADIT_FIELD(tickets_at);
    ADIT_FIELD(expand_shared_bytes);
#undef ADIT_FIELD
#define ADIT_FIELD(name) macros.add(layout.policy.name, "POLICY", #name)
    ADIT_FIELD(dropped_bits);
    ADIT_FIELD(hash_words);
    ADIT_FIELD(hash_calls);
    ADIT_FIELD(hash_group);
    ADIT_FIELD(round_group);
    ADIT_FIELD(last_group);
    ADIT_FIELD(expand_group);
#undef ADIT_FIELD
    macros.add(dialect::is_single_lane(layout.policy) ? 1 : 0, "POLICY_single_lane");
    macros.add(layout.params.k, "K");
    for (u32 i = 0; i < dialect::kSegmentsMax; ++i)
        macros.add(places.nonce_words[i], "NONCE_WORDS", i);
    macros.add_place(places.fills, "fills");
    macros.add_place(places.tallies, "tallies");
    macros.add_place(places.solutions, "solutions");
    macros.add_place(places.candidates, "candidates");
}

std::string_view find_file(std::string_view path)
{
    for (std::size_t i = 0; i < kKernelFilesCount; ++i)
        if (kKernelFiles[i].path == path) return kKernelFiles[i].text;
    return {};
}

/// Puts quoted includes in place, each time they occur. What is not in the table belongs to another
/// reader and is left out.
void append_file(std::string& to, std::string_view path)
{
    constexpr std::string_view kInclude = "#include \"";
    std::string_view text = find_file(path);
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.starts_with(kInclude)) {
            const std::string_view rest = line.substr(kInclude.size());
            append_file(to, rest.substr(0, rest.find('"')));
        } else {
            to += line;
            to += '\n';
        }
    }
}

}  // namespace

std::string program_text(const Layout& layout, const Places& places)
{
    Macros macros;
    add_layout(macros, layout, places);
    add_tables(macros, layout, places);
    add_rounds(macros, layout);
    std::string text = macros.take();
    append_file(text, "kernels/dialect/program.eqk");
    return text;
}

}  // namespace adit::opencl
