# shellcheck shell=bash
# What demo.sh, reproduce.sh and test.sh share: install what is missing, configure, build. Sourced with errexit on.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/release

say() { echo "neb: $*"; }
fail() {
  echo "neb: $2" >&2
  exit "$1"
}

has_command() { command -v "$1" >/dev/null 2>&1; }
has_header() {
  local dir
  for dir in /usr/include /usr/local/include; do
    if [ -e "$dir/$1" ]; then return 0; fi
  done
  return 1
}

# The Debian packages that are missing, found without asking the package manager.
missing_packages() {
  has_command "${CXX:-c++}" || echo g++
  has_command cmake || echo cmake
  has_command make || echo make
  has_header eigen3/Eigen/Core || echo libeigen3-dev
  has_header zlib.h || echo zlib1g-dev
  has_header png.h || echo libpng-dev
  has_header doctest/doctest.h || echo doctest-dev
  has_header cxxopts.hpp || echo libcxxopts-dev
  has_header nlohmann/json.hpp || echo nlohmann-json3-dev
}

apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "$@" </dev/null
}

# install_packages PACKAGE...
install_packages() {
  local missing=("$@") log
  if [ "${#missing[@]}" -eq 0 ]; then return 0; fi
  if ! has_command apt-get; then
    fail 2 "please install what Debian calls ${missing[*]}, then try again"
  fi

  local as_root=() install=(install -y --no-install-recommends "${missing[@]}")
  if [ "$(id -u)" -ne 0 ]; then
    if ! { has_command sudo && sudo -n true 2>/dev/null; }; then
      echo "neb: not allowed to install packages; please run this line, then try again:" >&2
      echo "sudo apt-get update && sudo apt-get install -y ${missing[*]}" >&2
      exit 2
    fi
    as_root=(sudo -n)
  fi

  say "installing ${missing[*]}"
  log=$(mktemp)
  if ! apt_get "${install[@]}" >"$log" 2>&1; then # perhaps it only lacks fresh package lists
    if ! { apt_get update && apt_get "${install[@]}"; } >"$log" 2>&1; then
      tail -n 20 "$log" >&2
      fail 1 "apt-get could not install ${missing[*]} (its last words are above)"
    fi
  fi
  rm -f "$log"
}

install_missing() {
  local missing
  mapfile -t missing < <(missing_packages)
  install_packages "${missing[@]}"
}

# install_optional COMMAND [PACKAGE...]: what has the command, by default Debian's package of that name, if it can be had.
install_optional() {
  local command=$1
  shift
  if has_command "$command"; then return 0; fi
  (install_packages "${@:-$command}") || say "going on without $command"
}

# configure [CMAKE_OPTION...]: the preset that $build is named after, to be built as a whole; silent unless it fails.
configure() {
  mkdir -p "$build"
  say "configuring ${build#"$root"/}"
  if ! (cd "$root" && cmake --preset "${build##*/}" -DNEB_JOIN_SOURCES=ON "$@") >"$build/configure.log" 2>&1; then
    cat "$build/configure.log" >&2
    fail 1 "cmake could not configure (its output is above)"
  fi
}

# As many compilers as there are cores, and no more than the memory carries (1.5 GB each).
compiler_jobs() {
  local cores key value jobs
  cores=$(nproc)
  jobs=$cores
  while read -r key value _; do
    if [ "$key" = MemAvailable: ]; then jobs=$((value / 1500000)); fi
  done </proc/meminfo
  if [ "$jobs" -gt "$cores" ]; then jobs=$cores; fi
  echo "$((jobs < 1 ? 1 : jobs))"
}

# build_targets TARGET...
build_targets() {
  say "building $*"
  cmake --build "$build" --parallel "${CMAKE_BUILD_PARALLEL_LEVEL:-$(compiler_jobs)}" --target "$@" ||
    fail 1 "the build failed (the compiler's message is above)"
}
