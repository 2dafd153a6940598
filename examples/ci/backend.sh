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
python=${PYTHON:-python3}
port=${TODO_API_PORT:-8000}
source=${TODO_API_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
folder=${TODO_API_FOLDER:-${RUNNER_TEMP:-${TMPDIR:-/tmp}}/todo-api}
venv=${TODO_API_VENV:-$folder/venv}
run=$folder/run

start() {
    [ -z "$(pid)" ] || fail "It runs already: sh backend.sh stop"
    stop # what one that was killed has left
    trap stop EXIT
    trap 'exit 1' HUP INT TERM
    [ -n "${TODO_API_VENV:-}" ] || install
    mkdir "$run"
    (umask 077 && "$python" -c 'import secrets; print(secrets.token_hex(32))' > "$run/secret")
    URL=http://127.0.0.1:$port
    TOKEN=$(token alice)
    export URL TOKEN
    serve
    wait_for_answers
    tell
    trap - EXIT
}

install() {
    "$python" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check "${source}[embedded]"
}

token() {
    (todo_api token "$1")
}

todo_api() { # with no setting that the job has for others, and the secret in no argument
    # shellcheck disable=SC2016  # it is the inner shell that reads the secret
    exec env -i PATH="$PATH" HOME="${HOME:-/}" TMPDIR="${TMPDIR:-}" \
        LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-}" CORS_ORIGINS="${CORS_ORIGINS:-}" \
        DATA_DIR="$run/data" sh -c 'JWT_SECRET_KEY=$(cat "$0"); export JWT_SECRET_KEY; exec "$@"' \
        "$run/secret" "$venv/bin/todo-api" "$@"
}

serve() { # with a lock on the file of its id, which the kernel drops however it ends
    exec 9> "$run/pid"
    "$python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    # A step of a job ends when nobody holds its output.
    todo_api serve --host 127.0.0.1 --port "$port" < /dev/null > "$run/log" 2>&1 &
    echo $! >&9
    exec 9>&-
}

pid() { # of the service, if it runs: an id without its lock is a stranger's
    "$python" -c '
import fcntl, sys
try:
    with open(sys.argv[1]) as file:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
except FileNotFoundError:
    pass
except BlockingIOError:
    print(open(sys.argv[1]).read().strip())
' "$run/pid"
}

wait_for_answers() {
    tries=100
    until answers; do
        tries=$((tries - 1))
        if [ $tries = 0 ] || [ -z "$(pid)" ]; then
            cat "$run/log" >&2
            fail "It did not start."
        fi
        sleep 0.2
    done
}

answers() { # with the token, so that nothing else on that port is taken for it
    "$python" -c '
import os, urllib.request as web
ask = web.build_opener(web.ProxyHandler({})).open
api, token = os.environ["URL"], os.environ["TOKEN"]
ask(f"{api}/ready", timeout=2)
ask(web.Request(f"{api}/api/alice/tasks", headers={"Authorization": f"Bearer {token}"}), timeout=2)
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
    service=$(pid)
    if [ -n "$service" ] && kill "$service" && ! ended; then
        kill -9 "$service"
    fi
    # One that was killed leaves its database behind; the last who uses that stops it.
    [ ! -e "$run/data/postgres/postmaster.pid" ] || (todo_api migrate > /dev/null) || true
    rm -rf "$run"
}

ended() { # within the minute
    "$python" -c '
import fcntl, signal, sys
signal.alarm(60)
fcntl.flock(open(sys.argv[1]), fcntl.LOCK_SH)
' "$run/pid"
}

fail() {
    echo "$1" >&2
    exit 1
}

mkdir -p "$folder"
[ -n "$(find "$folder" -prune -user "$(id -u)")" ] || fail "$folder is another user's: set TODO_API_FOLDER"
case ${1:-} in
    start) start ;;
    token) token "${2:-alice}" ;;
    stop) stop ;;
    *) fail "Usage: sh backend.sh start | token [USER] | stop" ;;
esac
