#!/usr/bin/env bash
# From a bare machine to pictures: installs what is missing, builds the quickstart program and runs it.
# Options go to quickstart (scripts/demo.sh --help lists them); the pictures are in out/quickstart.
set -euo pipefail

# shellcheck source=scripts/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

install_missing
# shellcheck disable=SC2119
configure
build_targets quickstart
exec "$build/bin/quickstart" --out "$root/out/quickstart" "$@"
