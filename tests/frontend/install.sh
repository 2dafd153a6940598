#!/bin/sh
# Install the npm packages of the folders named, with a Node.js and an npm that the packages take.
set -eu

new_enough() { # as the packages' own "engines" say
    minor=${node#v*.} minor=${minor%%.*} major=${node#v} major=${major%%.*}
    case $major in
        20) [ "$minor" -ge 19 ] ;;
        22) [ "$minor" -ge 13 ] ;;
        *) [ "$major" -ge 24 ] ;;
    esac && [ "${npm%%.*}" -ge 10 ]
}

if ! { node=$(node --version) && npm=$(npm --version) && new_enough; }; then
    echo "Node.js 20.19, 22.13, 24 or newer, with npm 10 or newer, is needed; here is" \
        "${node:-no Node.js} with ${npm:+npm }${npm:-no npm}. Debian's own may be too old:" \
        "install it from Node's own site or with a version manager, then try again." >&2
    exit 1
fi
for folder; do
    npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error
done
