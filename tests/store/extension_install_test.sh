#!/usr/bin/env bash
# CREATE EXTENSION, and what becomes of it in a dump, at DROP SCHEMA and at DROP EXTENSION.
# usage: extension_install_test.sh BUILD_DIRECTORY PG_CONFIG
# PostgreSQL 15 looks for extensions beside its own programs only. So a copy of these programs, with links to all that they read, is
# installed into: nothing outside of a temporary folder is touched, and no rights are needed.
set -euo pipefail
build=$1
pg_config=$2
root=$(mktemp -d)
chmod 755 "$root"
as_server=()
[ "$(id -u)" -ne 0 ] || as_server=(runuser -u postgres --)
bin=$root$("$pg_config" --bindir)
trap '"${as_server[@]}" "$bin/pg_ctl" -D "$root/data" -m immediate stop >/dev/null 2>&1; rm -rf "$root"' EXIT

for folder in bindir pkglibdir sharedir; do
  mkdir -p "$root$("$pg_config" --$folder)"
done
cp "$("$pg_config" --bindir)"/{initdb,pg_ctl,postgres} "$bin"
ln -s "$("$pg_config" --pkglibdir)"/* "$root$("$pg_config" --pkglibdir)"
cp -rs "$("$pg_config" --sharedir)"/. "$root$("$pg_config" --sharedir)"
DESTDIR=$root cmake --install "$build" --component extension >/dev/null
[ "$(id -u)" -ne 0 ] || chown postgres "$root"
"${as_server[@]}" "$bin/initdb" -D "$root/data" -U postgres -A trust --no-sync -E UTF8 --locale C.UTF-8 >/dev/null
"${as_server[@]}" "$bin/pg_ctl" -D "$root/data" -l "$root/log" -w -o "-c listen_addresses='' -c unix_socket_directories='$root' -c fsync=off" start >/dev/null

query() {  # DATABASE SQL
  psql -XAtq -h "$root" -U postgres -v ON_ERROR_STOP=1 -d "$1" -c "$2" 2>&1
}
expect() {  # WHAT EXPECTED ACTUAL
  [ "$2" = "$3" ] || { printf 'FAILED: %s\n  expected: %s\n  actual:   %s\n' "$1" "$2" "$3"; exit 1; }
}
functions="SELECT count(*) FROM pg_proc WHERE probin LIKE '%amlgraph'"
score="SELECT aml.anomaly_score('m', 1, 2) BETWEEN 0 AND 1"

query postgres 'CREATE DATABASE bank'
query bank 'CREATE EXTENSION amlgraph'
expect 'functions of the extension' 6 "$(query bank "$functions")"
expect 'a call before aml init' 'ERROR:  this database has no model registry
HINT:  Run aml init on it.' "$(query bank "$score" || true)"
aml=$build/cli/aml
"$aml" --quiet -d "host=$root user=postgres dbname=bank" init >/dev/null

printf 'a,b\n1,2\n3,4\n5,9\n' >"$root/rows.csv"
"$aml" --quiet forest fit --data "$root/rows.csv" --model "$root/model" >/dev/null
query bank "INSERT INTO aml.models (model) VALUES ('m');
  INSERT INTO aml.model_versions (model, version, stage, signature, artifact, artifact_sha256)
  SELECT 'm', 1, 'Production', '{}', bytes, encode(sha256(bytes), 'hex') FROM decode('$(base64 -w0 "$root/model")', 'base64') bytes"
expect 'a score' t "$(query bank "$score")"

query postgres 'CREATE DATABASE restored'
pg_dump -h "$root" -U postgres bank | psql -Xq -h "$root" -U postgres -v ON_ERROR_STOP=1 -d restored >/dev/null
expect 'a score after a restore' t "$(query restored "$score")"

query restored 'SET client_min_messages = error; DROP SCHEMA gold, backtest, quarantine, silver, bronze, aml CASCADE'
expect 'functions after DROP SCHEMA' 0 "$(query restored "$functions")"
expect 'the extension after DROP SCHEMA' 0 "$(query restored "SELECT count(*) FROM pg_extension WHERE extname = 'amlgraph'")"

query bank 'DROP EXTENSION amlgraph'
expect 'functions after DROP EXTENSION' 0 "$(query bank "$functions")"
expect 'models after DROP EXTENSION' 1 "$(query bank 'SELECT count(*) FROM aml.model_versions')"
