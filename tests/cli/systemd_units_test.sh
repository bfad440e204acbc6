#!/usr/bin/env bash
# The example units are understood by systemd to the last word. Exit code 77, which CTest shows as skipped, where systemd is not installed.
# usage: systemd_units_test.sh AML UNITS_FOLDER
set -euo pipefail
aml=$1
units=$2
command -v systemd-analyze >/dev/null || { echo "SKIPPED: systemd-analyze is not installed"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# verify asks that the program is there; an unknown key is only a warning to it.
for unit in "$units"/*; do
  sed "s|/usr/local/bin/aml|$aml|" "$unit" >"$folder/${unit##*/}"
done
systemd-analyze verify "$folder"/* 2>&1 | tee "$folder/said"
[ ! -s "$folder/said" ]
