#!/usr/bin/env bash
# Looks for known vulnerabilities that the service's code can reach. VULNDB may name a snapshot of the Go vulnerability
# database (a .tar.gz); otherwise the public one is asked.
set -euo pipefail
cd "$(dirname "$0")/.."

go build -o /dev/null ./... # so that a failure below is never the code's own
govulncheck=$(scripts/tool.sh govulncheck)
database=()
if [ -n "${VULNDB:-}" ]; then
  if [ ! -f "$VULNDB" ]; then
    echo "######## VULNERABILITIES NOT CHECKED: there is no snapshot $VULNDB ########" >&2
    exit 0
  fi
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  tar -xzf "$VULNDB" -C "$folder"
  index=$(find "$folder" -path '*/index/db.json')
  [ -n "$index" ] || { echo "vuln.sh: $VULNDB is no vulnerability database" >&2; exit 1; }
  database=(-db "file://${index%/index/db.json}")
fi
"$govulncheck" "${database[@]+"${database[@]}"}" ./...
