#!/usr/bin/env bash
# Makes dist/: one archive for each system with the binary, the licence, the settings, the manual and what deploy/ holds,
# and their checksums. VERSION names them.
set -euo pipefail
cd "$(dirname "$0")/.."

version=${VERSION:?usage: VERSION=v1.2.3 scripts/dist.sh}
time=$(git log -1 --format=%ct 2>/dev/null || echo 0)
rm -rf dist
mkdir -p dist
read -r -a targets <<<"${TARGETS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64}"
for target in "${targets[@]}"; do
  name=latchkey_${version#v}_${target/\//_}
  folder=dist/$name
  mkdir -p "$folder/deploy"
  CGO_ENABLED=0 GOOS=${target%/*} GOARCH=${target#*/} \
    go build -trimpath -ldflags "-s -w -X main.version=$version" -o "$folder/latchkey" .
  cp -R LICENSE README.md CHANGELOG.md app.env docs "$folder"
  cp -R deploy/nginx deploy/systemd deploy/kubernetes deploy/prometheus deploy/grafana "$folder/deploy"
  tar --sort=name --mtime="@$time" --owner=0 --group=0 --numeric-owner -C dist -cf - "$name" | gzip -9n >"$folder.tar.gz"
  rm -r "$folder"
  echo "$folder.tar.gz"
done
(cd dist && sha256sum -- *.tar.gz >checksums.txt)
