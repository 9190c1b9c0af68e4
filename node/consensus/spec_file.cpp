#include "node/consensus/spec_file.hpp"

#include <fstream>

#include "node/consensus/spec_fields.hpp"

namespace adit::node::consensus {
namespace {

Result<ChainSpec, SpecError> whole(Result<SpecDraft, SpecError> draft, const std::string& file)
{
    if (!draft) return draft.error();
    if (draft->missing.empty()) return std::move(draft->spec);
    std::string lacks;
    for (std::size_t i = 0; i < draft->missing.size(); ++i)
        lacks += (i == 0 ? "" : ", ") + draft->missing[i];
    return SpecError{file, 0, "",
                     "a template, no chain yet: it lacks " + lacks + "; `adit chain new --preset " +
                         draft->spec.name + " --name NAME` fills it in"};
}

struct SpecText {
    std::string file;
    std::string toml;
};

Result<SpecText, SpecError> read_text(std::string_view name_or_path)
{
    std::vector<std::string_view> names;
    for (const BuiltInSpec& spec : built_in_specs()) {
        if (spec.name == name_or_path)
            return SpecText{"built-in " + std::string(spec.name), std::string(spec.toml)};
        names.push_back(spec.name);
    }
    const std::string path(name_or_path);
    std::ifstream file(path, std::ios::binary);
    std::string toml(kSpecFileBytesMax + 1, '\0');
    file.read(toml.data(), static_cast<std::streamsize>(toml.size()));
    if (file.eof() || file.good()) {
        toml.resize(static_cast<std::size_t>(file.gcount()));
        return SpecText{path, std::move(toml)};
    }
    std::string why = "no chain of that name and no file that can be read; the chains are";
    for (const std::string_view name : names) why += " " + std::string(name);
    if (const auto meant = nearest(path, names))
        why += "; did you mean `" + std::string(*meant) + "`?";
    return SpecError{path, 0, "", why};
}

}  // namespace

std::string SpecError::text() const
{
    std::string text = file;
    if (line != 0) text += ":" + std::to_string(line);
    if (!field.empty()) text += ": " + field;
    return text + ": " + why;
}

Result<SpecDraft, SpecError> parse_draft(std::string_view toml, const std::string& file)
{
    if (toml.size() > kSpecFileBytesMax)
        return SpecError{file, 0, "", "is larger than a spec file may be, 1 MiB"};
    try {
        const toml::table table = toml::parse(toml, file);
        SpecReading reading{file, std::nullopt};
        SpecDraft draft = read_sections(table, reading);
        if (reading.error) return *reading.error;
        return draft;
    } catch (const toml::parse_error& error) {
        return SpecError{file, static_cast<u32>(error.source().begin.line), "",
                         std::string(error.description())};
    }
}

Result<ChainSpec, SpecError> parse_spec(std::string_view toml, const std::string& file)
{
    return whole(parse_draft(toml, file), file);
}

Result<SpecDraft, SpecError> find_draft(std::string_view name_or_path)
{
    ADIT_TRY(const SpecText text, read_text(name_or_path));
    return parse_draft(text.toml, text.file);
}

Result<ChainSpec, SpecError> find_spec(std::string_view name_or_path)
{
    ADIT_TRY(const SpecText text, read_text(name_or_path));
    return parse_spec(text.toml, text.file);
}

}  // namespace adit::node::consensus
