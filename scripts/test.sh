#!/usr/bin/env bash
# Everything that must hold: installs what is missing, builds, lints, checks generated files, runs the tests.
# Arguments go to vitest.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -d node_modules ] || npm ci --no-audit --no-fund
bash scripts/setup-native.sh
# The oracle's install script would fetch GPU libraries; its CPU library is in the package.
[ -d test/oracle/node_modules ] || npm ci --no-audit --no-fund --ignore-scripts --prefix test/oracle
npm run build
npm run lint
npx tsx scripts/generate.ts --check
npx vitest run "$@"
