#!/usr/bin/env bash
# Runs a command with TEST_DATABASE_URL naming a PostgreSQL on which tests may make databases. In this order:
#   1. TEST_DATABASE_URL as it is set;
#   2. a throw-away cluster, when initdb and postgres are on PATH or in /usr/lib/postgresql;
#   3. the same after installing PostgreSQL with apt-get, when that is possible without asking anybody;
#   4. a throw-away container, when a container engine answers;
#   5. none: the command runs all the same and its PostgreSQL tests are skipped; with CI=true it is a failure.
# Whatever was started is stopped and removed at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

installed() {
  local folder
  { command -v initdb && command -v postgres; } >/dev/null && return
  for folder in /usr/lib/postgresql/*/bin; do
    [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && return
  done
  return 1
}

# A cluster for this run alone, so that runs beside each other do not meet.
in_cluster() {
  local binary=.cache/bin/withpostgres
  mkdir -p .cache/bin
  go build -o "$binary.$$" ./internal/testdb/withpostgres
  mv -f "$binary.$$" "$binary"
  exec "$binary" "$@"
}

in_container() {
  local image=${POSTGRES_IMAGE:-postgres:18} password port tries=0
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  container=$(docker run --detach --rm --env POSTGRES_PASSWORD="$password" --publish 127.0.0.1::5432 "$image" \
    -c fsync=off -c full_page_writes=off -c max_connections=300)
  trap 'docker rm --force --volumes "$container" >/dev/null' EXIT
  trap 'exit 130' INT TERM HUP
  port=$(docker port "$container" 5432/tcp | sed -n '1s/.*://p')
  # Over TCP: while the image sets itself up its server listens on the socket only.
  until docker exec "$container" pg_isready --quiet --host=127.0.0.1 --username=postgres; do
    tries=$((tries + 1))
    [ "$tries" -lt 120 ] || { echo "with-postgres.sh: the container does not come up" >&2; return 1; }
    sleep 0.5
  done
  TEST_DATABASE_URL="postgres://postgres:$password@127.0.0.1:$port/postgres?sslmode=disable" "$@"
}

loud() {
  printf '\n################################################################################\n' >&2
  printf '## %s\n' "$@" >&2
  printf '################################################################################\n\n' >&2
}

[ -z "${TEST_DATABASE_URL:-}" ] || exec "$@"
if installed || { scripts/apt-install.sh postgresql && installed; }; then
  in_cluster "$@"
elif command -v docker >/dev/null && docker info >/dev/null 2>&1; then
  in_container "$@"
else
  warning=("NO POSTGRESQL: nothing below is tested on it." "Install initdb and postgres, or set TEST_DATABASE_URL.")
  loud "${warning[@]}"
  [ "${CI:-}" != true ] || exit 1
  code=0
  "$@" || code=$?
  loud "${warning[@]}"
  exit "$code"
fi
