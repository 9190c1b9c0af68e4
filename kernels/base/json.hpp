#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "kernels/base/bytes.hpp"
#include "kernels/base/result.hpp"

/// JSON for every room: Boost.JSON, compiled once, with numbers printed for people.
namespace adit::json {

using boost::json::array;
using boost::json::object;
using boost::json::value;

/// Why a text is no JSON.
struct ParseError {
    std::string message;
};

/// The whole of `text` as one value: strict JSON, nesting up to 32 levels, no trailing bytes.
Result<value, ParseError> parse(std::string_view text);

/// The same, with the value and everything in between in `storage`.
Result<value, ParseError> parse(std::string_view text, boost::json::storage_ptr storage);

/// The same, but plain decimals (`12.50000000`) are kept digit by digit, as `decimal` would make
/// them, for printing what another program said as it said it.
Result<value, ParseError> parse_keeping_decimals(std::string_view text);

/// One line, no spaces. Doubles print as plain decimals with up to 16 significant digits (`0.5`,
/// never `5E-1`); NaN and infinities as null.
std::string to_text(const value& v);

/// The same over several lines, indented by two spaces.
std::string to_pretty_text(const value& v);

/// A number that prints exactly as given, for amounts (`12.50000000`). Until printed it travels as
/// a string with a mark; one that is no JSON number prints as a string.
value decimal(std::string_view digits);

/// Typed reading of a member; nullopt when absent, null, of another type or out of range.
std::optional<std::string_view> string_of(const object& o, std::string_view key);
std::optional<i64> integer_of(const object& o, std::string_view key);
std::optional<double> number_of(const object& o, std::string_view key);
std::optional<bool> bool_of(const object& o, std::string_view key);
const object* object_of(const object& o, std::string_view key);  ///< null when it is not there
const array* array_of(const object& o, std::string_view key);
const value* member_of(const object& o, std::string_view key);

}  // namespace adit::json
