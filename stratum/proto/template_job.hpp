#pragma once

#include "kernels/base/json.hpp"
#include "stratum/proto/work_source.hpp"

namespace adit::stratum {

/// What a node offers to mine on: getblocktemplate's answer, read (BIP 22, BIP 23, and what the
/// Zcash family adds). The coinbase is taken as the node made it.
struct BlockTemplate final : WorkOrigin {
    u32 height = 0;
    Hash256 prev;  ///< all hashes in internal order
    U256 target;
    u32 time = 0;
    std::string long_poll_id;                         ///< empty: long polling is not offered
    std::array<u8, equihash::kHeaderBytes> header{};  ///< nonce all zero
    Bytes body;  ///< all that follows the solution in the block: transactions, certificates
    std::vector<Payment> payments;
    /// zend's certificates came without the roots of this coinbase: to be asked for again with the
    /// call's second parameter, and not to be worked on.
    bool lacks_roots = false;
};

/// Why an answer is no template to work on; one line for people.
struct TemplateError {
    std::string text;
};

/// Reads the `result` of getblocktemplate as zcashd, zebra, zend, komodod and this house's node
/// give it. Unknown fields are ignored. The reserved field is the node's commitment under whichever
/// name it comes, else zeros.
Result<std::shared_ptr<const BlockTemplate>, TemplateError> read_template(
    const json::value& result);

/// The template as work: (n, k) and tag come from the configuration, for templates do not say.
WorkPtr work_of(std::shared_ptr<const BlockTemplate> offered, const equihash::Params& params,
                const equihash::Personalization& personalization, u64 epoch, TimePoint arrived);

/// The whole block, as submitblock takes it. `share.work` came from `work_of`.
Bytes assemble_block(const Share& share);

/// The template behind work that came from `work_of`.
const BlockTemplate& template_of(const Work& work);

}  // namespace adit::stratum
