#!/usr/bin/env bash
# Runs go test with the race detector, on SQLite and PostgreSQL. Arguments go to go test.
# The race detector needs a C compiler: where there is none and none can be installed, the tests run without it.
set -euo pipefail
cd "$(dirname "$0")/.."

compiler() { command -v "$(go env CC)" >/dev/null; }

race=()
if compiler || { scripts/apt-install.sh gcc libc6-dev && compiler; }; then
  # SQLite itself, machine-made Go, is left out of the detector: with it every query takes some twenty times as long.
  race=(-race '-gcflags=github.com/ncruces/go-sqlite3-wasm/...=-race=false')
  export CGO_ENABLED=1
else
  echo "######## NO C COMPILER: THE TESTS RUN WITHOUT THE RACE DETECTOR ########" >&2
  [ "${CI:-}" != true ] || exit 1
fi
# Programs that tests start for real. Where one cannot be had its tests are skipped, loudly, and fail with CI=true.
missing=()
command -v redis-server >/dev/null || missing+=(redis-server)
command -v promtool >/dev/null || missing+=(prometheus)
command -v curl >/dev/null || missing+=(curl)
{ command -v node && command -v npm; } >/dev/null || missing+=(nodejs npm)
/usr/bin/python3 -c 'import jwt, cryptography' 2>/dev/null || missing+=(python3-jwt python3-cryptography)
{ command -v pgbouncer || [ -x /usr/sbin/pgbouncer ]; } >/dev/null || missing+=(pgbouncer)
command -v chromium >/dev/null || missing+=(chromium)
command -v systemd-analyze >/dev/null || missing+=(systemd)
if ((${#missing[@]})) && ! scripts/apt-install.sh "${missing[@]}"; then
  echo "######## NOT INSTALLED: ${missing[*]}; THEIR TESTS ARE SKIPPED ########" >&2
fi
exec scripts/with-postgres.sh go test "${race[@]+"${race[@]}"}" "$@"
