#include "kernels/base/json.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "kernels/base/json_ready.hpp"

namespace adit::json {
namespace {

TEST(Json, PrintsNumbersForPeople)
{
    EXPECT_EQ(to_text(value(7.5)), "7.5");
    EXPECT_EQ(to_text(value(0.0)), "0");
    EXPECT_EQ(to_text(value(1e21)), "1000000000000000000000");
    EXPECT_EQ(to_text(value(0.0001)), "0.0001");
    EXPECT_EQ(to_text(value(-3.25)), "-3.25");
    EXPECT_EQ(to_text(value(std::numeric_limits<double>::infinity())), "null");
    EXPECT_EQ(to_text(decimal("12.50000000")), "12.50000000");
}

TEST(Json, NeverLetsATextPassAsRawJson)
{
    EXPECT_EQ(to_text(decimal("1,\"x\":2")), "\"\\u001e1,\\\"x\\\":2\"");
    EXPECT_EQ(to_text(decimal("")), "\"\\u001e\"");
    EXPECT_EQ(to_text(decimal("1.")), "\"\\u001e1.\"");
}

TEST(Json, PrintsReadyTextAsItStandsAndNobodyElsesAsOne)
{
    EXPECT_EQ(to_text(object{{"a", ready("[1,{\"b\":2}]")}}), "{\"a\":[1,{\"b\":2}]}");
    // Without this process's mark it is a string like any other.
    EXPECT_EQ(to_text(value("\x1d[1]")), "\"\\u001d[1]\"");
    EXPECT_EQ(to_text(value("\x1d" + std::string(32, '0') + "[1]")),
              "\"\\u001d00000000000000000000000000000000[1]\"");
}

TEST(Json, EscapesWhatNeedsIt)
{
    EXPECT_EQ(to_text(value("plain, \xc3\xa9")), "\"plain, \xc3\xa9\"");
    EXPECT_EQ(to_text(value("a\"b\\c\n\x01")), "\"a\\\"b\\\\c\\n\\u0001\"");
    EXPECT_EQ(to_text(object{{"k\"", -7}, {"u", 18446744073709551615u}}),
              "{\"k\\\"\":-7,\"u\":18446744073709551615}");
}

TEST(Json, KeepsDecimalsWhenAsked)
{
    for (const char* text : {"{\"a\":[12.50000000,-0.00000001,7,\"1.50\"]}", "0.10",
                             "[1.0,{\"1.0\":2.00}]", "[\"\\\\\",1.10]", "[\"a\\\"1.10\",3]"})
        EXPECT_EQ(to_text(*parse_keeping_decimals(text)), text);
    EXPECT_EQ(to_text(*parse_keeping_decimals("[1.5e1]")), "[15]");
    EXPECT_FALSE(parse_keeping_decimals("[1.]"));
    EXPECT_FALSE(parse_keeping_decimals("1.50\""));
}

TEST(Json, IsStrictAndBounded)
{
    EXPECT_TRUE(parse("{\"a\":[1,2.5,null,true,\"x\"]}"));
    for (const char* text : {"", "{", "[1,]", "{}x", "nul", "'a'", "01"})
        EXPECT_FALSE(parse(text)) << text;
    EXPECT_TRUE(parse(std::string(32, '[') + std::string(32, ']')));
    EXPECT_FALSE(parse(std::string(33, '[') + std::string(33, ']')));
}

TEST(Json, ReadsMembersByType)
{
    const value v =
        *parse("{\"s\":\"x\",\"i\":-7,\"d\":1.5,\"b\":false,\"o\":{},\"a\":[],\"n\":null}");
    const object& o = v.get_object();
    EXPECT_EQ(string_of(o, "s"), "x");
    EXPECT_EQ(integer_of(o, "i"), -7);
    EXPECT_EQ(number_of(o, "i"), -7.0);
    EXPECT_EQ(number_of(o, "d"), 1.5);
    EXPECT_EQ(bool_of(o, "b"), false);
    EXPECT_NE(object_of(o, "o"), nullptr);
    EXPECT_NE(array_of(o, "a"), nullptr);
    EXPECT_FALSE(string_of(o, "n").has_value());
    EXPECT_FALSE(integer_of(o, "d").has_value());
    EXPECT_EQ(member_of(o, "absent"), nullptr);
}

TEST(Json, PrintsOverLines)
{
    EXPECT_EQ(to_pretty_text(*parse("{\"a\":[1,{}],\"b\":[]}")),
              "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
}

}  // namespace
}  // namespace adit::json
