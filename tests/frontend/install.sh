#!/bin/sh
# Install the npm packages of the folders named, and npm itself where Debian can.
set -eu

command -v npm > /dev/null || {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -qq --no-install-recommends nodejs npm ||
        { echo "Node.js and npm are needed: install them, then try again." >&2; exit 1; }
}
for folder; do
    npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error
done
