#!/usr/bin/env bash
# Installs the Node.js packages that the lock file of FOLDER pins, when it has changed since the last time.
# Fails when there is no Node.js with npm.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:?usage: scripts/npm.sh FOLDER}
lock=$folder/package-lock.json
installed=$folder/node_modules/installed-lock.json
{ command -v node && command -v npm; } >/dev/null || { echo "npm.sh: there is no Node.js with npm" >&2; exit 1; }
cmp -s "$lock" "$installed" && exit 0
npm --prefix "$folder" ci --silent --no-audit --no-fund
cp "$lock" "$installed"
