#!/usr/bin/env bash
# Makes dist/ with goreleaser, an SPDX list of components for each archive included. Nothing is published. Arguments go to
# `goreleaser release`; without any it is a snapshot of what is here. The first run builds goreleaser and syft: minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

goreleaser=$(scripts/tool.sh goreleaser)
syft=$(scripts/tool.sh syft)
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
ln -s "$syft" "$found/syft"
export PATH="$found:$PATH" SYFT_CHECK_FOR_APP_UPDATE=false
"$goreleaser" check
[ $# -gt 0 ] || set -- --snapshot
"$goreleaser" release --clean "$@"
