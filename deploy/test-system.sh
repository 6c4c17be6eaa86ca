#!/usr/bin/env bash
# Installs what the tests need besides PyPI from Debian, where that is possible.
set -u
have_postgres() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1; }
missing=()
have_postgres || missing+=(postgresql)
command -v promtool >/dev/null 2>&1 || missing+=(prometheus)
command -v java >/dev/null 2>&1 && command -v javac >/dev/null 2>&1 || missing+=(default-jdk-headless)
php -m 2>/dev/null | grep -qx soap && php -m | grep -qx dom || missing+=(php-cli php-soap php-xml)
command -v chromium >/dev/null 2>&1 || missing+=(chromium)
# A client of SOAP; a linter of OpenAPI documents and two generators of clients; a judge of accessible pages.
npm=(soap@1.13.0 axe-core@4.14.1 @stoplight/spectral-cli@6.16.3 openapi-typescript@7.13.0 @hey-api/openapi-ts@0.95.0 typescript@5.9.3)
if command -v npm >/dev/null 2>&1 && { [ ! -e var/npm/node_modules/.bin/openapi-ts ] || [ ! -e var/npm/node_modules/axe-core ]; }; then
  npm install --silent --no-audit --no-fund --prefix var/npm "${npm[@]}" || echo "NOT INSTALLED: npm ${npm[*]} (their tests are skipped)"
fi
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing from Debian: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null && exit 0
fi
echo "NOT INSTALLED: ${missing[*]} (tests that need them are skipped)"
