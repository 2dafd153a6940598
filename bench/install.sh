#!/bin/sh
# Install what the benchmark needs beside the service itself; $1 is a Python of 3.11 or newer.
set -eu
cd "$(dirname "$0")"

packages=
command -v wrk > /dev/null || packages="wrk"
command -v npm > /dev/null || packages="$packages nodejs npm"
if [ -n "$packages" ]; then
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # several words
    apt-get update -qq && apt-get install -qq --no-install-recommends $packages ||
        { echo "The benchmark needs $packages: install them, then run it again." >&2; exit 1; }
fi

"$1" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
    --requirement requirements.lock
npm ci --prefix peers/fastify --no-audit --no-fund --loglevel=error
