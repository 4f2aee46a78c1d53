// The shipped energies: each is the file that its card describes, and denoises as well as its card says.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/sha256.hpp"
#include "common/trained_energy.hpp"
#include "io/scratch.hpp"

namespace neb::test {
namespace {

namespace fs = std::filesystem;

const fs::path folder = NEB_SOURCE_DIR "/models";

/// The shipped files that end so, without the folder.
std::vector<std::string> shipped(const std::string& ending) {
  std::vector<std::string> names;
  if (fs::exists(folder))
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ending) names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

nlohmann::json card_of(const std::string& name) {
  return nlohmann::json::parse(content_of(folder / (name + ".json")), nullptr, /*allow_exceptions=*/false);
}

/// Whether all shipped energies have the loss on `images` that their cards tell under `key`, to 1 %.
void check_losses(const examples::Images& images, const std::string& key) {
  for (const std::string& name : shipped(".safetensors")) {
    CAPTURE(name);
    const auto energy = examples::read_energy(folder / (name + ".safetensors"), images);
    const double loss = examples::test_loss(energy, images), told = card_of(name).value(key, 0.0);
    CHECK(loss == doctest::Approx(told).epsilon(0.01));
    CHECK(loss < energy.sigma * energy.sigma * static_cast<double>(energy.image.size()) / 3);  // well below the noise
  }
}

TEST_CASE("sha256_of agrees with the standard's example") {
  const Scratch scratch;
  CHECK(examples::sha256_of(scratch.put("a name with 'quotes' and \\", "abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK_THROWS_AS(examples::sha256_of(scratch.path("missing")), std::runtime_error);
}

TEST_CASE("models/ holds an energy for each noise level of the paper, others to compare, and cards, in at most 14 MB") {
  const std::vector<std::string> energies = shipped(".safetensors");
  CHECK(shipped(".json") == energies);
  for (const char* level : {"sigma-0.15", "sigma-0.25", "sigma-0.30", "sigma-0.70"})
    CHECK_MESSAGE(std::count(energies.begin(), energies.end(), level) == 1, level);
  for (const std::string& name : energies) CHECK_MESSAGE((name.starts_with("sigma-") || name == "plain-0.30"), name);
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(folder)) bytes += entry.file_size();
  CHECK(bytes <= 14'000'000);
}

TEST_CASE("a shipped energy is the file that its card describes") {
  for (const std::string& name : shipped(".safetensors")) {
    CAPTURE(name);
    const nlohmann::json card = card_of(name);
    REQUIRE(card.is_object());
    CHECK(card.value("model", "") == name + ".safetensors");
    CHECK(card.value("sha256", "") == examples::sha256_of(folder / (name + ".safetensors")));
    CHECK(card.value("test_images", 0) == 10'000);
    CHECK(card.value("shipped_test_images", 0) == 1'000);
    for (const char* key : {"command", "seed", "commit", "steps", "minutes", "cpu"})
      CHECK_MESSAGE(card.contains(key), key);
  }
}

TEST_CASE("a shipped energy has the loss on the shipped digits that its card tells") {
  check_losses(read_digits<float>(NEB_SOURCE_DIR "/data/digits"), "shipped_test_loss");
}

// Ten times the work of the one before: `ctest -C thorough` runs it, and full MNIST must be there.
TEST_CASE("a shipped energy has the loss on the 10 000 test digits that its card tells" * doctest::skip()) {
  const std::string data = NEB_SOURCE_DIR "/data/mnist";
  if (!fs::exists(data)) return;
  check_losses(read_digits<float>(data), "test_loss");
}

}  // namespace
}  // namespace neb::test
