# shellcheck shell=bash
# For the benchmarks that are scripts: a private PostgreSQL in "$work/db" while the script runs, and what they measure with.
# usage: work=build/bench-NAME; . bench/private_database.sh
: "${work:?}"
aml=$PWD/build/release/cli/aml
mkdir -p "$work"
"$aml" --quiet db remove --dir "$work/db" --yes 2>/dev/null || true
trap '"$aml" --quiet db remove --dir "$work/db" --yes' EXIT
"$aml" --quiet db start --dir "$work/db"
url=$("$aml" db url --dir "$work/db")
query() { psql -XAtqd "$url" -v ON_ERROR_STOP=1 "$@"; }

# what is measured on, and when
machine() {
  echo "Machine: $(nproc) cores, $(awk -F': ' '/model name/ {print $2; exit}' /proc/cpuinfo), load $(cut -d' ' -f1 /proc/loadavg)"
  echo "Program: $("$aml" --version), PostgreSQL $(query -c 'SHOW server_version'); $1"
  echo
}

# seconds COMMAND...: how long it takes; its output goes to files
seconds() {
  local begin=$EPOCHREALTIME
  "$@" >"$work/out" 2>"$work/err" || { cat "$work/err" >&2; return 1; }
  awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f", b - a }'
}
peak_memory() { grep -o 'peak memory .*' "$work/err" | cut -d' ' -f3-; }

# the middle one of an odd number
median() { printf '%s\n' "$@" | sort -n | awk '{ t[NR] = $1 } END { print t[(NR + 1) / 2] }'; }

new_database() {
  query -c "DROP SCHEMA IF EXISTS gold, backtest, history, quarantine, silver, bronze, aml CASCADE" 2>/dev/null
  "$aml" --quiet -d "$url" init >/dev/null
}
# everything of "$work/data" but the transfers
empty_database() {
  new_database
  "$aml" --quiet -d "$url" load "$work"/data/{fx_rates,parties,accounts}.csv >/dev/null
}
