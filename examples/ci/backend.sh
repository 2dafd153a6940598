#!/bin/sh
# The Todo API with a PostgreSQL of its own, as the backend of a frontend's tests:
#
#   sh backend.sh start      install it, start it, wait until it answers; tell URL, and a TOKEN of alice
#   sh backend.sh token bob  print a token of another user
#   sh backend.sh stop       stop it and drop its data
#
# Needs Python 3.11 or newer. In a job of GitHub's, URL and TOKEN are in the environment of later steps.
#
#   TODO_API_PORT    where it listens, 8000; CORS_ORIGINS says which pages may call it
#   TODO_API_SOURCE  what pip installs: the checkout that this file is part of, or a wheel
#   TODO_API_FOLDER  where it is installed and keeps its data, todo-api among the temporary files
#   TODO_API_VENV    a virtual environment that has the service already: nothing is installed
set -eu
port=${TODO_API_PORT:-8000}
source=${TODO_API_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
folder=${TODO_API_FOLDER:-${RUNNER_TEMP:-${TMPDIR:-/tmp}}/todo-api}
venv=${TODO_API_VENV:-$folder/venv}
run=$folder/run

start() {
    [ ! -e "$run" ] || fail "It runs already: sh backend.sh stop"
    [ -n "${TODO_API_VENV:-}" ] || install
    mkdir -p "$run"
    (umask 077 && "$venv/bin/python" -c 'import secrets; print(secrets.token_hex(32))' > "$run/secret")
    URL=http://127.0.0.1:$port
    TOKEN=$(token alice)
    export URL TOKEN
    serve &
    tries=0
    until answers; do
        tries=$((tries + 1))
        if [ -e "$run/stopped" ] || [ $tries -gt 100 ]; then
            cat "$run/log" >&2
            stop
            fail "It did not start."
        fi
        sleep 0.2
    done
    tell
}

install() {
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check "${source}[embedded]"
}

token() {
    configure
    "$venv/bin/todo-api" token "$1"
}

configure() { # whatever the job has for others: the secret, the data and the keys are its own
    JWT_SECRET_KEY=$(cat "$run/secret")
    DATA_DIR=$run/data DATABASE_URL='' BETTER_AUTH_URL='' JWT_JWKS_URL=''
    export JWT_SECRET_KEY DATA_DIR DATABASE_URL BETTER_AUTH_URL JWT_JWKS_URL
}

serve() {
    exec < /dev/null > "$run/log" 2>&1 # a step ends when nobody holds its output
    configure
    "$venv/bin/todo-api" serve --host 127.0.0.1 --port "$port" &
    echo $! > "$run/pid"
    wait $! || true
    touch "$run/stopped" # its process id would not tell: in a container, nobody may reap it
}

answers() { # with the token, so that nothing else on that port is taken for it
    "$venv/bin/python" -c '
import os, urllib.request as web
api, token = os.environ["URL"], os.environ["TOKEN"]
web.urlopen(f"{api}/ready")
web.urlopen(web.Request(f"{api}/api/alice/tasks", headers={"Authorization": f"Bearer {token}"}))
' 2> /dev/null
}

tell() {
    if [ -n "${GITHUB_ENV:-}" ]; then
        echo "::add-mask::$TOKEN"
        exec >> "$GITHUB_ENV"
    fi
    printf '%s\n' "URL=$URL" "TOKEN=$TOKEN"
}

stop() {
    [ -e "$run" ] || return 0
    [ -e "$run/stopped" ] || kill "$(cat "$run/pid")"
    until [ -e "$run/stopped" ]; do sleep 0.1; done
    rm -rf "$run"
}

fail() {
    echo "$1" >&2
    exit 1
}

case ${1:-} in
    start) start ;;
    token) token "${2:-alice}" ;;
    stop) stop ;;
    *) fail "Usage: sh backend.sh start | token [USER] | stop" ;;
esac
