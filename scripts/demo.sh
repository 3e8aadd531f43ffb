#!/usr/bin/env bash
# The shortest way to see it work on a fresh machine: install, build, run the example. Needs Node alone: without a C
# compiler the generated C runs as WebAssembly.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -d node_modules ] || npm ci --no-audit --no-fund
npm run build
exec npx tsx examples/demo.ts "$@"
