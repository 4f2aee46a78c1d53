#include "neb/io/json.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/scratch.hpp"

using namespace neb;
using neb::test::file_error_of;

namespace {

const std::string name = "file";

std::string read_string(std::string_view text) { return JsonReader(text, name, 0).string(); }

std::string string_error(std::string_view text) {
  return file_error_of([&] { read_string(text); });
}

std::string integer_error(std::string_view text) {
  return file_error_of([&] { JsonReader(text, name, 0).integer(); });
}

}  // namespace

TEST_CASE("json: strings with every escape are read") {
  CHECK(read_string(R"("")").empty());
  CHECK(read_string(R"(  "a b")") == "a b");
  CHECK(read_string(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(read_string(R"("\u0041\u00e9\u20AC\ud83d\ude00")") == "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(read_string("\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"") == "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(read_string(R"("\u0000")") == std::string(1, '\0'));
}

TEST_CASE("json: strings that are no JSON are errors") {
  CHECK(string_error("") == "file: offset 0: header: expected a string, got the end of the header");
  CHECK(string_error("x") == "file: offset 0: header: expected a string, got 'x'");
  CHECK(string_error("\"ab") ==
        "file: offset 3: header: expected UTF-8 text and a closing '\"', got the end of the header");
  CHECK(string_error("\"a\nb\"") == "file: offset 2: header: expected UTF-8 text and a closing '\"', got byte 10");
  CHECK(string_error("\"\\x\"") == "file: offset 2: header: expected an escape that JSON knows, got 'x'");
  CHECK(string_error("\"\\") ==
        "file: offset 2: header: expected an escape that JSON knows, got the end of the header");
  CHECK(string_error("\"\\u12g4\"") == "file: offset 5: header: expected four hexadecimal digits, got 'g'");
  CHECK(string_error(R"("\ud800")") ==
        "file: offset 7: header: expected the second half of a surrogate pair, got '\"'");
  CHECK(string_error(R"("\ud800\u0041")") ==
        "file: offset 2: header: expected a surrogate pair, got its first half alone");
  CHECK(string_error(R"("\udc00")") == "file: offset 2: header: expected a surrogate pair, got its second half alone");
}

TEST_CASE("json: text that is not UTF-8 is an error") {
  for (const char* bad : {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC3", "\xC3(", "\xE0\x80\x80", "\xE2\x82", "\xED\xA0\x80",
                          "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    CAPTURE(bad);
    CHECK(string_error("\"a" + std::string(bad) + "\"").starts_with("file: offset 2: header: expected UTF-8"));
  }
}

TEST_CASE("json: integers from 0 to 2^63 - 1 are read") {
  for (const auto& [text, value] : std::vector<std::pair<std::string, std::uint64_t>>{
           {"0", 0}, {" 7", 7}, {"10,", 10}, {"9223372036854775807", 9223372036854775807}})
    CHECK(JsonReader(text, name, 0).integer() == value);
}

TEST_CASE("json: other numbers are errors") {
  CHECK(integer_error("-1") == "file: offset 0: header: expected an integer that is not negative, got '-'");
  CHECK(integer_error("") ==
        "file: offset 0: header: expected an integer that is not negative, got the end of the header");
  CHECK(integer_error("01") == "file: offset 0: header: expected an integer, got a leading zero");
  CHECK(integer_error("1.0") == "file: offset 1: header: expected an integer, got '.'");
  CHECK(integer_error("1e3") == "file: offset 1: header: expected an integer, got 'e'");
  for (const char* large : {"9223372036854775808", "18446744073709551616", "99999999999999999999999999"})
    CHECK(integer_error(large) == "file: offset 0: header: expected an integer below 2^63, got a larger one");
}

TEST_CASE("json: objects and arrays call back for each item, in order") {
  const std::string text = R"( { "a" : [ 1 , 2 ,3 ] , "b":[], "c":{} }  )";
  JsonReader json(text, name, 0);
  std::string seen;
  json.object([&](const std::string& key) {
    seen += key;
    if (key == "c") {
      json.object([](const std::string&) {});
    } else {
      json.array([&] { seen += std::to_string(json.integer()); });
    }
  });
  json.padding();
  CHECK(seen == "a123bc");
}

TEST_CASE("json: broken objects and arrays are errors") {
  const auto error = [](std::string_view text) {
    return file_error_of([&] {
      JsonReader json(text, name, 8);
      json.object([&](const std::string&) { json.array([&] { json.integer(); }); });
      json.padding();
    });
  };
  CHECK(error(R"({"a":[1]} )").empty());
  CHECK(error("") == "file: offset 8: header: expected '{', got the end of the header");
  CHECK(error("{") == "file: offset 9: header: expected a string, got the end of the header");
  CHECK(error("{a") == "file: offset 9: header: expected a string, got 'a'");
  CHECK(error(R"({"a")") == "file: offset 12: header: expected ':', got the end of the header");
  CHECK(error(R"({"a":1)") == "file: offset 13: header: expected '[', got '1'");
  CHECK(error(R"({"a":[1)") == "file: offset 15: header: expected ',' or ']', got the end of the header");
  CHECK(error(R"({"a":[1,])") == "file: offset 16: header: expected an integer that is not negative, got ']'");
  CHECK(error(R"({"a":[1 2]})") == "file: offset 16: header: expected ',' or ']', got '2'");
  CHECK(error(R"({"a":[1],})") == "file: offset 17: header: expected a string, got '}'");
  CHECK(error(R"({} x)") == "file: offset 11: header: expected spaces up to the end of the header, got 'x'");
  CHECK(error("{}\n") == "file: offset 10: header: expected spaces up to the end of the header, got byte 10");
}

TEST_CASE("json: quoting is undone by reading") {
  std::string all;
  for (char letter = 0; letter < 127; ++letter) all += letter;
  all += "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
  CHECK(json_quote("a\"b\\c\n") == R"("a\"b\\c\u000a")");
  CHECK(read_string(json_quote(all)) == all);
  CHECK_THROWS_WITH_AS(json_quote("\xFF"), "json_quote: the text is not UTF-8", ValueError);
}
