#include "node/rpc/template_json.hpp"

#include "kernels/base/hex.hpp"
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

json::array transactions_json(const mempool::BlockTemplate& block)
{
    json::array list;
    list.reserve(block.transactions.size());
    for (const mempool::TemplateTransaction& chosen : block.transactions)
        list.emplace_back(
            json::object{{"data", to_hex(to_bytes(*chosen.tx))},
                         {"hash", hash_json(chosen.txid)},
                         {"depends", json::array(chosen.depends.begin(), chosen.depends.end())},
                         {"fee", chosen.fee},
                         {"sigops", chosen.sigops}});
    return list;
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
