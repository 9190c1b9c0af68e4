#include "node/chain_tools/live_chains.hpp"

namespace adit::node::chain_tools {
namespace {

struct MagicRow {
    std::array<u8, 4> magic;
    std::string_view chain;
};
// From the chain parameters of each project's node.
constexpr MagicRow kMagics[] = {
    {{0x24, 0xe9, 0x27, 0x64}, "Zcash main and forks that kept it"},
    {{0xfa, 0x1a, 0xf9, 0xbf}, "Zcash test"},
    {{0xaa, 0xe8, 0x3f, 0x5f}, "Zcash regtest"},
    {{0x63, 0x61, 0x73, 0x68}, "Horizen main"},
    {{0xbf, 0xf2, 0xcd, 0xe6}, "Horizen test"},
    {{0x2f, 0x54, 0xcc, 0x9d}, "Horizen regtest"},
    {{0xf9, 0xee, 0xe4, 0x8d}, "Komodo main"},
    {{0xf9, 0xbe, 0xb4, 0xd9}, "Bitcoin main"},
    {{0x0b, 0x11, 0x09, 0x07}, "Bitcoin test"},
    {{0xfa, 0xbf, 0xb5, 0xda}, "Bitcoin regtest"},
    {{0xad, 0x17, 0xe1, 0x9c}, "adit main, the template"},
    {{0xad, 0x17, 0xd4, 0xb3}, "adit test"},
    {{0xad, 0x17, 0xc6, 0xf2}, "adit regtest"},
    {{0xad, 0x17, 0xb8, 0xa5}, "adit local"},
};

struct PrefixRow {
    std::array<u8, 2> prefix;
    std::string_view chain;
};
constexpr PrefixRow kPrefixes[] = {
    {{0x1c, 0xb8}, "Zcash main"},   {{0x1c, 0xbd}, "Zcash main"},   {{0x1d, 0x25}, "Zcash test"},
    {{0x1c, 0xba}, "Zcash test"},   {{0x20, 0x89}, "Horizen main"}, {{0x20, 0x96}, "Horizen main"},
    {{0x20, 0x98}, "Horizen test"}, {{0x20, 0x92}, "Horizen test"},
};

}  // namespace

std::optional<std::string_view> chain_with_magic(const std::array<u8, 4>& magic)
{
    for (const MagicRow& row : kMagics)
        if (row.magic == magic) return row.chain;
    return std::nullopt;
}

std::optional<std::string_view> live_chain_with_prefix(const std::array<u8, 2>& prefix)
{
    for (const PrefixRow& row : kPrefixes)
        if (row.prefix == prefix) return row.chain;
    return std::nullopt;
}

}  // namespace adit::node::chain_tools
