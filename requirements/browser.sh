#!/bin/sh
# Brings Chromium with its driver (Debian and Ubuntu, as root) and axe-core (with npm) for the tests of the page.
set -eu
mkdir -p .venv/browser
touch .venv/browser/.tried
if ! command -v chromedriver >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "setup: installing chromium and chromium-driver (once, about a minute)" >&2
        export DEBIAN_FRONTEND=noninteractive
        install() { apt-get -qq install -y --no-install-recommends chromium chromium-driver >/dev/null 2>&1; }
        install || { apt-get -qq update >/dev/null 2>&1 && install; } ||
            echo "setup: apt-get can't install chromium; the tests that need a browser are skipped" >&2
    else
        echo "setup: no chromedriver here; install chromium-driver to run the tests that need a browser" >&2
    fi
fi
if ! command -v npm >/dev/null; then
    echo "setup: no npm here; the page's accessibility is not checked" >&2
elif ! npm ci --prefix tests/page --no-audit --no-fund --silent >/dev/null 2>&1; then
    echo "setup: npm can't install axe-core; the page's accessibility is not checked" >&2
fi
