#!/usr/bin/env bash
# Everything that must hold: installs what is missing, builds, lints, checks generated files, runs the tests.
# Arguments go to vitest. The tests run even when a check before them fails, so that one run reports everything.
set -euo pipefail
cd "$(dirname "$0")/.."

# npm ci builds as well.
if [ -d node_modules ]; then npm run build; else npm ci --no-audit --no-fund; fi
bash scripts/setup-native.sh
# The oracle's install script would fetch GPU libraries; its CPU library is in the package.
[ -d test/oracle/node_modules ] || npm ci --no-audit --no-fund --ignore-scripts --prefix test/oracle

failed=()
npm run lint || failed+=(lint)
npx tsx scripts/generate.ts --check || failed+=("generated files")
npx vitest run "$@" || failed+=(tests)
[ ${#failed[@]} -eq 0 ] || { echo "Failed: ${failed[*]}" >&2; exit 1; }
