/// The whole idea of neb on one page, without a line of neb: derivatives of any order.
///
/// A number remembers how it was made: from which numbers, and how a derivative is passed back to each of them. Those
/// memories are the graph, and grad() walks it from the result to where it began. The rules for passing back are
/// written with numbers that remember, too. So what grad() returns has a graph, and can be given to grad() again.
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

struct Node;

/// A number and its history. A constant has none, and no derivative ever reaches it.
struct Var {
  double value;
  std::shared_ptr<const Node> node;

  Var(double constant) : value(constant) {}
  Var(double result, std::shared_ptr<const Node> history) : value(result), node(std::move(history)) {}
};

/// The way back to one input. g is the cotangent of the result: how fast the final output grows with it.
struct Edge {
  Var input;
  std::function<Var(const Var& g)> vjp;  ///< gives the cotangent of the input
};

/// How one number was made. One that was made from nothing is a leaf.
struct Node {
  std::vector<Edge> edges;
};

Var leaf(double value) { return {value, std::make_shared<Node>()}; }

/// A result, with the ways back to those of its inputs that have a history.
Var record(double value, std::vector<Edge> edges) {
  std::erase_if(edges, [](const Edge& edge) { return !edge.input.node; });
  return edges.empty() ? Var(value) : Var(value, std::make_shared<Node>(Node{std::move(edges)}));
}

// The operations. Each vjp is an expression of Vars, never of bare numbers: this is why a gradient has a graph.
Var operator+(const Var& a, const Var& b) {
  return record(a.value + b.value, {{a, [](const Var& g) { return g; }}, {b, [](const Var& g) { return g; }}});
}
Var operator*(const Var& a, const Var& b) {
  return record(a.value * b.value,
                {{a, [b](const Var& g) { return g * b; }}, {b, [a](const Var& g) { return g * a; }}});
}
Var operator-(const Var& a, const Var& b) { return a + -1.0 * b; }
Var sigmoid(const Var& x) {
  return record(1 / (1 + std::exp(-x.value)), {{x, [x](const Var& g) { return g * sigmoid(x) * (1.0 - sigmoid(x)); }}});
}

/// Lists the nodes below `node`, each after everything that it was made from.
void list(const Node* node, std::set<const Node*>& met, std::vector<const Node*>& order) {
  if (!node || !met.insert(node).second) return;
  for (const Edge& edge : node->edges) list(edge.input.node.get(), met, order);
  order.push_back(node);
}

/// The derivatives of `output` by each of `targets`: one walk from the result down, whatever their number.
std::vector<Var> grad(const Var& output, const std::vector<Var>& targets) {
  std::set<const Node*> met;
  std::vector<const Node*> order;
  list(output.node.get(), met, order);

  std::map<const Node*, Var> cotangents{{output.node.get(), 1.0}};
  for (auto node = order.rbegin(); node != order.rend(); ++node)  // every use of a number before the number itself
    for (const Edge& edge : (*node)->edges) {
      Var& sum = cotangents.try_emplace(edge.input.node.get(), 0.0).first->second;
      sum = sum + edge.vjp(cotangents.at(*node));  // a number that was used twice is reached twice
    }

  std::vector<Var> gradients;
  for (const Var& target : targets) gradients.push_back(cotangents.try_emplace(target.node.get(), 0.0).first->second);
  return gradients;
}

/// A network with two hidden units: the energy of a point of the plane.
Var energy(const std::vector<Var>& w, const std::vector<Var>& y) {
  const auto smooth_relu = [](const Var& z) { return z * sigmoid(z); };
  return w[4] * smooth_relu(w[0] * y[0] + w[1] * y[1]) + w[5] * smooth_relu(w[2] * y[0] + w[3] * y[1]);
}

void print(const char* name, const std::vector<Var>& numbers) {
  std::printf("%-22s", name);
  for (const Var& number : numbers) std::printf(" %16.12f", number.value);
  std::printf("\n");
}

int main() {
  const std::vector<Var> w{leaf(1.0), leaf(-0.5), leaf(0.25), leaf(2.0), leaf(1.5), leaf(-1.0)};
  const std::vector<Var> y{leaf(0.5), leaf(-1.0)};
  const Var phi = energy(w, y);
  print("energy", {phi});

  // First derivatives: a gradient is what grad() returns.
  const std::vector<Var> slope = grad(phi, y);
  print("gradient by y", slope);

  // Second derivatives: the gradient of each part of the gradient is a row of the Hessian.
  for (const Var& part : slope) print("Hessian, a row", grad(part, y));

  // A loss that contains a gradient, as in neural empirical Bayes: how far from x = (0, 0) does y - s^2 slope land?
  const double variance = 0.25;
  Var loss = 0.0;
  for (std::size_t i = 0; i < 2; ++i) loss = loss + (y[i] - variance * slope[i]) * (y[i] - variance * slope[i]);
  print("loss", {loss});
  print("gradient by w", grad(loss, w));
}
