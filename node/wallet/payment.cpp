#include "node/wallet/payment.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/base/check.hpp"
#include "node/crypto/ecdsa.hpp"
#include "node/mempool/policy.hpp"
#include "node/script/sighash.hpp"
#include "node/script/spend_check.hpp"
#include "node/script/templates.hpp"

namespace adit::node::wallet {
namespace {

constexpr std::size_t kOutPointAndSequence = 40;
constexpr std::size_t kSignaturePush = 73;  // length, at most 71 bytes of low-S DER, hash type
constexpr std::size_t kPayToKeyHashOutput = 34;
constexpr int kExactTriesMax = 100'000;
/// Room for the growing counts and a fee that is never a byte short.
constexpr std::size_t kBaseBytes = 4 + 3 + 3 + 4;

/// Bytes that this coin's input has at most once signed.
std::size_t input_bytes(const OwnedCoin& coin, std::size_t key_bytes)
{
    const bool bare = script::kind_of(coin.out.script_pubkey) == script::ScriptKind::pubkey;
    return kOutPointAndSequence + 1 + kSignaturePush + (bare ? 0 : 1 + key_bytes);
}

/// A coin, and what it is worth once its own input is paid for.
struct Candidate {
    const OwnedCoin* coin = nullptr;
    std::size_t bytes = 0;
    Amount worth = 0;
};

std::vector<Candidate> candidates(const std::vector<OwnedCoin>& coins, const PaymentWish& wish)
{
    std::vector<Candidate> all;
    for (const OwnedCoin& coin : coins) {
        const bool change = coin.confirmations == 0 && coin.trusted;
        if (!coin.spendable() || (!change && coin.confirmations < wish.confirmations_min)) continue;
        // Imported keys may be uncompressed; which ones are is not known here, so all count so.
        const std::size_t bytes =
            input_bytes(coin, coin.key.branch == KeyPlace::Branch::imported ? 65 : 33);
        const Amount worth = wish.fee_from.empty()
                                 ? coin.out.value - mempool::fee_for(bytes, wish.fee_per_kb)
                                 : coin.out.value;
        if (worth > 0) all.push_back({&coin, bytes, worth});
    }
    // Largest first; of equal ones the older.
    std::ranges::stable_sort(all, [](const Candidate& a, const Candidate& b) {
        return a.worth != b.worth ? a.worth > b.worth
                                  : a.coin->confirmations > b.coin->confirmations;
    });
    return all;
}

/// Coins worth at least `target` and at most `target + slack`: depth first over largest-first, each
/// coin taken or left (branch and bound, Erhardt 2016). Empty when none is found within the tries.
std::vector<Candidate> choose_exact(const std::vector<Candidate>& all, Amount target, Amount slack)
{
    std::vector<Amount> left(all.size() + 1, 0);  // what the coins from here on are worth together
    for (std::size_t i = all.size(); i-- > 0;) left[i] = left[i + 1] + all[i].worth;
    std::vector<std::size_t> taken;
    Amount sum = 0;
    std::size_t at = 0;
    for (int tries = 0; tries < kExactTriesMax; ++tries) {
        if (sum >= target && sum <= target + slack) {
            std::vector<Candidate> chosen;
            chosen.reserve(taken.size());
            for (const std::size_t i : taken) chosen.push_back(all[i]);
            return chosen;
        }
        const bool hopeless = sum > target + slack || at >= all.size() || sum + left[at] < target;
        if (!hopeless) {
            taken.push_back(at);
            sum += all[at++].worth;
            continue;
        }
        if (taken.empty()) return {};
        at = taken.back();
        taken.pop_back();
        sum -= all[at].worth;
        // Leaving this one, its equals would lead to the same sums.
        const Amount same = all[at].worth;
        while (at < all.size() && all[at].worth == same) ++at;
    }
    return {};
}

/// The smallest single coin that is enough, else the largest ones until it is; empty: not enough.
std::vector<Candidate> choose_more(const std::vector<Candidate>& all, Amount target)
{
    const auto enough = std::find_if(all.rbegin(), all.rend(),
                                     [&](const Candidate& c) { return c.worth >= target; });
    if (enough != all.rend()) return {*enough};
    std::vector<Candidate> chosen;
    Amount sum = 0;
    for (const Candidate& candidate : all) {
        chosen.push_back(candidate);
        sum += candidate.worth;
        if (sum >= target) return chosen;
    }
    return {};
}

Result<Amount, PaymentError> total_of(const consensus::ChainSpec& spec, const PaymentWish& wish)
{
    if (wish.payees.empty()) return PaymentError::nothing_to_pay;
    if (wish.payees.size() > kPayeesMax) return PaymentError::too_large;
    Amount total = 0;
    for (const Payee& payee : wish.payees) {
        if (payee.amount <= 0 || !money_in_range(spec, payee.amount) ||
            !money_in_range(spec, total += payee.amount))
            return PaymentError::bad_amount;
        if (mempool::is_dust({payee.amount, script::pay_to(payee.address)}))
            return PaymentError::dust;
    }
    return total;
}

/// Takes the fee from the payees that carry it; what does not divide falls on the first of them.
bool charge_payees(std::vector<TxOut>& outputs, const std::set<std::size_t>& who, Amount fee)
{
    const auto count = static_cast<Amount>(who.size());
    Amount part = fee / count + fee % count;
    for (const std::size_t i : who) {
        TxOut& out = outputs.at(i);
        out.value -= std::exchange(part, fee / count);
        if (out.value <= 0 || mempool::is_dust(out)) return false;
    }
    return true;
}

}  // namespace

std::string_view to_string(PaymentError error)
{
    switch (error) {
        case PaymentError::nothing_to_pay: return "there is nobody to pay";
        case PaymentError::bad_amount: return "Invalid amount";
        case PaymentError::dust: return "Transaction amount too small";
        case PaymentError::insufficient_funds: return "Insufficient funds";
        case PaymentError::insufficient_for_fee:
            return "Insufficient funds: the amount is there, its fee is not";
        case PaymentError::fee_too_high: return "the fee would be above 0.1 coins";
        case PaymentError::too_large: return "Transaction too large: pay in smaller parts";
    }
    return "";
}

Result<Payment, PaymentError> plan_payment(const consensus::ChainSpec& spec,
                                           const std::vector<OwnedCoin>& coins,
                                           const PaymentWish& wish, const Script& change,
                                           Random& random)
{
    ADIT_CHECK(wish.fee_per_kb >= 0);
    if (wish.fee_per_kb > kFeeMax) return PaymentError::fee_too_high;
    ADIT_TRY(const Amount total, total_of(spec, wish));
    Payment payment;
    std::size_t bytes = kBaseBytes;
    for (const Payee& payee : wish.payees) {
        payment.tx.outputs.push_back({payee.amount, script::pay_to(payee.address)});
        bytes += to_bytes(payment.tx.outputs.back()).size();
    }
    const bool we_pay_fee = wish.fee_from.empty();
    const Amount without_inputs = mempool::fee_for(bytes, wish.fee_per_kb);
    const Amount target = we_pay_fee ? total + without_inputs : total;
    // Change costs its output now and an input later; less than that, or dust, is better given
    // away.
    const Amount change_cost =
        mempool::fee_for(kPayToKeyHashOutput + mempool::kSpendingBytes, wish.fee_per_kb);
    Amount smallest_change = change_cost;
    while (mempool::is_dust({smallest_change, change})) ++smallest_change;

    const auto all = candidates(coins, wish);
    auto chosen = choose_exact(all, target, we_pay_fee ? smallest_change : 0);
    if (chosen.empty()) chosen = choose_more(all, target);
    if (chosen.empty()) {
        const Amount have =
            std::accumulate(all.begin(), all.end(), Amount{0},
                            [](Amount sum, const Candidate& c) { return sum + c.coin->out.value; });
        return have >= total ? PaymentError::insufficient_for_fee
                             : PaymentError::insufficient_funds;
    }

    Amount in = 0;
    for (const Candidate& candidate : chosen) {
        payment.inputs.push_back(*candidate.coin);
        payment.tx.inputs.push_back({candidate.coin->outpoint, {}});
        bytes += candidate.bytes;
        in += candidate.coin->out.value;
    }
    payment.fee = mempool::fee_for(bytes, wish.fee_per_kb);
    const Amount with_change = mempool::fee_for(bytes + kPayToKeyHashOutput, wish.fee_per_kb);
    const Amount rest = we_pay_fee ? in - total - with_change : in - total;
    if (rest > smallest_change) {
        payment.fee = with_change;
        bytes += kPayToKeyHashOutput;
    } else {
        payment.fee = we_pay_fee ? in - total : std::max(payment.fee, in - total);
    }
    if (payment.fee > kFeeMax) return PaymentError::fee_too_high;
    if (bytes > spec.size.transaction_bytes_max) return PaymentError::too_large;
    if (!we_pay_fee) {
        const Amount carried = rest > smallest_change ? payment.fee : payment.fee - (in - total);
        if (!charge_payees(payment.tx.outputs, wish.fee_from, carried)) return PaymentError::dust;
    }
    if (rest > smallest_change) {
        payment.change = static_cast<u32>(random.below(payment.tx.outputs.size() + 1));
        payment.tx.outputs.insert(payment.tx.outputs.begin() + *payment.change, {rest, change});
    }
    return payment;
}

bool sign_payment(Payment& payment, const KeyBook& keys, const KeySource& secrets)
{
    Transaction& tx = payment.tx;
    for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
        const OwnedCoin& coin = payment.inputs[i];
        const auto secret = secrets(coin.key);
        if (!secret || secret->public_key() != keys.key_at(coin.key)) return false;
        const Script& locked = coin.out.script_pubkey;
        Bytes signature =
            crypto::sign(*secret, script::signature_hash(tx, i, locked, script::kHashAll));
        signature.push_back(script::kHashAll);
        script::ScriptBuilder unlocking;
        unlocking.push(signature);
        if (script::kind_of(locked) == script::ScriptKind::pubkey_hash)
            unlocking.push(keys.key_at(coin.key).bytes);
        tx.inputs[i].script_sig = unlocking.take();
    }
    for (std::size_t i = 0; i < tx.inputs.size(); ++i)
        if (!script::check_spend(tx, i, payment.inputs[i].out, script::kPolicyFlags)) return false;
    return true;
}

}  // namespace adit::node::wallet
