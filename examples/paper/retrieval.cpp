#include "paper/retrieval.hpp"

#include <algorithm>
#include <cmath>

#include <neb/bayes/robbins_jump.hpp>

#include "common/contact_sheet.hpp"
#include "paper/curves.hpp"
#include "paper/memory_measures.hpp"
#include "paper/text.hpp"

namespace examples::paper {

using neb::FlowEnd, neb::FlowUntil, neb::Index, neb::Tensor;

double Attempt::share() const {
  return static_cast<double>(std::count(right.begin(), right.end(), true)) / static_cast<double>(right.size());
}

namespace {

std::vector<bool> same(const std::vector<int>& a, const std::vector<int>& b) {
  std::vector<bool> equal;
  for (std::size_t i = 0; i < a.size(); ++i) equal.push_back(a[i] == b[i]);
  return equal;
}

}  // namespace

std::vector<Attempt> retrieve(const Program& program, const TrainedEnergy& learned, const TrainedEnergy& kde,
                              const Classify& classify, const Tensor<float>& cues, const std::vector<int>& classes,
                              double longest) {
  const auto settled = [&](const TrainedEnergy& energy) {
    const neb::Flow<float> flow = flow_down(program, energy, cues, {.until = FlowUntil::settled, .time = longest});
    std::vector<bool> right = same(classify(flow.y), classes);
    for (std::size_t i = 0; i < right.size(); ++i) right[i] = right[i] && flow.end[i] == FlowEnd::settled;
    return right;
  };
  return {{"learned", settled(learned)},
          {"KDE", settled(kde)},
          {"KDE jump", same(classify(neb::robbins_jump(kde.phi, cues, static_cast<float>(kde.sigma))), classes)},
          {"cue", same(classify(cues), classes)}};
}

Standing standing(const Attempt& a, const Attempt& b) {
  double only_a = 0, only_b = 0;
  for (std::size_t i = 0; i < a.right.size(); ++i) {
    only_a += a.right[i] && !b.right[i] ? 1 : 0;
    only_b += b.right[i] && !a.right[i] ? 1 : 0;
  }
  // The difference of the two counts, whose variance is their sum when neither way is better.
  const double apart = 2 * std::sqrt(only_a + only_b);
  return only_a - only_b > apart ? Standing::ahead : only_b - only_a > apart ? Standing::behind : Standing::level;
}

namespace {

/// What came out for one damage: attempts by amount.
struct DamageCurves {
  const Damage& damage;
  std::vector<std::vector<Attempt>> by_amount;

  std::vector<double> shares(std::size_t way) const {
    std::vector<double> all;
    for (const std::vector<Attempt>& attempts : by_amount) all.push_back(attempts[way].share());
    return all;
  }
  std::string name(std::size_t way) const { return by_amount.front()[way].name; }
  std::size_t ways() const { return by_amount.front().size(); }

