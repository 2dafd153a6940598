#!/bin/sh
# Make the secrets that compose.yaml reads, in a folder that only you may enter.
set -eu
cd "$(dirname "$0")"
if ! mkdir -m 700 secrets; then
    echo "The database on the volume was made with the secrets that are there: they are kept." >&2
    exit 1
fi
cd secrets
password=$(openssl rand -hex 32)
printf '%s\n' "$password" >postgres_password
printf '"todo" "%s"\n' "$password" >pgbouncer_users
printf 'postgresql://todo:%s@postgres:5432/todo\n' "$password" >direct_database_url
printf 'postgresql://todo:%s@pgbouncer:6432/todo\n' "$password" >database_url
openssl rand -hex 32 >jwt_secret_key
chmod 444 -- *  # the users in the containers have numbers of their own
