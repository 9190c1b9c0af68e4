#include "kernels/equihash/header_check.hpp"

#include "kernels/base/endian.hpp"
#include "kernels/base/hex.hpp"
#include "kernels/equihash/pow_input.hpp"
#include "kernels/hash/sha256d.hpp"

namespace adit::equihash {
namespace {

constexpr std::size_t kBitsOffset = 104;

/// What follows a CompactSize, which must be in its shortest form and say exactly how much follows.
Result<ByteView, HeaderFormError> solution_of(ByteView rest)
{
    if (rest.empty()) return HeaderFormError::too_short;
    const u8 first = rest[0];
    const std::size_t more = first < 0xfd ? 0 : std::size_t{2} << (first - 0xfd);
    if (rest.size() < 1 + more) return HeaderFormError::bad_solution_length;
    u64 length = first;
    if (more > 0) {
        length = 0;
        for (std::size_t i = more; i > 0; --i) length = length << 8 | rest[i];
        const u64 least = more == 2 ? 0xfd : more == 4 ? u64{1} << 16 : u64{1} << 32;
        if (length < least) return HeaderFormError::bad_solution_length;
    }
    rest = rest.subspan(1 + more);
    if (rest.size() < length) return HeaderFormError::solution_cut_off;
    if (rest.size() > length) return HeaderFormError::bytes_after_the_solution;
    return rest;
}

std::string_view explain(HeaderFormError error)
{
    switch (error) {
        case HeaderFormError::too_short:
            return "it is shorter than a 140-byte header and a solution length";
        case HeaderFormError::bad_solution_length:
            return "the solution length after the 140-byte header is not a CompactSize";
        case HeaderFormError::solution_cut_off: return "the solution is cut off";
        case HeaderFormError::bytes_after_the_solution:
            return "there are bytes after the solution; give the header with its solution alone";
    }
    return "?";
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view kBlanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

std::string_view to_string(HeaderFormError error)
{
    switch (error) {
        case HeaderFormError::too_short: return "too_short";
        case HeaderFormError::bad_solution_length: return "bad_solution_length";
        case HeaderFormError::solution_cut_off: return "solution_cut_off";
        case HeaderFormError::bytes_after_the_solution: return "bytes_after_the_solution";
    }
    return "?";
}

Result<HeaderReport, HeaderFormError> check_header(const Params& params,
                                                   const Personalization& personalization,
                                                   ByteView bytes, const hash::LeafHasher& hasher)
{
    if (bytes.size() < kHeaderBytes) return HeaderFormError::too_short;
    const ByteView header = bytes.first(kHeaderBytes);
    ADIT_TRY(const ByteView solution, solution_of(bytes.subspan(kHeaderBytes)));

    HeaderReport report;
    if (const auto verdict = verify(params, personalization, header, solution, hasher); !verdict)
        report.broken_rule = verdict.error();
    report.block_hash = hash::sha256d(bytes);
    report.bits = load_le<u32>(header.data() + kBitsOffset);
    const CompactTarget target = decode_compact(report.bits);
    report.meets_target = target.usable() && U256::from_le(report.block_hash) <= target.target;
    return report;
}

std::string to_line(const HeaderReport& report)
{
    std::string line = "valid ";
    if (report.broken_rule) line = "invalid " + std::string(to_string(*report.broken_rule)) + "  ";
    u8 bits[4];
    store_be<u32>(bits, report.bits);
    return line + to_hex_reversed(report.block_hash.view()) +
           (report.meets_target ? "  target met (bits " : "  target not met (bits ") +
           to_hex(bits) + ")";
}

HeaderVerdict check_header_hex(const Params& params, const Personalization& personalization,
                               std::string_view hex)
{
    const auto bytes = from_hex(trimmed(hex));
    if (!bytes || bytes->empty())
        return {HeaderVerdict::Outcome::unusable, false,
                "unusable: expected the hex of a 140-byte header with its solution"};
    const auto report = check_header(params, personalization, *bytes);
    if (!report)
        return {HeaderVerdict::Outcome::unusable, false,
                "unusable: " + std::string(explain(report.error()))};
    return {report->valid() ? HeaderVerdict::Outcome::valid : HeaderVerdict::Outcome::invalid,
            report->meets_target, to_line(*report)};
}

}  // namespace adit::equihash
