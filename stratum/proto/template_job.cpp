#include "stratum/proto/template_job.hpp"

#include "kernels/base/check.hpp"
#include "kernels/base/compact.hpp"
#include "kernels/base/endian.hpp"
#include "kernels/base/hex.hpp"
#include "kernels/hash/sha256d.hpp"
#include "stratum/proto/coinbase_payments.hpp"
#include "stratum/proto/compact_size.hpp"
#include "stratum/proto/merkle.hpp"
#include "stratum/proto/share.hpp"

namespace adit::stratum {
namespace {

TemplateError missing(std::string_view field)
{
    return {"the node's template has no usable \"" + std::string(field) + "\""};
}

std::optional<Hash256> shown_hash(const json::object& o, std::string_view key)
{
    const auto text = json::string_of(o, key);
    return text ? hash_from_hex_reversed(*text) : std::nullopt;
}

std::optional<u32> word_from_hex(std::string_view text)
{
    const auto bytes = from_hex(text);
    if (!bytes || bytes->size() != 4) return std::nullopt;
    return load_be<u32>(bytes->data());
}

/// The header's reserved field, under whichever name this node has for it.
Hash256 reserved_field(const json::object& offered)
{
    if (const json::object* roots = json::object_of(offered, "defaultroots"))
        if (const auto hash = shown_hash(*roots, "blockcommitmentshash")) return *hash;
    for (const char* name : {"blockcommitmentshash", "finalsaplingroothash", "scTxsCommitment"})
        if (const auto hash = shown_hash(offered, name)) return *hash;
    return {};
}

/// Transactions (or zend's certificates) as bytes, with their ids for the merkle tree.
struct Items {
    Bytes bytes;
    std::vector<Hash256> ids;
};

/// The id as given; where a node gives none it is the double SHA-256 (true up to version 4).
bool add_item(Items& items, const json::object& entry)
{
    const auto data = json::string_of(entry, "data");
    const auto bytes = data ? from_hex(*data) : std::nullopt;
    if (!bytes || bytes->empty()) return false;
    const auto id = shown_hash(entry, "hash");
    items.ids.push_back(id ? *id : hash::sha256d(*bytes));
    append(items.bytes, *bytes);
    return true;
}

Result<Items, TemplateError> read_items(const json::object& offered, const char* name)
{
    Items items;
    if (const json::array* entries = json::array_of(offered, name))
        for (const json::value& entry : *entries)
            if (!entry.is_object() || !add_item(items, entry.get_object())) return missing(name);
    return items;
}

struct HeaderFields {
    i32 version = 0;
    Hash256 prev;
    Hash256 merkle_root;
    Hash256 reserved;
    u32 time = 0;
    u32 bits = 0;
};

std::array<u8, equihash::kHeaderBytes> header_of(const HeaderFields& fields)
{
    std::array<u8, equihash::kHeaderBytes> header{};
    store_le<u32>(header.data(), static_cast<u32>(fields.version));
    std::memcpy(header.data() + 4, fields.prev.bytes.data(), 32);
    std::memcpy(header.data() + 36, fields.merkle_root.bytes.data(), 32);
    std::memcpy(header.data() + 68, fields.reserved.bytes.data(), 32);
    store_le<u32>(header.data() + 100, fields.time);
    store_le<u32>(header.data() + 104, fields.bits);
    return header;
}

}  // namespace

Result<std::shared_ptr<const BlockTemplate>, TemplateError> read_template(const json::value& result)
{
    const json::object* offered = result.if_object();
    if (offered == nullptr) return TemplateError{"the node's template is no JSON object"};

    auto made = std::make_shared<BlockTemplate>();
    HeaderFields fields;
    const auto prev = shown_hash(*offered, "previousblockhash");
    if (!prev) return missing("previousblockhash");
    made->prev = fields.prev = *prev;
    const auto version = json::integer_of(*offered, "version");
    if (!version || *version < INT32_MIN || *version > INT32_MAX) return missing("version");
    fields.version = static_cast<i32>(*version);
    const auto time = json::integer_of(*offered, "curtime");
    if (!time || *time <= 0 || *time > UINT32_MAX) return missing("curtime");
    const i64 earliest = json::integer_of(*offered, "mintime").value_or(0);
    if (earliest > UINT32_MAX) return missing("mintime");
    made->time = fields.time = static_cast<u32>(std::max(*time, earliest));
    const auto height = json::integer_of(*offered, "height");
    if (!height || *height <= 0 || *height > UINT32_MAX) return missing("height");
    made->height = static_cast<u32>(*height);
    const auto bits = word_from_hex(json::string_of(*offered, "bits").value_or(""));
    if (!bits || !decode_compact(*bits).usable()) return missing("bits");
    fields.bits = *bits;
    // Staked Komodo chains want a target of their own beside the header's bits.
    const auto target = U256::from_hex(json::string_of(*offered, "target").value_or(""));
    made->target = target ? *target : decode_compact(*bits).target;
    made->long_poll_id = json::string_of(*offered, "longpollid").value_or("");

    const json::object* coinbase = json::object_of(*offered, "coinbasetxn");
    if (coinbase == nullptr)
        return TemplateError{
            "the node gives no coinbase (coinbasetxn): set the address it shall mine to"};
    Items transactions;
    if (!add_item(transactions, *coinbase)) return missing("coinbasetxn");
    made->payments = payments_of(*offered, transactions.bytes);
    ADIT_TRY(const Items others, read_items(*offered, "transactions"));
    append(transactions.bytes, others.bytes);
    transactions.ids.insert(transactions.ids.end(), others.ids.begin(), others.ids.end());

    append_compact_size(made->body, transactions.ids.size());
    append(made->body, transactions.bytes);
    const bool has_certificates = json::array_of(*offered, "certificates") != nullptr;
    if (has_certificates) {
        ADIT_TRY(const Items certificates, read_items(*offered, "certificates"));
        append_compact_size(made->body, certificates.ids.size());
        append(made->body, certificates.bytes);
    }

    // zend's tree and commitment span certificates by rules of its own: it hands both out itself.
    const auto given_root = shown_hash(*offered, "merkleTree");
    made->lacks_roots = has_certificates &&
                        !(given_root && json::member_of(*offered, "scTxsCommitment") != nullptr);
    fields.merkle_root = given_root ? *given_root : merkle_root_of(transactions.ids);
    fields.reserved = reserved_field(*offered);
    made->header = header_of(fields);
    return std::shared_ptr<const BlockTemplate>(std::move(made));
}

WorkPtr work_of(std::shared_ptr<const BlockTemplate> offered, const equihash::Params& params,
                const equihash::Personalization& personalization, u64 epoch, TimePoint arrived)
{
    auto work = std::make_shared<Work>();
    work->id = std::to_string(offered->height);
    work->epoch = epoch;
    work->params = params;
    work->personalization = personalization;
    work->input.header = offered->header;
    work->share_target = offered->target;
    work->block_target = offered->target;
    work->height = offered->height;
    work->arrived = arrived;
    work->payments = offered->payments;
    work->origin = std::move(offered);
    return work;
}

const BlockTemplate& template_of(const Work& work)
{
    const auto* offered = dynamic_cast<const BlockTemplate*>(work.origin.get());
    ADIT_CHECK(offered != nullptr);
    return *offered;
}

Bytes assemble_block(const Share& share)
{
    equihash::PowInput input = share.work->input;
    input.set_nonce(share.nonce);
    Bytes block(input.header.begin(), input.header.end());
    append(block, with_length_prefix(share.solution.bytes));
    append(block, template_of(*share.work).body);
    return block;
}

}  // namespace adit::stratum
