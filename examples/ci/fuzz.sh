#!/bin/sh
# Fuzz a running Todo API against the contract that it publishes, as two users who must not see
# each other's tasks:
#
#   URL=https://api.example.com ALICE=<a user's token> BOB=<another user's> sh fuzz.sh
#
# Copy schemathesis.toml along with this file; Python 3.11 or newer is all that is needed besides.
# Ends with 0 where the contract is kept, and leaves a JUnit report. Every task that it makes is
# the first user's: let that be one for tests.
#
#   REPORT        where the report goes, contract-report.xml
#   MAX_EXAMPLES  how long to look: inputs for each operation, 100
#   SCHEMATHESIS  the program, where it is installed already
set -eu
: "${URL:?is the address of the server}" "${ALICE:?is a token}" "${BOB:?is the token of another user}"
python=${PYTHON:-python3}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM

# No token is an argument: other users of the machine would see it in the list of processes.
user=$(umask 077 && TODO_API_WFC=$folder/users.json "$python" -c '
import base64, json, os, sys

def user_of(name, token):
    try:
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        return claims.get("user_id") or claims["sub"]
    except (AttributeError, IndexError, KeyError, ValueError):
        sys.exit(f"{name} is no JWT of a user.")

def wfc(name, token):
    header = {"name": "Authorization", "value": f"Bearer {token}"}
    return {"name": name.lower(), "fixedHeaders": [header]}

tokens = {name: os.environ[name].strip() for name in ("ALICE", "BOB")}
alice, _ = [user_of(*each) for each in tokens.items()]
with open(os.environ["TODO_API_WFC"], "w") as file:
    json.dump({"auth": [wfc(*each) for each in tokens.items()]}, file)
print(alice)
')

if [ -z "${SCHEMATHESIS:-}" ]; then
    "$python" -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5
    SCHEMATHESIS=$folder/venv/bin/schemathesis
fi

TODO_API_WFC=$folder/users.json TODO_API_USER=$user \
    "$SCHEMATHESIS" --config-file "$(dirname "$0")/schemathesis.toml" run "${URL%/}/openapi.yaml" \
    --max-examples "${MAX_EXAMPLES:-100}" --report-junit-path "${REPORT:-contract-report.xml}"
