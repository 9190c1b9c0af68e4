#include "stratum/proto/coinbase_payments.hpp"

#include <algorithm>

#include "kernels/base/endian.hpp"

namespace adit::stratum {
namespace {

constexpr u32 kOverwintered = 0x80000000;

/// Walks over a transaction. Past the end everything is zero and `ok` false.
struct Cursor {
    ByteView rest;
    bool ok = true;

    ByteView take(u64 size)
    {
        if (size > rest.size()) {
            ok = false;
            rest = {};
            return {};
        }
        const ByteView taken = rest.first(size);
        rest = rest.subspan(size);
        return taken;
    }
    template <class Number>
    Number number()
    {
        const ByteView bytes = take(sizeof(Number));
        return bytes.empty() ? Number{0} : load_le<Number>(bytes.data());
    }
    u64 compact_size()
    {
        const u8 first = number<u8>();
        if (first < 0xfd) return first;
        if (first == 0xfd) return number<u16>();
        return first == 0xfe ? number<u32>() : number<u64>();
    }
};

/// Bytes between the version word and the inputs; nullopt for a version we do not know.
std::optional<u64> bytes_before_inputs(u32 version)
{
    if (version == 1 || version == 2) return 0;
    if (version == (kOverwintered | 3) || version == (kOverwintered | 4)) return 4;  // group id
    if (version == (kOverwintered | 5)) return 4 + 4 + 4 + 4;  // group, branch, lock time, expiry
    return std::nullopt;
}

struct AmountField {
    const char* name;
    const char* role;
};
constexpr AmountField kZendAmounts[]{{"foundersreward", "treasury"},
                                     {"communityfund", "treasury"},
                                     {"securenodes", "secure nodes"},
                                     {"supernodes", "super nodes"}};

std::vector<Payment> required_payments(const json::object& offered)
{
    std::vector<Payment> required;
    if (const json::array* outputs = json::array_of(offered, "coinbase_required_outputs")) {
        for (const json::value& output : *outputs) {
            const json::object* fields = output.if_object();
            if (fields == nullptr) continue;
            const auto amount = json::integer_of(*fields, "amount");
            if (!amount) continue;
            std::string role(json::string_of(*fields, "type").value_or("required"));
            std::replace(role.begin(), role.end(), '_', ' ');
            required.push_back({std::move(role), *amount});
        }
        return required;
    }
    if (const json::object* coinbase = json::object_of(offered, "coinbasetxn"))
        for (const AmountField& field : kZendAmounts)
            if (const auto amount = json::integer_of(*coinbase, field.name))
                required.push_back({field.role, *amount});
    return required;
}

}  // namespace

std::optional<i64> coinbase_value(ByteView tx)
{
    Cursor at{tx};
    const auto skipped = bytes_before_inputs(at.number<u32>());
    if (!skipped) return std::nullopt;
    at.take(*skipped);
    for (u64 inputs = at.compact_size(); inputs > 0 && at.ok; --inputs) {
        at.take(36);
        at.take(at.compact_size());
        at.take(4);
    }
    u64 total = 0;
    for (u64 outputs = at.compact_size(); outputs > 0 && at.ok; --outputs) {
        total += at.number<u64>();
        at.take(at.compact_size());
    }
    if (!at.ok) return std::nullopt;
    return static_cast<i64>(total);
}

std::vector<Payment> payments_of(const json::object& offered, ByteView coinbase)
{
    const auto total = coinbase_value(coinbase);
    if (!total) return {};
    std::vector<Payment> payments = required_payments(offered);
    if (payments.empty()) return {{"coinbase", *total}};
    i64 rest = *total;
    for (const Payment& payment : payments) rest -= payment.amount;
    payments.insert(payments.begin(), {"miner", rest});
    return payments;
}

}  // namespace adit::stratum
