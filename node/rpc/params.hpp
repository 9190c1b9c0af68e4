#pragma once

#include <optional>
#include <span>

#include "node/primitives/amount.hpp"
#include "node/rpc/json_rpc.hpp"

namespace adit::node::rpc {

/// One parameter of a method. On a command line, `text` is taken as it stands and `json` is a
/// number, a boolean, an object or an array.
struct ParamInfo {
    enum class Kind { text, json };
    std::string_view name;
    Kind kind = Kind::text;
    bool required = true;
};

/// Coins as callers write them: 12.5, 12 or "12.5"; base units. At least 0, at most eight places.
Result<Amount, RpcError> amount_of(const json::value& v);

/// A call's parameters, read by place. One that is absent or null is nullopt; one of another type
/// is a `type` error that names it.
class Params {
public:
    /// Neither is owned; both outlive this object.
    Params(const json::array& values, std::span<const ParamInfo> infos)
        : values_(values), infos_(infos)
    {}

    const json::value* at(std::size_t place) const;  ///< null when absent or null

    Result<std::optional<std::string_view>, RpcError> text(std::size_t place) const;
    Result<std::optional<i64>, RpcError> integer(std::size_t place) const;
    Result<std::optional<bool>, RpcError> boolean(std::size_t place) const;
    /// 0, 1, 2 …; false is 0 and true is `when_true`.
    Result<std::optional<i64>, RpcError> level(std::size_t place, i64 when_true) const;
    Result<const json::object*, RpcError> object(std::size_t place) const;  ///< null when absent
    /// 64 hex digits as RPC shows hashes. Absent or malformed is a `parameter` error.
    Result<Hash256, RpcError> hash(std::size_t place) const;

private:
    RpcError wrong_type(std::size_t place, std::string_view wanted) const;

    const json::array& values_;
    std::span<const ParamInfo> infos_;
};

}  // namespace adit::node::rpc
