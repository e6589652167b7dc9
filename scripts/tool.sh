#!/usr/bin/env bash
# Prints the path of a developer tool (golangci-lint, govulncheck, gofumpt, goreleaser, syft), building it first when its exact
# version, or the Go that builds it, has changed. Each tool has a module of its own under tools/, so that no tool
# ever touches the service's go.mod and go.sum; a second call costs a few milliseconds.
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:?usage: scripts/tool.sh NAME}
dir=tools/$name
[ -f "$dir/go.mod" ] || { echo "tool.sh: no tool called $name; there are: $(cd tools && echo *)" >&2; exit 2; }

package=$(awk '$1 == "tool" { print $2 }' "$dir/go.mod")
version=$(awk -v pkg="$package" '$1 == "require" { $1 = ""; $0 = $0 } $2 ~ /^v/ && index(pkg "/", $1 "/") == 1 { print $2 }' "$dir/go.mod")
key=$({ cat "$dir/go.mod" "$dir/go.sum"; go env GOVERSION GOOS GOARCH; } | cksum | cut -d' ' -f1)
binary=$PWD/.cache/bin/$name-$version-$key

if [ ! -x "$binary" ]; then
  echo "building $name $version" >&2
  mkdir -p .cache/bin
  rm -f ".cache/bin/$name"-*
  # GOWORK=off, GOFLAGS=: the caller's workspace and flags must not choose other versions than go.sum names.
  # Built under a name of its own and renamed: two builds at once never leave half a binary.
  CGO_ENABLED=0 GOWORK=off GOFLAGS=-mod=readonly \
    go -C "$dir" build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$version" -o "$binary.$$" "$package" >&2
  mv "$binary.$$" "$binary"
fi
echo "$binary"
