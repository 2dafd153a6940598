#!/bin/sh
# Install the npm packages of the folders named; one that does not take this Node.js is an error.
set -eu

for folder; do
    npm ci --prefix "$folder" --engine-strict --no-audit --no-fund --loglevel=error
done
