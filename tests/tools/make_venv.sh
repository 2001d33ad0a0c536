#!/usr/bin/env bash
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make_venv.sh newest|oldest FOLDER REQUIREMENTS...
#
# Make or update a virtual environment on the Python that find_python.py picks. uv installs in seconds what takes pip a
# minute; where uv cannot be had, or does not know the site's package index, pip does it.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
purpose=$1 venv=$2
shift 2
files=()
for file in "$@"; do files+=(-r "$file"); done

if ! "$venv/bin/python" -c "" 2>/dev/null; then
  python=$(python3 "$here/find_python.py" "$purpose")
  rm -rf "$venv"
  "$python" -m venv "$venv"
fi
"$venv/bin/python" -c 'import platform, sys; print(f"{sys.argv[1]}: Python {platform.python_version()}")' "$venv"

log=$venv/install.log
pip=("$venv/bin/python" -m pip --quiet --disable-pip-version-check --no-input)
install() {
  if "${pip[@]}" install uv && "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" "${files[@]}"; then
    return 0
  fi
  echo "uv did not do, so pip installs"
  "${pip[@]}" install "${files[@]}"
}
if ! install >"$log" 2>&1; then
  cat "$log"
  exit 1
fi