  /// The amounts where the learned energy stands so against all others in `ways`.
  std::string amounts_where(Standing wanted, const std::vector<std::size_t>& others, bool against_all) const {
    std::string amounts;
    for (std::size_t k = 0; k < by_amount.size(); ++k) {
      const auto stands = [&](std::size_t way) { return standing(by_amount[k][0], by_amount[k][way]) == wanted; };
      if (against_all ? std::all_of(others.begin(), others.end(), stands)
                      : std::any_of(others.begin(), others.end(), stands))
        amounts += (amounts.empty() ? "" : ", ") + text("%.1f", damage.amounts[k]);
    }
    return amounts.empty() ? "nowhere" : "at " + amounts;
  }
};

std::string shares_text(const std::vector<double>& shares) {
  std::string all;
  for (const double share : shares) all += text(all.empty() ? "%.1f" : ", %.1f", 100 * share);
  return all + " %";
}

void report(const DamageCurves& curves, Results& results) {
  const Damage& damage = curves.damage;
  std::string amounts;
  for (const double amount : damage.amounts) amounts += text(amounts.empty() ? "%.1f" : ", %.1f", amount);
  for (std::size_t way = 0; way < curves.ways(); ++way) {
    const std::string title[] = {"settled memories", "settled on the KDE energy", "one jump of the KDE energy",
                                 "the cue itself"};
    results.findings.push_back(
        {text("class brought back, %s %s: ", damage.amount.c_str(), amounts.c_str()) + title[way], "",
         shares_text(curves.shares(way))});
    results.numbers.emplace_back(damage.name + "_" + curves.name(way), curves.shares(way));
  }
  results.findings.push_back({"the learned energy is ahead of both controls, " + damage.name, "",
                              curves.amounts_where(Standing::ahead, {1, 2}, true)});
  results.findings.push_back({"the learned energy is behind one of them, " + damage.name, "",
                              curves.amounts_where(Standing::behind, {1, 2}, false)});
}

Picture draw(const Program& program, const DamageCurves& curves) {
  const std::string picture = Program::picture_file("retrieval-" + curves.damage.name);
  std::vector<Curve> lines;
  for (const std::size_t way : {3, 0, 1, 2})
    lines.push_back({curves.name(way), curves.damage.amounts, curves.shares(way)});
  draw_curves(lines, {curves.damage.amount, "class", {0, 1, -0.05, 1.05}}, program.path(picture));
  return {picture,
          "Share of the cues whose class comes back at sigma = 0.3, over the " + curves.damage.amount +
              ": where flows of the learned energy and of the KDE energy settle, one jump of the KDE energy, and "
              "the judge's word on the cue itself (black)."};
}

/// Cues of some amounts, and what settles from them.
Picture draw_some(const Program& program, const TrainedEnergy& energy, const Tensor<float>& x, const neb::Key& key) {
  ContactSheet sheet("sigma = 0.3: cues, and where they settle", energy.image);
  const Index shown = std::min<Index>(10, x.shape()[0]);
  for (const Damage& damage : damages()) {
    const double amount = damage.amounts[damage.amounts.size() / 2];
    const Tensor<float> cues = damage.apply(x.rows(0, shown), amount, key.fold(damage.name).at(0));
    const neb::Flow<float> flow = flow_down(program, energy, cues, {.until = FlowUntil::settled, .time = 300});
    sheet.add_row(damage.name + text(" %.1f", amount), cues, 0, shown, /*gap=*/true);
    sheet.add_row("settled", flow.y, 0, shown);
    for (Index i = 0; i < shown; ++i)
      if (flow.end[static_cast<std::size_t>(i)] != FlowEnd::settled) sheet.cross_out(i);
  }
  const std::string picture = Program::picture_file("retrieval");
  sheet.write(program.path(picture));
  return {picture, "Test digits, spoilt in three ways, and the memories that they settle to at sigma = 0.3."};
}

}  // namespace

Results retrieval(Laboratory& laboratory) {
  constexpr double sigma = 0.3;
  const Program& program = laboratory.program();
  const TrainedEnergy &energy = laboratory.energy(sigma), &kde = laboratory.kde(sigma);
  const Images& images = laboratory.images();
  const Judge judge = laboratory.judges().front();
  const Index digits = std::min<Index>(laboratory.full() ? 1000 : 200, images.test.shape()[0]);
  const Tensor<float> x = images.test.rows(0, digits);
  const std::vector<int> classes = judge.classify(x);
  const neb::Key key = neb::Key(program.seed).fold("retrieval");

  Results results{
      .numbers = {{"sigma", sigma}, {"digits", digits}, {"judge", judge.name}}, .findings = {}, .pictures = {}};
  results.pictures.push_back(draw_some(program, energy, x, key));
  for (const Damage& damage : damages()) {
    DamageCurves curves{damage, {}};
    for (std::size_t k = 0; k < damage.amounts.size(); ++k) {
      const Tensor<float> cues = damage.apply(x, damage.amounts[k], key.fold(damage.name).at(k));
      curves.by_amount.push_back(retrieve(program, energy, kde, judge.classify, cues, classes));
    }
    report(curves, results);
    results.pictures.push_back(draw(program, curves));
    program.print("%s: %s\n", damage.amount.c_str(), shares_text(curves.shares(0)).c_str());
  }
  return results;
}

}  // namespace examples::paper
