#include "paper/settled_memories.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <neb/bayes/chi.hpp>
#include <neb/io/safetensors.hpp>

#include "common/contact_sheet.hpp"
#include "paper/text.hpp"

namespace examples::paper {

using neb::FlowEnd, neb::FlowUntil, neb::Index, neb::Tensor;

namespace {

std::vector<Whereabouts> whereabouts(const Judge& judge, const Tensor<float>& y0,
                                     const std::vector<neb::FlowMoment<float>>& moments) {
  const std::vector<int> classes = judge.classify(y0);
  std::vector<Whereabouts> all;
  for (const neb::FlowMoment<float>& moment : moments) {
    const std::vector<int> now = judge.classify(moment.y);
    double kept = 0;
    for (std::size_t i = 0; i < now.size(); ++i) kept += now[i] == classes[i] ? 1 : 0;
    all.push_back({neb::chi(y0, moment.y), moment.path_length, kept / static_cast<double>(now.size())});
  }
  return all;
}

/// Adds what is seen of flows that go on: on their way, and how long the pictures last that settled.
void follow(const Program& program, const TrainedEnergy& energy, const Judge& judge, const Tensor<float>& y0,
            const Remembering& settings, Remembered& found) {
  const neb::Flow<float> flow = flow_down(program, energy, y0,
                                          {.settled_below = {std::begin(looks_below), std::end(looks_below)},
                                           .time = *std::rbegin(looks_at),
                                           .snapshots = {std::begin(looks_at), std::end(looks_at)}});
  found.at = whereabouts(judge, y0, flow.snapshots);
  found.below = whereabouts(judge, y0, flow.settled);
  found.late = flow.snapshots.back().y;
  // What is at rest, or has not moved so far when nobody watches any more, lasts for as long as that at least.
  const neb::Flow<float> on =
      flow_down(program, energy, found.flow.y.rows(0, y0.shape()[0]),
                {.until = FlowUntil::moved, .moved_by = settings.lasting_chi, .time = settings.lasting});
  for (std::size_t i = 0; i < on.end.size(); ++i)
    if (found.settled[i]) found.lasting.push_back(on.end[i] == FlowEnd::moved ? on.time[i] : settings.lasting);
}

std::vector<std::vector<double>> chis(const std::vector<Whereabouts>& moments) {
  std::vector<std::vector<double>> all;
  for (const Whereabouts& moment : moments) all.push_back(moment.chi);
  return all;
}
std::vector<std::vector<double>> lengths(const std::vector<Whereabouts>& moments) {
  std::vector<std::vector<double>> all;
  for (const Whereabouts& moment : moments) all.push_back(moment.path_length);
  return all;
}

std::vector<double> shares_kept(const std::vector<Whereabouts>& moments) {
  std::vector<double> all;
  for (const Whereabouts& moment : moments) all.push_back(moment.kept);
  return all;
}

/// "97.5, 92.5, 80.0 %".
std::string kept_text(const std::vector<Whereabouts>& moments) {
  std::string all;
  for (const Whereabouts& moment : moments) all += text(all.empty() ? "%.1f" : ", %.1f", 100 * moment.kept);
  return all + " %";
}

std::vector<double> means(const std::vector<std::vector<double>>& lists) {
  std::vector<double> all;
  for (const std::vector<double>& values : lists) all.push_back(spread_of(values).mean);
  return all;
}

/// "93.1 % (92.4 %)".
std::string shares_text(const std::vector<Kept>& kept, double Kept::*share) {
  std::string text_of_all;
  for (const Kept& one : kept) text_of_all += text(text_of_all.empty() ? "%.1f %%" : " (%.1f %%)", 100 * one.*share);
  return text_of_all;
}

std::string names_of(const std::vector<Judge>& judges) {
  std::string names;
  for (const Judge& judge : judges) names += names.empty() ? judge.name : " (" + judge.name + ")";
  return names;
}

}  // namespace

Remembered remember(const Program& program, const TrainedEnergy& energy, const std::vector<Judge>& judges,
                    const Tensor<float>& y0, const std::vector<std::uint8_t>& labels, const Remembering& settings) {
  Remembered found;
  found.flow = flow_down(program, energy, y0, {.until = FlowUntil::settled, .time = settings.longest});
  found.settled = ended(found.flow, FlowEnd::settled);
  for (const Judge& judge : judges) found.kept.push_back(kept_classes(judge, y0, labels, found.flow.y, found.settled));
  const std::vector<Index> rows = rows_ended(found.flow, FlowEnd::settled);
  found.chi = rows_of(neb::chi(y0, found.flow.y), rows);
  found.path_length = rows_of(found.flow.path_length, rows);
  found.time = rows_of(found.flow.time, rows);
  follow(program, energy, judges.at(0), y0.rows(0, std::min(settings.followed, y0.shape()[0])), settings, found);
  return found;
}

Summary numbers_of(const Remembered& remembered, const std::vector<Judge>& judges, const std::string& prefix) {
  const Spread time = spread_of(remembered.time), lasting = spread_of(remembered.lasting);
  Summary numbers{{"starts", std::ssize(remembered.settled)},
                  {"settled", remembered.flow.count(FlowEnd::settled)},
                  {"escaped", remembered.flow.count(FlowEnd::escaped)},
                  {"mean_chi", spread_of(remembered.chi).mean},
                  {"median_chi", spread_of(remembered.chi).median},
                  {"mean_path_length", spread_of(remembered.path_length).mean},
                  {"median_time", time.median},
                  {"ninth_decile_of_time", time.ninth},
                  {"followed", std::ssize(remembered.lasting)},
                  {"kept_at_10_30_100", shares_kept(remembered.at)},
                  {"kept_below_1_0.3_0.1", shares_kept(remembered.below)},
                  {"mean_chi_at_10_30_100", means(chis(remembered.at))},
                  {"mean_path_length_at_10_30_100", means(lengths(remembered.at))},
                  {"mean_chi_below_1_0.3_0.1", means(chis(remembered.below))},
                  {"mean_path_length_below_1_0.3_0.1", means(lengths(remembered.below))},
                  {"median_lasting", lasting.median},
                  {"chi", remembered.chi},
                  {"path_length", remembered.path_length},
                  {"lasting", remembered.lasting}};
  for (std::size_t i = 0; i < judges.size(); ++i) {
    numbers.emplace_back("kept_by_" + judges[i].name, remembered.kept[i].share);
    numbers.emplace_back("labelled_by_" + judges[i].name, remembered.kept[i].labelled);
    numbers.emplace_back("accuracy_of_" + judges[i].name, remembered.kept[i].accuracy);
  }
  for (auto& [key, value] : numbers) key = prefix + key;
  return numbers;
}

std::vector<Finding> findings_of(const Remembered& found, const std::vector<Judge>& judges,
                                 const Remembering& settings) {
  const Spread time = spread_of(found.time), lasting = spread_of(found.lasting);
  const std::string of_all = text(" of %td", std::ssize(found.settled)),
                    of_followed = text(", of %td", std::ssize(found.lasting));
  const Index outlast = std::count_if(found.lasting.begin(), found.lasting.end(),
                                      [&](double time_moved) { return time_moved >= settings.lasting; });
  const std::string times = "after 10, 30, 100 sigma^2 of time" + of_followed,
                    rates = "when 1, 0.3, 0.1 nats are lost per sigma^2 of time" + of_followed;
  return {
      {"settled memories with the class that a judge gives the digit: " + names_of(judges), "",
       shares_text(found.kept, &Kept::share) + of_all},
      {"settled memories with the digit's label, by the same", "", shares_text(found.kept, &Kept::labelled) + of_all},
      {"digits with their label, by the same", "", shares_text(found.kept, &Kept::accuracy) + of_all},
      {"class kept " + times + ", by the " + judges.front().name, "", kept_text(found.at)},
      {"class kept " + rates, "", kept_text(found.below)},
      {"flows that settled; time until then, median and ninth decile", "",
       text("%td of %td; %.3g, %.3g sigma^2", found.flow.count(FlowEnd::settled), std::ssize(found.settled),
            time.median, time.ninth)},
      {"chi of a digit and its settled memory, mean", "grows with sigma", means_text("%.4f", {found.chi})},
      {"chi " + times, "grows with sigma", means_text("%.4f", chis(found.at))},
      {"chi " + rates, "", means_text("%.4f", chis(found.below))},
      {"length of the path to the settled memory, mean (straight line)", "left for future studies",
       means_text("%.3f", {found.path_length}) +
           text(" (%.3f)", 2 * std::sqrt(static_cast<double>(found.flow.y.shape().stride(0))) *
                               spread_of(found.chi).mean)},  // |a - b| is 2 sqrt(d) chi
      {"length of the path " + times, "", means_text("%.3f", lengths(found.at))},
      {"length of the path " + rates, "", means_text("%.3f", lengths(found.below))},
      {text("time until a settled memory has moved by chi %.3g, median; longer than %.3g", settings.lasting_chi,
            settings.lasting),
       "", text("%.3g sigma^2; %td of %td", lasting.median, outlast, std::ssize(found.lasting))}};
}

namespace {

/// One line for the energies that the learned one stands beside. What is flat where flows start settles there at once; how it
/// is after a long time tells more.
Finding beside(const std::string& name, const Remembered& found) {
  const Whereabouts& late = found.at.back();
  return {name + ": class kept, chi, path, time until settled (median); class kept and chi after 100 sigma^2 of time",
          "",
          shares_text(found.kept, &Kept::share) +
              text(" of %td, %.4f, %.3f, %.3g sigma^2; ", std::ssize(found.settled), spread_of(found.chi).mean,
                   spread_of(found.path_length).mean, spread_of(found.time).median) +
              text("%.1f %% of %td, %.4f", 100 * late.kept, std::ssize(late.chi), spread_of(late.chi).mean)};
}

struct Row {
  std::string name;
  Remembered found;
};

/// The first digits, and below each its memories.
void draw(const Tensor<float>& y0, const std::vector<Row>& rows, Index shown, const std::string& title,
          const std::string& path) {
  constexpr Index columns = 10;
  const neb::Shape& shape = y0.shape();
  ContactSheet sheet(title, {shape[1], shape[2], shape[3]});
  for (Index begin = 0; begin < shown; begin += columns) {
    const Index end = std::min(begin + columns, shown);
    sheet.add_row("digit", y0, begin, end, /*gap=*/begin > 0);
    for (const Row& row : rows) {
      sheet.add_row(row.name, row.found.flow.y, begin, end);
      for (Index i = begin; i < end; ++i)
        if (!row.found.settled[static_cast<std::size_t>(i)]) sheet.cross_out(i - begin);
      if (row.name != "KDE") sheet.add_row("t = 100", row.found.late, begin, end);  // the KDE's has not moved
    }
  }
  sheet.write(path);
}

Results figure(Laboratory& laboratory, const std::string& name, double sigma) {
  const Program& program = laboratory.program();
  const TrainedEnergy& energy = laboratory.energy(sigma);
  const std::vector<Judge> judges = laboratory.judges();
  Remembering settings, fewer;
  if (laboratory.full()) settings.followed = 200;
  fewer.digits = laboratory.full() ? 1000 : 100;
  fewer.followed = 20;
  const Index digits = std::min(settings.digits, laboratory.images().test.shape()[0]);
  const Tensor<float> y0 = laboratory.images().test.rows(0, digits);
  const std::vector<std::uint8_t>& labels = laboratory.images().test_labels;

  std::vector<Row> rows{{"learned", remember(program, energy, judges, y0, labels, settings)}};
  Results results{
      .numbers = {{"sigma", energy.sigma}}, .findings = findings_of(rows[0].found, judges, settings), .pictures = {}};
  if (sigma == 0.3) results.findings[0].paper = "one of the digits shown, a 3, becomes a 7";
  for (const NamedEnergy& control : laboratory.controls(sigma)) {
    rows.push_back({control.name, remember(program, control.energy, judges, y0.rows(0, std::min(fewer.digits, digits)),
                                           labels, fewer)});
    results.findings.push_back(beside(control.title, rows.back().found));
  }
  for (const Row& row : rows) {
    const Summary numbers = numbers_of(row.found, judges, row.name == "learned" ? "" : row.name + "_");
    results.numbers.insert(results.numbers.end(), numbers.begin(), numbers.end());
  }
  const std::string picture = Program::picture_file(name), level = neb::number_text(sigma);
  draw(y0, rows, std::min<Index>(20, digits), "sigma = " + level + ": test digits and their settled memories",
       program.path(picture));
  results.pictures.push_back(
      {picture, "The first test digits, and the settled memories that flows take them to at sigma = " + level + ": " +
                    laboratory.rows_text(sigma) +
                    "; and where the flow is after 100 sigma^2 of time. A cross: it did not settle."});
  const Remembered& learned = rows[0].found;
  program.print("%td of %td flows settled, at a mean chi of %.4f from their digits; %s keep the class\n",
                learned.flow.count(FlowEnd::settled), std::ssize(learned.settled), spread_of(learned.chi).mean,
                shares_text(learned.kept, &Kept::share).c_str());
  return results;
}

}  // namespace

Results figure_7(Laboratory& laboratory) { return figure(laboratory, "figure-7", 0.15); }
Results figure_8(Laboratory& laboratory) { return figure(laboratory, "figure-8", 0.3); }

}  // namespace examples::paper
