#pragma once

#include <functional>
#include <set>
#include <span>

#include "kernels/base/random.hpp"
#include "node/consensus/spec.hpp"
#include "node/wallet/ledger.hpp"

/// Payments: coins chosen, a transaction built, its inputs signed. Pure; amounts in base units.
namespace adit::node::wallet {

/// Ten times the relay fee: ahead of what pays only that, and still nothing anybody feels.
inline constexpr Amount kFeePerKbDefault = 1'000;
/// A payment that would cost more is a mistake and is refused.
inline constexpr Amount kFeeMax = kCoin / 10;
/// Most outputs a payment has, change apart.
inline constexpr std::size_t kPayeesMax = 1'000;

struct Payee {
    Address address;
    Amount amount = 0;
};

/// What is to be paid.
struct PaymentWish {
    std::vector<Payee> payees;
    Amount fee_per_kb = kFeePerKbDefault;  ///< per 1000 bytes
    std::set<std::size_t> fee_from;  ///< payees that carry the fee in equal parts; none: we do
    u32 confirmations_min = 1;       ///< of coins of others'; change of our own is always good
};

enum class PaymentError {
    nothing_to_pay,
    bad_amount,  ///< not above 0, or more than the chain can know
    dust,        ///< an output so small that nobody relays it
    insufficient_funds,
    insufficient_for_fee,  ///< the amount alone would be there
    fee_too_high,          ///< above kFeeMax
    too_large,             ///< needs so many coins that nobody relays it
};
std::string_view to_string(PaymentError error);

/// A payment, not signed yet.
struct Payment {
    Transaction tx;
    std::vector<OwnedCoin> inputs;  ///< in the order of the transaction's
    Amount fee = 0;
    std::optional<u32> change;  ///< which output it is
};

/// Chooses among `coins` and builds. Coins that together pay exactly (change would be worth less
/// than it costs) are preferred; else the smallest one that is enough; else the largest ones.
/// @param change  a fresh address of the wallet's
/// @param random  where change stands among the outputs; a seed gives the same payment again
Result<Payment, PaymentError> plan_payment(const consensus::ChainSpec& spec,
                                           const std::vector<OwnedCoin>& coins,
                                           const PaymentWish& wish, const Script& change,
                                           Random& random);

/// The secret key of a place; nullopt ends the signing.
using KeySource = std::function<std::optional<crypto::SecretKey>(const KeyPlace&)>;

/// Signs every input. @return whether each of them may now spend its coin, by the script machine
bool sign_payment(Payment& payment, const KeyBook& keys, const KeySource& secrets);

}  // namespace adit::node::wallet
