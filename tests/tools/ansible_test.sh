#!/usr/bin/env bash
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# ansible_test.sh ARGUMENTS...
#
# ansible-test on a copy of this checkout, for it insists on a folder named ansible_collections/NAMESPACE/NAME and does
# not follow symlinks. Its own virtual environments are made with get_pip.py beside this file instead of a download.
# They stay in build/ansible-test, so the second run is quick.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(cd "$here/../.." && pwd)
work=$checkout/build/ansible-test
home=$work/home
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
collection=$copy/ansible_collections/operator_nexus/credentials

mkdir -p "$home/.ansible/test/cache" "$home/.config/pip" "$collection"
for version in 23_1_2 24_2 25_2; do # the names that ansible-core 2.16-2.17, 2.18-2.19 and 2.20-2.21 look for
  cp "$here/get_pip.py" "$home/.ansible/test/cache/get_pip_$version.py"
done
# ansible-test drops the PIP_* variables and HOME is another one: the site's package index must come in as a file.
for file in "${PIP_CONFIG_FILE:-}" "$HOME/.pip/pip.conf" "$HOME/.config/pip/pip.conf"; do
  [ ! -f "$file" ] || cp "$file" "$home/.config/pip/pip.conf"
done

cd "$checkout"
git ls-files --cached --others --exclude-standard -z \
  | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done \
  | tar --null -T - -cf - | tar -xf - -C "$collection"
cd "$collection"
# Its Python is that of the tools; found by name, another one could come first on PATH.
python=$("$checkout/.venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
PATH=$checkout/.venv/bin:$PATH HOME=$home ansible-test "$@" --python "$python" </dev/null
