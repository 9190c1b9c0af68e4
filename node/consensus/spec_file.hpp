#pragma once

#include <span>
#include <string>
#include <string_view>

#include "kernels/base/result.hpp"
#include "node/consensus/spec.hpp"

/// Spec files: TOML to ChainSpec and back. node/specs/ holds the ones in the binary.
namespace adit::node::consensus {

/// Why a spec file is none, for people.
struct SpecError {
    std::string file;   ///< as the user named it, or "built-in local"
    u32 line = 0;       ///< 0: the file as a whole
    std::string field;  ///< "difficulty.limit_bits"; empty when no field is to blame
    std::string why;    ///< what is wrong and what would be right

    std::string text() const;  ///< "local.toml:12: difficulty.limit_bits: …", one line
};

/// A spec that may still lack what makes it a chain: role addresses and genesis.
struct SpecDraft {
    ChainSpec spec;
    std::vector<std::string> missing;  ///< in words; empty: it is a chain
};

/// Largest spec file read, bytes.
inline constexpr std::size_t kSpecFileBytesMax = 1 << 20;

/// Every field is checked; unknown fields and duplicates are refused.
Result<SpecDraft, SpecError> parse_draft(std::string_view toml, const std::string& file);

/// The same for a whole chain: what is missing is an error that names it.
Result<ChainSpec, SpecError> parse_spec(std::string_view toml, const std::string& file);

/// The chain of a name ("local") or of a file: a built-in name, else a path.
Result<ChainSpec, SpecError> find_spec(std::string_view name_or_path);
Result<SpecDraft, SpecError> find_draft(std::string_view name_or_path);

/// A spec as a file that parse_spec reads back to the same value.
std::string to_toml(const ChainSpec& spec);

struct BuiltInSpec {
    std::string_view name;
    std::string_view toml;
};
/// "main" (a template), "test", "regtest", "local".
std::span<const BuiltInSpec> built_in_specs();

}  // namespace adit::node::consensus
