// Any bytes as the body of an RPC call: it ends, and every entry can be answered.

#include "node/rpc/json_rpc.hpp"
#include "node/rpc/params.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace adit;
    using namespace adit::node::rpc;
    static const ParamInfo infos[]{{"one"}, {"two"}, {"three"}};
    auto body = read_body(as_text({data, size}));
    if (!body) {
        if (single_answer(nullptr, body.error()).body.empty()) __builtin_trap();
        return 0;
    }
    if (body->entries.size() > kBatchCallsMax) __builtin_trap();
    for (RpcEntry& entry : body->entries) {
        const Params params(entry.request.params, infos);
        for (std::size_t place = 0; place < std::size(infos); ++place) {
            (void)params.text(place);
            (void)params.integer(place);
            (void)params.boolean(place);
            (void)params.level(place, 1);
            (void)params.object(place);
            (void)params.hash(place);
            if (const json::value* v = params.at(place)) {
                const auto amount = amount_of(*v);
                if (amount && *amount < 0) __builtin_trap();
            }
        }
        const auto answer = single_answer(std::move(entry.request.id), json::value(true));
        if (!json::parse(answer.body)) __builtin_trap();
    }
    return 0;
}
