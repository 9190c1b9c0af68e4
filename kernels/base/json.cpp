#include "kernels/base/json.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/src.hpp>  // Boost.JSON itself, compiled here and nowhere else
#include <charconv>
#include <cmath>

#include "kernels/base/hex.hpp"
#include "kernels/base/json_ready.hpp"
#include "kernels/base/random.hpp"

namespace adit::json {
namespace {

constexpr char kDecimalMark = '\x1e';
constexpr char kReadyMark = '\x1d';
constexpr std::size_t kDepthMax = 32;

const std::string& ready_mark()
{
    static const std::string mark = [] {
        std::array<u8, 16> random;
        fill_entropy(random);
        return kReadyMark + to_hex(random);
    }();
    return mark;
}

bool is_number(std::string_view text)
{
    std::size_t at = 0;
    const auto digits = [&] {
        const std::size_t start = at;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
        return at > start;
    };
    if (at < text.size() && text[at] == '-') ++at;
    if (!digits()) return false;
    if (at < text.size() && text[at] == '.') {
        ++at;
        if (!digits()) return false;
    }
    return at == text.size();
}

std::string double_text(double number)
{
    if (!std::isfinite(number)) return "null";
    std::array<char, 512> buffer;
    // 16 significant digits, as zcashd prints difficulty; then without an exponent.
    const double magnitude = number == 0 ? 0 : std::floor(std::log10(std::fabs(number)));
    const int places = static_cast<int>(std::fmin(std::fmax(15 - magnitude, 0), 300));
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                   std::chars_format::fixed, places);
    std::string text(buffer.data(), end.ptr);
    if (text.find('.') != std::string::npos) {
        while (text.back() == '0') text.pop_back();
        if (text.back() == '.') text.pop_back();
    }
    return text;
}

class Printer {
public:
    explicit Printer(bool pretty) : pretty_(pretty) {}

    std::string print(const value& v)
    {
        write(v, 0);
        return std::move(out_);
    }

private:
    void write(const value& v, int depth)
    {
        if (const auto* o = v.if_object()) return write_object(*o, depth);
        if (const auto* a = v.if_array()) return write_array(*a, depth);
        if (const auto* d = v.if_double()) {
            out_ += double_text(*d);
        } else if (const auto* s = v.if_string()) {
            const std::string_view text(s->data(), s->size());
            if (text.starts_with(kDecimalMark) && is_number(text.substr(1)))
                out_ += text.substr(1);
            else if (text.starts_with(kReadyMark) && text.starts_with(ready_mark()))
                write_ready(text.substr(ready_mark().size()));
            else
                write_string(text);
        } else if (const auto* i = v.if_int64()) {
            write_number(*i);
        } else if (const auto* u = v.if_uint64()) {
            write_number(*u);
        } else {
            out_ += boost::json::serialize(v);
        }
    }

    /// It is long, and most of the answer: room for it at once, and for what stands around it.
    void write_ready(std::string_view text)
    {
        out_.reserve(out_.size() + text.size() + 4'096);
        out_ += text;
    }

    /// Nearly all strings are hex, words and addresses: nothing in them needs escaping.
    void write_string(std::string_view text)
    {
        bool special = false;
        for (const char c : text)
            special |= static_cast<u8>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7f;
        if (special) {
            out_ += boost::json::serialize(boost::json::string_view(text.data(), text.size()));
            return;
        }
        out_ += '"';
        out_ += text;
        out_ += '"';
    }

    template <class Number>
    void write_number(Number number)
    {
        std::array<char, 24> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
        out_.append(digits.data(), end.ptr);
    }

    void write_object(const object& o, int depth)
    {
        if (o.empty()) {
            out_ += "{}";
            return;
        }
        out_ += '{';
        bool first = true;
        for (const auto& [key, member] : o) {
            separate(first, depth + 1);
            write_string({key.data(), key.size()});
            out_ += pretty_ ? ": " : ":";
            write(member, depth + 1);
        }
        new_line(depth);
        out_ += '}';
    }

    void write_array(const array& a, int depth)
    {
        if (a.empty()) {
            out_ += "[]";
            return;
        }
        out_ += '[';
        bool first = true;
        for (const auto& element : a) {
            separate(first, depth + 1);
            write(element, depth + 1);
        }
        new_line(depth);
        out_ += ']';
    }

    void separate(bool& first, int depth)
    {
        if (!first) out_ += ',';
        first = false;
        new_line(depth);
    }

    void new_line(int depth)
    {
        if (!pretty_) return;
        out_ += '\n';
        out_.append(2 * static_cast<std::size_t>(depth), ' ');
    }

    bool pretty_;
    std::string out_;
};

/// Where the JSON string that begins at `at` ends: behind its closing quote, or at the end.
std::size_t end_of_string(std::string_view text, std::size_t at)
{
    for (++at; at < text.size() && text[at] != '"'; ++at)
        if (text[at] == '\\') ++at;
    return std::min(at + 1, text.size());
}

/// Valid JSON with every plain decimal turned into a marked string.
std::string with_marked_decimals(std::string_view text)
{
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at + 1;
        if (text[at] == '"') {
            end = end_of_string(text, at);
        } else if (text[at] == '-' || (text[at] >= '0' && text[at] <= '9')) {
            end = std::min(text.find_first_not_of("+-.0123456789eE", at), text.size());
        }
        const std::string_view token = text.substr(at, end - at);
        const bool decimal =
            text[at] != '"' && token.find('.') != std::string_view::npos && is_number(token);
        if (decimal) out += "\"\\u001e";
        out += token;
        if (decimal) out += '"';
        at = end;
    }
    return out;
}

}  // namespace

