#!/bin/sh
# Brings PgBouncer, which stands in for RDS Proxy in the tests, into .venv on Debian and Ubuntu. Elsewhere: install it.
set -eu
target=.venv/pgbouncer
mkdir -p "$target"
touch "$target/.tried"
if command -v pgbouncer >/dev/null || [ -x "$target/usr/sbin/pgbouncer" ]; then exit 0; fi
if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
    echo "setup: no pgbouncer here; install it to run the tests that need it" >&2
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if ! (cd "$folder" && apt-get -qq download pgbouncer libc-ares2 libevent-2.1-7 >/dev/null 2>&1) &&
    ! (apt-get -qq update >/dev/null 2>&1 && cd "$folder" && apt-get -qq download pgbouncer libc-ares2 libevent-2.1-7 >/dev/null 2>&1); then
    echo "setup: apt-get can't download pgbouncer; the tests that need it are skipped" >&2
    exit 0
fi
for package in "$folder"/*.deb; do dpkg -x "$package" "$target"; done
