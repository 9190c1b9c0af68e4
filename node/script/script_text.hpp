#pragma once

#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"

/// Scripts as people read them: the field's assembler words.
namespace adit::node::script {

/// "OP_DUP"; the small numbers are "0", "-1", "1" … "16"; "OP_UNKNOWN" for what has no name. Pushes
/// by length have none.
std::string_view opcode_name(u8 opcode);

/// "OP_DUP OP_HASH160 89ab… OP_EQUALVERIFY OP_CHECKSIG": pushes of up to four bytes as a decimal
/// number, longer ones as hex, a push past the end as "[error]".
std::string to_text(ByteView script);

}  // namespace adit::node::script
