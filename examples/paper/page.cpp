#include "paper/page.hpp"

#include <cstddef>
#include <cstdio>
#include <vector>

#include <neb/io/file.hpp>
#include <neb/version.hpp>

#include "paper/about.hpp"
#include "paper/page_style.hpp"

namespace examples::paper {

namespace {

/// `text` as it must stand in HTML, between tags or in an attribute.
std::string html(const std::string& text) {
  std::string escaped;
  for (const char letter : text) switch (letter) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += letter;
    }
  return escaped;
}

/// `text` in a cell of a Markdown table.
std::string markdown(const std::string& text) {
  std::string escaped;
  for (const char letter : text) escaped += letter == '|' ? std::string("\\|") : std::string(1, letter);
  return escaped;
}

std::string base64(const std::string& bytes) {
  constexpr const char* digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    unsigned word = 0;
    for (std::size_t j = 0; j < 3; ++j) word = word << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j) text += j <= count ? digits[word >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

std::string read_bytes(const std::string& path) {
  const std::vector<std::byte> bytes = neb::read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Four bytes of a PNG's header, most significant first.
unsigned png_number(const std::string& png, std::size_t at) {
  unsigned number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(png.at(at + i));
  return number;
}

/// The picture with its caption; a film plays its frames, or shows the first one to who prefers that nothing moves.
std::string figure(const Picture& picture, const std::string& folder) {
  const std::string caption = "<figcaption>" + html(picture.caption) + "</figcaption></figure>\n";
  if (!picture.file.ends_with(".png"))
    return "<figure><p class=\"missing\">The picture is in " + html(picture.file) +
           ". This page can show it when neb is built with libpng.</p>" + caption;
  const std::string png = read_bytes(folder + "/" + picture.file);
  const unsigned width = png_number(png, 16), height = png_number(png, 20);
  const std::string image = "<img alt=\"" + html(picture.caption) + "\" width=\"" + std::to_string(width) +
                            "\" height=\"" + std::to_string(height) + "\" src=\"data:image/png;base64," + base64(png) +
                            "\">";
  if (picture.frames <= 1) return "<figure>" + image + caption;
  const std::string frames = std::to_string(picture.frames);
  const std::string frame_width = std::to_string(width / static_cast<unsigned>(picture.frames));
  return "<figure><div class=\"film\" tabindex=\"0\" style=\"--frames:" + frames + ";--width:" + frame_width +
         ";--height:" + std::to_string(height) + "\">" + image + "</div>" + caption;
}

std::string or_dash(const std::string& text) { return text.empty() ? "\u2013" : text; }

std::string findings(const Done& done) {
  if (done.results.findings.empty()) return "";
  std::string rows;
  for (const Finding& finding : done.results.findings)
    rows += "<tr><th scope=\"row\">" + html(finding.quantity) + "</th><td>" + html(or_dash(finding.paper)) +
            "</td><td>" + html(finding.ours) + "</td></tr>\n";
  return "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">Quantity</th><th "
         "scope=\"col\">Paper</th><th scope=\"col\">Here</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></div>\n";
}

std::string duration(double seconds) {
  char text[64];
  if (seconds < 99.5)
    std::snprintf(text, sizeof text, "%.0f s", seconds);
  else
    std::snprintf(text, sizeof text, "%.0f minutes", seconds / 60);
  return text;
}

std::string section(const Done& done, const Setting& setting) {
  const std::string name = html(done.experiment.name);
  std::string text = "<section id=\"" + name + "\">\n<h2><span class=\"name\">" + name + "</span> " +
                     html(done.experiment.title) + "</h2>\n<p>" + html(about(done.experiment.name)) + "</p>\n";
  for (const Picture& picture : done.results.pictures) text += figure(picture, setting.folder);
  return text + findings(done) + "<p class=\"command\"><code>" + html(command_of(done.experiment, setting)) +
         "</code> took " + duration(done.seconds) + ".</p>\n</section>\n";
}

std::string whole_table(const std::vector<Done>& done, const Setting& setting) {
  std::string rows;
  for (const Done& one : done)
    for (const Finding& finding : one.results.findings)
      rows += "<tr><th scope=\"row\"><a href=\"#" + html(one.experiment.name) + "\">" + html(one.experiment.name) +
              "</a></th><td>" + html(finding.quantity) + "</td><td>" + html(or_dash(finding.paper)) + "</td><td>" +
              html(finding.ours) + "</td><td><code>" + html(command_of(one.experiment, setting)) +
              "</code></td></tr>\n";
  return "<section id=\"table\">\n<h2>All numbers</h2>\n<p>A dash stands where the paper gives no number.</p>\n"
         "<div class=\"scroll\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">In the paper</th><th "
         "scope=\"col\">Quantity</th><th scope=\"col\">Paper</th><th scope=\"col\">Here</th><th "
         "scope=\"col\">Command</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></div>\n</section>\n";
}

std::string facts(const std::vector<Done>& done, const Setting& setting) {
  double seconds = 0;
  for (const Done& one : done) seconds += one.seconds;
  return "<p class=\"facts\">This run used " + html(setting.data) + ", seed " + std::to_string(setting.seed) +
         " and neb " + html(std::string(neb::version)) + ". It took " + duration(seconds) + "; lengths are " +
         (setting.full ? "those of the paper."
                       : "shortened where a caption says so, and <code>scripts/reproduce.sh --full</code> runs all of "
                         "them.") +
         "</p>\n";
}

}  // namespace

std::string command_of(const Experiment& experiment, const Setting& setting) {
  return "scripts/reproduce.sh " + experiment.name + (setting.full ? " --full" : "");
}

std::string table(const std::vector<Done>& done, const Setting& setting) {
  std::string text = "| experiment | quantity | paper | ours | command |\n|---|---|---|---|---|\n";
  for (const Done& one : done)
    for (const Finding& finding : one.results.findings)
      text += "| " + one.experiment.name + " | " + markdown(finding.quantity) + " | " +
              (finding.paper.empty() ? "-" : markdown(finding.paper)) + " | " + markdown(finding.ours) + " | `" +
              command_of(one.experiment, setting) + "` |\n";
  return text;
}

std::string page(const std::vector<Done>& done, const Setting& setting) {
  std::string contents, sections;
  for (const Done& one : done) {
    contents += "<li><a href=\"#" + html(one.experiment.name) + "\">" + html(one.experiment.name) + "</a> " +
                html(one.experiment.title) + "</li>\n";
    sections += section(one, setting);
  }
  return std::string(page_head) + facts(done, setting) + "<nav aria-label=\"Contents\"><ol>\n" + contents +
         "<li><a href=\"#table\">All numbers</a></li>\n</ol></nav>\n</header>\n<main>\n" + sections +
         whole_table(done, setting) + page_end;
}

}  // namespace examples::paper
