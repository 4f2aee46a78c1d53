#include "parts/diagnose.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include <neb/core/finite.hpp>
#include <neb/core/parallel.hpp>
#include <neb/io/number_text.hpp>

#include "parts/trace_pictures.hpp"

namespace examples {

using neb::Index, neb::Tensor;

namespace {

constexpr double r_hat_limit = 1.01, draws_per_chain = 100;
constexpr Index least_draws = 20;  // of less, the halves have too few lags to sum; not from the paper

/// The series of a trace but for the classes, and for each class that was visited whether a jump was of it.
std::map<std::string, Tensor<double>> quantities(const Trace& trace) {
  std::map<std::string, Tensor<double>> all = trace.series;
  if (trace.classes.empty()) return all;
  const Tensor<double> classes = all.extract(trace.classes).mapped();
  for (const double label : std::set<double>(classes.span().begin(), classes.span().end())) {
    Tensor<double> visits = classes;
    for (double& x : visits.mutable_span()) x = x == label ? 1 : 0;
    all[trace.classes + " " + neb::number_text(label)] = visits;
  }
  return all;
}

double least_ess(const Row& row) { return std::fmin(row.found.bulk_ess, row.found.tail_ess); }

bool judged(const Row& row) { return neb::is_finite(row.found.bulk_ess); }

std::string formatted(const char* format, double number) {
  char text[64];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

/// 1.234, or that it is beyond what is worth telling.
std::string r_hat_text(double r_hat) { return r_hat < 100 ? formatted("%.3f", r_hat) : "> 100"; }

void print_table(const Program& program, const Trace& trace, const std::vector<Row>& rows) {
  std::string known;
  for (const auto& [key, value] : trace.about) known += (known.empty() ? "; " : ", ") + key + " " + value;
  program.print("%ld chains of %ld draws, one every %ld steps%s\n", static_cast<long>(trace.chains()),
                static_cast<long>(trace.draws()), static_cast<long>(trace.every), known.c_str());
  program.print("%-14s %12s %10s %8s %9s %9s %12s\n", "series", "mean", "error", "R-hat", "bulk ESS", "tail ESS",
                "time, steps");
  for (const Row& row : rows) {
    const neb::Diagnosis& found = row.found;
    if (judged(row))
      program.print("%-14s %12.6g %10.2g %8s %9.0f %9s %12.1f\n", row.name.c_str(), found.mean, found.error,
                    r_hat_text(found.r_hat).c_str(), found.bulk_ess,
                    neb::is_finite(found.tail_ess) ? formatted("%.0f", found.tail_ess).c_str() : "-",
                    found.autocorrelation_time * static_cast<double>(trace.every));
    else
      program.print("%-14s %12.6g   %s\n", row.name.c_str(), found.mean,
                    row.constant                     ? "constant"
                    : neb::is_finite(row.found.mean) ? "too few draws"
                                                     : "not finite");
  }
}

/// How often the class changed from one draw to the next.
Index changes_of_class(const Trace& trace) {
  const Tensor<double>& classes = trace.series.at(trace.classes);
  Index changes = 0;
  for (Index i = 1; i < classes.size(); ++i)
    changes += i % trace.draws() != 0 && classes.data()[i] != classes.data()[i - 1] ? 1 : 0;
  return changes;
}

std::vector<std::string> slowest(const Trace& trace, std::vector<Row> rows) {
  std::erase_if(rows, [&](const Row& row) { return !judged(row) || !trace.series.contains(row.name); });
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.found.bulk_ess < b.found.bulk_ess; });
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min<std::size_t>(rows.size(), 4); ++i) names.push_back(rows[i].name);
  return names;
}

}  // namespace

std::vector<Row> diagnose(const Trace& trace) {
  const auto all = quantities(trace);
  std::vector<Row> rows;
  for (const auto& [name, series] : all) {
    const auto differs = [first = series.data()[0]](double x) { return x != first; };
    rows.push_back({.name = name, .constant = std::none_of(series.span().begin(), series.span().end(), differs)});
  }
  neb::parallel_tasks(std::ssize(rows), [&](Index i) {
    Row& row = rows[static_cast<std::size_t>(i)];
    row.found = neb::diagnose(all.at(row.name));
  });
  return rows;
}

