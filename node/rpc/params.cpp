#include "node/rpc/params.hpp"

#include "kernels/base/hex.hpp"

namespace adit::node::rpc {

Result<Amount, RpcError> amount_of(const json::value& v)
{
    // As text: doubles hold every amount of a chain to the base unit, and print it back.
    std::optional<Amount> amount;
    if (v.is_string())
        amount = parse_amount(std::string_view(v.get_string()));
    else if (v.is_number())
        amount = parse_amount(json::to_text(v));
    if (!amount) return RpcError{RpcCode::type, "Invalid amount"};
    return *amount;
}

const json::value* Params::at(std::size_t place) const
{
    if (place >= values_.size() || values_[place].is_null()) return nullptr;
    return &values_[place];
}

RpcError Params::wrong_type(std::size_t place, std::string_view wanted) const
{
    return {RpcCode::type, std::string(infos_[place].name) + " must be " + std::string(wanted)};
}

Result<std::optional<std::string_view>, RpcError> Params::text(std::size_t place) const
{
    const json::value* v = at(place);
    if (v == nullptr) return std::optional<std::string_view>{};
    if (!v->is_string()) return wrong_type(place, "a string");
    return std::optional(std::string_view(v->get_string().data(), v->get_string().size()));
}

Result<std::optional<i64>, RpcError> Params::integer(std::size_t place) const
{
    const json::value* v = at(place);
    if (v == nullptr) return std::optional<i64>{};
    if (!v->is_int64()) return wrong_type(place, "a whole number");
    return std::optional(v->get_int64());
}

Result<std::optional<bool>, RpcError> Params::boolean(std::size_t place) const
{
    const json::value* v = at(place);
    if (v == nullptr) return std::optional<bool>{};
    if (!v->is_bool()) return wrong_type(place, "true or false");
    return std::optional(v->get_bool());
}

Result<std::optional<i64>, RpcError> Params::level(std::size_t place, i64 when_true) const
{
    const json::value* v = at(place);
    if (v != nullptr && v->is_bool()) return std::optional(v->get_bool() ? when_true : 0);
    return integer(place);
}

Result<const json::object*, RpcError> Params::object(std::size_t place) const
{
    const json::value* v = at(place);
    if (v == nullptr) return static_cast<const json::object*>(nullptr);
    if (!v->is_object()) return wrong_type(place, "an object");
    return &v->get_object();
}

Result<Hash256, RpcError> Params::hash(std::size_t place) const
{
    ADIT_TRY(const auto digits, text(place));
    const auto hash = digits ? hash_from_hex_reversed(*digits) : std::nullopt;
    if (!hash)
        return RpcError{RpcCode::parameter,
                        std::string(infos_[place].name) + " must be 64 hex digits"};
    return *hash;
}

}  // namespace adit::node::rpc
