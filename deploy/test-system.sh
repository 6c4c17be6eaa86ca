#!/usr/bin/env bash
# Installs what the tests need besides PyPI from Debian, where that is possible.
set -u
have_postgres() { ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1; }
missing=()
have_postgres || missing+=(postgresql)
command -v promtool >/dev/null 2>&1 || missing+=(prometheus)
command -v java >/dev/null 2>&1 && command -v javac >/dev/null 2>&1 || missing+=(default-jdk-headless)
php -m 2>/dev/null | grep -qx soap && php -m | grep -qx dom || missing+=(php-cli php-soap php-xml)
soap=var/npm/node_modules/soap
if command -v npm >/dev/null 2>&1 && [ ! -d "$soap" ]; then
  npm install --silent --no-audit --no-fund --prefix var/npm soap@1.13.0 || echo "NOT INSTALLED: npm soap (its test is skipped)"
fi
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing from Debian: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null && exit 0
fi
echo "NOT INSTALLED: ${missing[*]} (tests that need them are skipped)"
