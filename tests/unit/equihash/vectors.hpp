#pragma once

#include <algorithm>

#include "kernels/base/endian.hpp"
#include "kernels/base/hex.hpp"
#include "kernels/equihash/params.hpp"
#include "kernels/equihash/solution.hpp"
#include "tests/support/vectors.hpp"

/// tests/vectors/equihash, in the words of this room.
namespace adit::equihash::test {

using namespace adit::test;

/// One input with its complete solution set.
struct SolvedInput {
    std::string name;
    Params params;
    Personalization personalization;
    Bytes input;
    std::vector<MinimalSolution> solutions;  ///< sorted
};

inline Params params_of(const json::object& o)
{
    const auto params =
        find_params(static_cast<u32>(integer(o, "n")), static_cast<u32>(integer(o, "k")));
    return *params;
}

inline Personalization personalization_of(const json::object& o)
{
    return *Personalization::from_text(text(o, "person"));
}

/// The bytes that are hashed before the call number, however the file spells them.
inline Bytes input_of(const json::object& o)
{
    if (o.contains("input")) {
        Bytes input = hex(o, "input");
        append(input, hex(o, "nonce"));
        return input;
    }
    return hex(o, "header140");
}

inline SolvedInput solved_input(const json::object& o, std::string name)
{
    SolvedInput solved{std::move(name), params_of(o), personalization_of(o), input_of(o), {}};
    for (const auto& minimal : *json::array_of(o, "minimal"))
        solved.solutions.push_back({*from_hex(minimal.get_string())});
    std::sort(solved.solutions.begin(), solved.solutions.end());
    return solved;
}

/// The three files of complete sets: 137 inputs, every (n, k) of the house.
inline std::vector<SolvedInput> solved_inputs()
{
    std::vector<SolvedInput> all;
    for (const char* name : {"equihash/solver-zcash.json", "equihash/solver-generated.json"}) {
        const auto file = load_vectors(name);
        for (const auto& entry : *json::array_of(file.get_object(), "vectors"))
            all.push_back(
                solved_input(entry.get_object(), name + ("#" + std::to_string(all.size()))));
    }
    const auto file = load_vectors("equihash/solver-zero-header-200_9.json");
    for (const auto& entry : *json::array_of(file.get_object(), "vectors")) {
        json::object o = entry.get_object();
        o["n"] = 200;
        o["k"] = 9;
        o["person"] = "ZcashPoW";
        Bytes header(140);
        store_le<u64>(header.data() + 108, static_cast<u64>(integer(o, "nonce_le")));
        o["header140"] = to_hex(header);
        all.push_back(
            solved_input(o, "zero header, nonce " + std::to_string(integer(o, "nonce_le"))));
    }
    return all;
}

}  // namespace adit::equihash::test