Result<value, ParseError> parse(std::string_view text)
{
    boost::json::parse_options options;
    options.max_depth = kDepthMax;
    boost::json::error_code error;
    value v =
        boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, options);
    if (error) return ParseError{error.message()};
    return v;
}

Result<value, ParseError> parse(std::string_view text, boost::json::storage_ptr storage)
{
    boost::json::parse_options options;
    options.max_depth = kDepthMax;
    boost::json::parser parser(storage, options);
    parser.reset(std::move(storage));
    boost::json::error_code error;
    parser.write(text.data(), text.size(), error);
    if (error) return ParseError{error.message()};
    return parser.release();
}

Result<value, ParseError> parse_keeping_decimals(std::string_view text)
{
    if (auto strict = parse(text); !strict) return strict.error();
    return parse(with_marked_decimals(text));
}

std::string to_text(const value& v) { return Printer(false).print(v); }
std::string to_pretty_text(const value& v) { return Printer(true).print(v); }

value decimal(std::string_view digits)
{
    std::string marked(1, kDecimalMark);
    marked += digits;
    return value(boost::json::string(marked));
}

value ready(std::string_view text)
{
    boost::json::string marked;
    marked.reserve(ready_mark().size() + text.size());
    marked.append(ready_mark());
    marked.append(boost::json::string_view(text.data(), text.size()));
    return value(std::move(marked));
}

const value* member_of(const object& o, std::string_view key)
{
    return o.if_contains(boost::json::string_view(key.data(), key.size()));
}

std::optional<std::string_view> string_of(const object& o, std::string_view key)
{
    const value* v = member_of(o, key);
    if (v == nullptr || !v->is_string()) return std::nullopt;
    return std::string_view(v->get_string().data(), v->get_string().size());
}

std::optional<i64> integer_of(const object& o, std::string_view key)
{
    const value* v = member_of(o, key);
    if (v == nullptr || !v->is_int64()) return std::nullopt;
    return v->get_int64();
}

std::optional<double> number_of(const object& o, std::string_view key)
{
    const value* v = member_of(o, key);
    if (v == nullptr) return std::nullopt;
    if (v->is_double()) return v->get_double();
    if (v->is_int64()) return static_cast<double>(v->get_int64());
    if (v->is_uint64()) return static_cast<double>(v->get_uint64());
    return std::nullopt;
}

std::optional<bool> bool_of(const object& o, std::string_view key)
{
    const value* v = member_of(o, key);
    if (v == nullptr || !v->is_bool()) return std::nullopt;
    return v->get_bool();
}

const object* object_of(const object& o, std::string_view key)
{
    const value* v = member_of(o, key);
    return v == nullptr ? nullptr : v->if_object();
}

const array* array_of(const object& o, std::string_view key)
{
    const value* v = member_of(o, key);
    return v == nullptr ? nullptr : v->if_array();
}

}  // namespace adit::json
