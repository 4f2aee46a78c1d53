// JSON: the reader accepts what json_rules.hpp says, and reads from it what nlohmann's reader does.
#include "neb/io/json.hpp"

#include "fuzz.hpp"
#include "json_rules.hpp"

using namespace neb;
using namespace neb::fuzz;

namespace {

const std::string name = "json";

/// Reads a text with the functions for each kind of value.
class Comparison {
 public:
  Comparison(const std::string& text, const std::vector<JsonEvent>& events)
      : json_(text, name, 0), next_(events.begin()) {}

  void value() {
    using Kind = JsonEvent::Kind;
    const JsonEvent& event = *next_++;
    if (event.kind == Kind::object) {
      json_.object([&](const std::string& key) {
        require(next_->kind == Kind::key && next_->text == key, "another key");
        ++next_;
        value();
      });
    } else if (event.kind == Kind::array) {
      json_.array([&] { value(); });
    } else if (event.kind == Kind::string) {
      string(event.text);
    } else if (event.kind == Kind::integer) {
      require(json_.integer() == event.integer, "another integer");
    } else {
      other();
    }
    if (event.kind == Kind::object || event.kind == Kind::array)
      require(next_++->kind == Kind::end, "an object or array of another length");
  }

 private:
  void string(const std::string& expected) {
    const std::string read = json_.string();
    require(read == expected, "another string");
    const std::string quoted = json_quote(read);
    require(JsonReader(quoted, name, 0).string() == read && json_events(quoted).at(0).text == read,
            "a string differs that was written and read");
  }

  /// What is no whole number below 2^63 is not read as one, but passed over.
  void other() {
    JsonReader copy = json_;
    require(refuses([&] { copy.integer(); }), "an integer that is none");
    json_.skip();
  }

  JsonReader json_;
  std::vector<JsonEvent>::const_iterator next_;
};

void try_input(ByteSpan bytes) {
  const std::string text = text_of(bytes);
  const bool refused = refuses([&] {
    JsonReader json(text, name, 0);
    json.skip();
    json.padding();
  });
  const Verdict verdict = json_verdict(text);
  if (verdict != Verdict::undecided) require(refused != (verdict == Verdict::accepted), "the rules say otherwise");
  if (!refused && verdict == Verdict::accepted) Comparison(text, json_events(text)).value();
}

std::vector<std::string> seeds() {
  return {R"({"a":[1,-2.5e+3,0],"b":{"c":null,"d":[true,false]}})",
          R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00 é€😀")",
          "[[[]],{},\"\",9223372036854775807,9223372036854775808,1e400,-0]", "{ \"k\" :\t[ 1 ,\n2 ] }   ",
          std::string(100, '[') + std::string(100, ']')};
}

}  // namespace

const Target neb::fuzz::target{.try_input = try_input, .seeds = seeds};
