#!/usr/bin/env bash
# The example units are understood by systemd to the last word. Exit code 77, which CTest shows as skipped, where systemd is not installed.
# usage: systemd_units_test.sh AML UNITS_FOLDER
set -euo pipefail
aml=$1
units=$2
command -v systemd-analyze >/dev/null || { echo "SKIPPED: systemd-analyze is not installed"; exit 77; }
umask 022  # a unit that others may write is another complaint of systemd's
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# verify asks that the program is there; an unknown key is only a warning to it. What it says of the machine's own units and manuals is not our subject.
for unit in "$units"/*; do
  sed "s|/usr/local/bin/aml|$aml|" "$unit" >"$folder/${unit##*/}"
done
verified=yes
systemd-analyze verify --man=no "$folder"/* >"$folder/said" 2>&1 || verified=no
if grep -F aml- "$folder/said"; then exit 1; fi
[ "$verified" = yes ] || { echo "SKIPPED: systemd-analyze does not work here:"; cat "$folder/said"; exit 77; }
