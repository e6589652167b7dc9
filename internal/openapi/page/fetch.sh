#!/bin/sh
# Fetches Swagger UI from the npm registry, checks that it is the package that was reviewed, and keeps what the page
# needs: the script and the style sheet, compressed, and their licences. No install script is run.
# For another version change both lines below; `npm view swagger-ui-dist@VERSION dist.integrity` prints the second.
set -eu
version=5.35.0
integrity=sha512-U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==

cd "$(dirname "$0")"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm pack --silent --pack-destination "$folder" "swagger-ui-dist@$version" >/dev/null
archive=$folder/swagger-ui-dist-$version.tgz
found=sha512-$(openssl dgst -sha512 -binary "$archive" | base64 | tr -d '\n')
[ "$found" = "$integrity" ] || { echo "fetch.sh: $found is not the package that was reviewed" >&2; exit 1; }
tar -xzf "$archive" -C "$folder"

cd "$folder/package"
gzip -9nc swagger-ui-bundle.js >"$OLDPWD/swagger-ui.js.gz"
gzip -9nc swagger-ui.css >"$OLDPWD/swagger-ui.css.gz"
{
  echo "The page /docs is Swagger UI $version, unchanged:"
  echo
  cat NOTICE
  echo
  cat LICENSE
  echo
  echo "It includes:"
  echo
  cat swagger-ui-bundle.js.LICENSE.txt
} >"$OLDPWD/licenses.txt"
