#!/bin/sh
# Install what the benchmark needs beside the service and Node.js; $1 is a Python of 3.11 or newer.
set -eu
cd "$(dirname "$0")"

libraries=/usr/share/gocode/src/github.com
packages=
needs() { # a package of Debian's, and a file of it
    [ -e "$2" ] || packages="$packages $1"
}
needs wrk "$(command -v wrk || echo /usr/bin/wrk)"
needs pgbouncer /usr/sbin/pgbouncer
needs golang-go "$(command -v go || echo /usr/bin/go)"
needs golang-github-jackc-pgx-v4-dev $libraries/jackc/pgx/v4
needs golang-github-golang-jwt-jwt-dev $libraries/golang-jwt/jwt
needs golang-github-hashicorp-golang-lru-dev $libraries/hashicorp/golang-lru
needs golang-github-rs-zerolog-dev $libraries/rs/zerolog

if [ -n "$packages" ]; then
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # they are many
    { apt-get update -qq && apt-get install -qq --no-install-recommends $packages; } ||
        { echo "The benchmark needs more of Debian: sudo apt-get install$packages" >&2; exit 1; }
fi

"$1" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
    --requirement requirements.lock
npm ci --prefix peers/fastify --no-audit --no-fund --loglevel=error
# Debian's packages only: nothing is fetched.
cd peers/go
GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS='' go build -o todo .
