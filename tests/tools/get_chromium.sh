#!/usr/bin/env bash
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# get_chromium.sh FOLDER
#
# Print the path of a Chromium: the one of $CHROMIUM, one that is installed, or on Debian one that is unpacked in FOLDER.
# For the last, apt works on lists and archives of its own in FOLDER: nothing is installed, and it needs no root. Prints
# nothing but a note to the error output where there is none; the tests that want a browser are skipped then.
set -euo pipefail
folder=$(realpath -m "$1")

for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable "$folder/chromium"; do
  [ -z "$name" ] || ! command -v "$name" || exit 0
done
none() {
  echo "no Chromium, so the report's page is not tried in one: $1" >&2
  exit 0
}
[ -n "$(command -v apt-get)" ] || none "there is no apt-get to get it with"

rm -rf "$folder"
mkdir -p "$folder/state/lists/partial" "$folder/cache/archives/partial" "$folder/root"
log=$folder/apt.log
apt=(
  timeout 180 apt-get -qq -y --no-install-recommends
  -o "Dir::State=$folder/state" -o "Dir::State::status=/var/lib/dpkg/status" -o "Dir::Cache=$folder/cache"
  -o Debug::NoLocking=1 -o APT::Sandbox::User= -o Acquire::Retries=2 -o Acquire::http::Timeout=20
)
# Only the source that has the package matters; others may well be out of reach.
"${apt[@]}" update >"$log" 2>&1 || true
"${apt[@]}" --download-only install chromium fonts-dejavu-core >>"$log" 2>&1 || none "see $log"
for archive in "$folder"/cache/archives/*.deb; do dpkg-deb -x "$archive" "$folder/root"; done
rm -rf "$folder/state" "$folder/cache"
# Ubuntu's package of this name has no browser in it.
program=$(find "$folder/root" -path '*/chromium/chromium' -type f -perm -u+x)
[ -n "$program" ] || none "apt's package does not hold it"

libraries=$(find "$folder/root" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
cat >"$folder/chromium" <<EOF
#!/bin/sh
LD_LIBRARY_PATH='$libraries' exec '$program' --no-sandbox "\$@"
EOF
chmod +x "$folder/chromium"
"$folder/chromium" --version >>"$log" 2>&1 || none "it does not start, see $log"
echo "$folder/chromium"
