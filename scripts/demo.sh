#!/usr/bin/env bash
# The shortest way to see it work on a fresh machine: install, build, run the example. Needs Node alone: without a C
# compiler the generated C runs as WebAssembly.
set -euo pipefail
cd "$(dirname "$0")/.."

# npm ci builds as well.
if [ -d node_modules ]; then npm run build; else npm ci --no-audit --no-fund; fi
exec npx tsx examples/demo.ts "$@"
