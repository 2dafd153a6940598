#!/bin/sh
# Install what the benchmark needs beside the service and Node.js; $1 is a Python of 3.11 or newer.
set -eu
cd "$(dirname "$0")"

if ! command -v wrk > /dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -qq --no-install-recommends wrk; } ||
        { echo "The benchmark needs wrk: install it, then run it again." >&2; exit 1; }
fi

"$1" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
    --requirement requirements.lock
npm ci --prefix peers/fastify --no-audit --no-fund --loglevel=error
