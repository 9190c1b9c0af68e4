#include "node/rpc/template_json.hpp"

#include <fmt/format.h>

#include <iterator>

#include "kernels/base/hex.hpp"
#include "kernels/base/json_ready.hpp"
#include "node/rpc/shapes.hpp"

namespace adit::node::rpc {

std::string_view zend_key(consensus::Role role)
{
    switch (role) {
        case consensus::Role::treasury: return "community";
        case consensus::Role::secure_nodes: return "securenodes";
        case consensus::Role::super_nodes: return "supernodes";
    }
    return "";
}

namespace {

json::object coinbase_json(const mempool::BlockTemplate& block)
{
    json::object o{{"data", to_hex(to_bytes(block.coinbase))},
                   {"hash", hash_json(txid_of(block.coinbase))},
                   {"depends", json::array{}},
                   {"fee", -block.fees},
                   {"sigops", block.coinbase_sigops}};
    for (const consensus::RequiredOutput& payee : block.rewards.required) {
        if (payee.role == consensus::Role::treasury) {
            o["foundersreward"] = payee.amount;
            o["communityfund"] = payee.amount;
        } else {
            o[zend_key(payee.role)] = payee.amount;
        }
    }
    o["required"] = true;
    return o;
}

/// Thousands of them, wanted the moment a block arrives: written down at once.
json::value transactions_json(const mempool::BlockTemplate& block)
{
    std::size_t size = 2;
    for (const mempool::TemplateTransaction& chosen : block.transactions)
        size += 2 * chosen.bytes + 160 + 6 * chosen.depends.size();
    std::string list;
    list.reserve(size);
    list += '[';
    for (const mempool::TemplateTransaction& chosen : block.transactions) {
        if (list.size() > 1) list += ',';
        list += R"({"data":")";
        list += to_hex(to_bytes(*chosen.tx));
        list += R"(","hash":")";
        list += to_hex_reversed(chosen.txid.bytes);
        fmt::format_to(std::back_inserter(list), R"(","depends":[{}],"fee":{},"sigops":{}}})",
                       fmt::join(chosen.depends, ","), chosen.fee, chosen.sigops);
    }
    list += ']';
    return json::ready(list);
}

json::array required_outputs_json(const mempool::BlockTemplate& block)
{
    json::array list;
    for (const consensus::RequiredOutput& payee : block.rewards.required) {
        const std::string_view type = to_string(payee.role);
        list.emplace_back(json::object{{"amount", payee.amount},
                                       {"script", to_hex(payee.script)},
                                       {"type", boost::json::string(type.data(), type.size())},
                                       {"address", payee.address}});
    }
    return list;
}

}  // namespace

json::object template_json(const consensus::ChainSpec& spec, const TemplateFeed::Offer& offer)
{
    const mempool::BlockTemplate& block = offer.block;
    return {{"capabilities", json::array{"proposal"}},
            {"version", block.header.version},
            {"previousblockhash", hash_json(block.header.prev)},
            {"transactions", transactions_json(block)},
            {"coinbasetxn", coinbase_json(block)},
            {"coinbasevalue", block.rewards.subsidy + block.fees},
            {"coinbase_required_outputs", required_outputs_json(block)},
            {"longpollid", offer.id},
            {"target", block.target.to_hex()},
            {"mintime", block.mintime},
            {"mutable", json::array{"time", "transactions", "prevblock"}},
            {"noncerange", "00000000ffffffff"},
            {"sigoplimit", spec.size.block_sigops_max},
            {"sizelimit", spec.size.block_bytes_max},
            {"curtime", block.header.time},
            {"maxtime", block.maxtime},
            {"bits", bits_text(block.header.bits)},
            {"height", block.height.value}};
}

}  // namespace adit::node::rpc