Verdict verdict(const Trace& trace, const std::vector<Row>& rows) {
  if (trace.draws() < least_draws)
    return {.words = "Too short: " + std::to_string(trace.draws()) +
                     " draws of a chain do not show how they hang together, " + std::to_string(least_draws) +
                     " are the least."};
  const Row *apart = nullptr, *slow = nullptr;
  for (const Row& row : rows) {
    if (row.constant) continue;
    if (!neb::is_finite(row.found.mean))
      return {.words = "NOT mixed: chains have left the data, " + row.name + " is not finite."};
    if (!judged(row)) continue;
    if (apart == nullptr || row.found.r_hat > apart->found.r_hat) apart = &row;
    if (slow == nullptr || least_ess(row) < least_ess(*slow)) slow = &row;
  }
  if (apart == nullptr) return {.words = "NOT mixed: nothing moves, all series are constant."};
  const double needed = draws_per_chain * static_cast<double>(trace.chains());
  Verdict found{.mixed = apart->found.r_hat < r_hat_limit && least_ess(*slow) >= needed,
                .r_hat = apart->found.r_hat,
                .ess = least_ess(*slow),
                .words = {}};
  const std::string enough = formatted("%.0f", needed) + " are needed, 100 for each chain";
  if (found.mixed)
    found.words = "Mixed: every R-hat is below 1.01, and every series has " + formatted("%.0f", found.ess) +
                  " effective draws or more; " + enough + ".";
  else if (found.r_hat >= r_hat_limit)
    found.words = "NOT mixed: R-hat of " + apart->name + " is " + r_hat_text(found.r_hat) +
                  ", not below 1.01. Chains still tell where they started; means over them have larger errors than the "
                  "table says. " +
                  slow->name + " has the fewest effective draws, " + formatted("%.0f", found.ess) + ".";
  else
    found.words = "Too short: chains agree, but " + slow->name + " has " + formatted("%.0f", found.ess) +
                  " effective draws; " + enough + ". A walk some " + formatted("%.1f", needed / found.ess) +
                  " times as long would have them.";
  if (trace.chains() == 1) found.words += " There is one chain: whether others would agree with it is not known.";
  return found;
}

Summary diagnose(Program& program, const Trace& trace, const std::string& picture_stem,
                 const std::vector<std::string>& shown) {
  const std::vector<Row> rows = diagnose(trace);
  print_table(program, trace, rows);
  Summary summary{{"draws", trace.draws()}, {"draw_every", trace.every}};
  if (!trace.classes.empty()) {
    const Index changes = changes_of_class(trace);
    program.print("%s: %ld changes from one draw to the next, in all chains\n", trace.classes.c_str(),
                  static_cast<long>(changes));
    summary.emplace_back("changes_of_class", changes);
  }
  const Verdict found = verdict(trace, rows);
  program.print("%s\n", found.words.c_str());
  const std::vector<std::string> names = shown.empty() ? slowest(trace, rows) : shown;
  if (!names.empty() && trace.draws() >= 4) {
    const std::string traces = program.picture_path(picture_stem + "_trace"),
                      decay = program.picture_path(picture_stem + "_autocorrelation");
    if (deliver(program, [&] { draw_traces(trace, names, traces); })) program.print("picture: %s\n", traces.c_str());
    if (deliver(program, [&] { draw_autocorrelations(trace, names, decay); }))
      program.print("picture: %s\n", decay.c_str());
  }
  summary.emplace_back("mixed", Index{found.mixed});
  summary.emplace_back("r_hat", found.r_hat);
  summary.emplace_back("ess", found.ess);
  summary.emplace_back("verdict", found.words);
  for (const Row& row : rows)
    summary.emplace_back(
        row.name,
        std::vector<double>{row.found.mean, row.found.error, row.found.r_hat, row.found.bulk_ess, row.found.tail_ess,
                            row.found.autocorrelation_time * static_cast<double>(trace.every)});
  return summary;
}

}  // namespace examples
