#!/usr/bin/env bash
# Checks internal/openapi/openapi.yaml with the linter that tools/redocly pins, fetching it first when its lock file has
# changed. It needs Node.js and npm: without them the check is left out, with CI=true it fails. Nothing is reported home.
set -euo pipefail
cd "$(dirname "$0")/.."

tool=tools/redocly
lock=$tool/package-lock.json
installed=$tool/node_modules/installed-lock.json
if ! { command -v node && command -v npm; } >/dev/null; then
  echo "######## THE OPENAPI DOCUMENT IS NOT LINTED: there is no Node.js with npm ########" >&2
  [ "${CI:-}" != true ] || exit 1
  exit 0
fi
if ! cmp -s "$lock" "$installed"; then
  npm --prefix "$tool" ci --silent
  cp "$lock" "$installed"
fi
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
exec node "$tool/node_modules/@redocly/cli/bin/cli.js" lint --config "$tool/redocly.yaml" internal/openapi/openapi.yaml
