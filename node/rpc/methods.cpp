#include "node/rpc/methods.hpp"

#include <algorithm>

#include "kernels/base/check.hpp"

namespace adit::node::rpc {
namespace {

std::size_t required_params(const MethodInfo& info)
{
    return static_cast<std::size_t>(std::count_if(info.params.begin(), info.params.end(),
                                                  [](const auto& p) { return p.required; }));
}

}  // namespace

const MethodInfo* find_method(std::string_view name)
{
    const auto infos = method_infos();
    const auto at = std::find_if(infos.begin(), infos.end(),
                                 [&](const auto& info) { return info.name == name; });
    return at == infos.end() ? nullptr : &*at;
}

std::string usage_of(const MethodInfo& info)
{
    std::string usage(info.name);
    std::size_t open = 0;
    for (const ParamInfo& param : info.params) {
        if (!param.required && open++ == 0) usage += " (";
        const bool quoted = param.kind == ParamInfo::Kind::text;
        usage += quoted ? " \"" : " ";
        usage += param.name;
        if (quoted) usage += '"';
    }
    if (open > 0) usage += " )";
    return usage;
}

std::string help_of(const MethodInfo& info)
{
    return usage_of(info) + "\n\n" + std::string(info.help);
}

std::string help_text(std::string_view name)
{
    if (!name.empty()) {
        const MethodInfo* info = find_method(name);
        // The word is not repeated: no answer holds what a caller typed in the wrong place.
        return info != nullptr ? help_of(*info) : "help: unknown command";
    }
    std::string text;
    std::string_view category;
    for (const MethodInfo& info : method_infos()) {
        if (info.category != category) {
            if (!category.empty()) text += '\n';
            category = info.category;
            text += "== " + std::string(category) + " ==\n";
        }
        text += usage_of(info) + '\n';
    }
    text.pop_back();
    return text;
}

void MethodTable::add(std::string_view name, PlainHandler handler)
{
    add_waiting(name,
                [handler = std::move(handler)](const Params& params, std::stop_token,
                                               const Reply& reply) { reply(handler(params)); });
}

void MethodTable::add_waiting(std::string_view name, WaitingHandler handler)
{
    const MethodInfo* info = find_method(name);
    ADIT_CHECK(info != nullptr);
    ADIT_CHECK(entries_.emplace(info->name, Entry{info, std::move(handler)}).second);
}

bool MethodTable::complete() const
{
    const auto infos = method_infos();
    return std::all_of(infos.begin(), infos.end(),
                       [&](const MethodInfo& info) { return entries_.contains(info.name); });
}

void MethodTable::call(const RpcRequest& request, std::stop_token gone, Reply reply) const
{
    const auto at = entries_.find(request.method);
    if (at == entries_.end()) return reply(RpcError{RpcCode::unknown_method, "Method not found"});
    const auto& [info, handler] = at->second;
    const std::size_t given = request.params.size();
    if (given < required_params(*info) || given > info->params.size())
        return reply(RpcError{RpcCode::misc, help_of(*info)});
    handler(Params(request.params, info->params), std::move(gone), std::move(reply));
}

}  // namespace adit::node::rpc
