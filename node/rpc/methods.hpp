#pragma once

#include <functional>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "node/rpc/json_rpc.hpp"
#include "node/rpc/params.hpp"

/// The calls this node knows, what their help says, and who answers them.
namespace adit::node::rpc {

struct MethodInfo {
    std::string_view name;
    std::string_view category;  ///< "Blockchain", "Control" …
    std::vector<ParamInfo> params;
    std::string_view help;  ///< what it does and answers; some lines
};

/// Every method there is, by category, then name. The same table serves `help` and `adit rpc`.
std::span<const MethodInfo> method_infos();
const MethodInfo* find_method(std::string_view name);  ///< null when there is none

/// "getblock \"hash\" ( verbosity )"
std::string usage_of(const MethodInfo& info);
/// Usage, then the help.
std::string help_of(const MethodInfo& info);
/// What `help` answers: without a name the usage lines by category.
std::string help_text(std::string_view name);

/// Takes a call's outcome, once, on the chain thread.
using Reply = std::function<void(RpcResult)>;
using PlainHandler = std::function<RpcResult(const Params&)>;
/// May keep `reply` for later; once `gone` is set it must come soon, since its caller has hung up.
using WaitingHandler = std::function<void(const Params&, std::stop_token gone, Reply reply)>;

/// Who answers which call. Filled at start; then the chain thread alone.
class MethodTable {
public:
    /// `name` is in method_infos.
    void add(std::string_view name, PlainHandler handler);
    void add_waiting(std::string_view name, WaitingHandler handler);
    bool complete() const;  ///< every method of method_infos has its handler

    /// Unknown methods are `unknown_method`; too few or too many parameters get the help as `misc`.
    void call(const RpcRequest& request, std::stop_token gone, Reply reply) const;

private:
    struct Entry {
        const MethodInfo* info = nullptr;
        WaitingHandler handler;
    };
    std::map<std::string_view, Entry> entries_;
};

}  // namespace adit::node::rpc
