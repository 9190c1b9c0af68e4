#pragma once

#include "node/primitives/transaction.hpp"

namespace adit::node::script {

/// The lowest five bits of a signature's last byte, and the flag above them.
enum HashType : u32 { kHashAll = 1, kHashNone = 2, kHashSingle = 3, kHashAnyoneCanPay = 0x80 };

/// What a signature signs: the transaction with its scripts taken out, `script_code` in the place
/// of the signed input's, cut down as `hash_type` says (Bitcoin's original rule). `input` <
/// tx.inputs.size(). With kHashSingle and no output of that index it is the number one.
Hash256 signature_hash(const Transaction& tx, std::size_t input, ByteView script_code,
                       u32 hash_type);

/// `script` without the places where `push` stands as a whole instruction or run of bytes at an
/// instruction's start: a signature cannot sign itself. @return how many were taken out
std::size_t remove_push(Script& script, ByteView push);

}  // namespace adit::node::script
