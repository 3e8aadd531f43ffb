#!/usr/bin/env bash
# Lints every module of hdl/rtl as a top module of its own, with its default parameters. No warning is let through.
set -euo pipefail
cd "$(dirname "$0")/.."

failed=0
for file in hdl/rtl/*.v; do
  top=$(basename "$file" .v)
  verilator --lint-only -Wall -Ihdl/rtl -Ihdl/include --top-module "$top" "$file" || failed=1
done
exit $failed
