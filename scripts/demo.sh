#!/usr/bin/env bash
# The shortest way to see it work on a fresh machine: install, build, run the example.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -d node_modules ] || npm ci --no-audit --no-fund
bash scripts/setup-native.sh
npm run build
exec npx tsx examples/demo.ts "$@"
