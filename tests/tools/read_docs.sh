#!/usr/bin/env bash
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# read_docs.sh VENV
#
# ansible-doc of this virtual environment must show every module, filter, inventory plugin and role without a warning. By itself it only warns of
# what it cannot read. ANSIBLE_COLLECTIONS_PATH leads to the collection (with_tree.sh).
set -euo pipefail
venv=$1
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
collection=operator_nexus.credentials

show() { # KIND NAME...
  local kind=$1 text
  shift
  text=$("$venv/bin/ansible-doc" -t "$kind" "${@/#/$collection.}" 2>"$warnings") || true
  # ansible-core 2.21 warns of a collection inside itself when it looks for roles.
  if grep -v /ansible/_internal/ansible_collections/ "$warnings"; then return 1; fi
  for name in "$@"; do
    grep -qi "$collection.$name" <<<"$text" || { echo "ansible-doc does not show the $kind $collection.$name"; return 1; }
  done
  echo "$venv: ansible-doc shows $# x $kind"
}

warnings=$(mktemp)
trap 'rm -f "$warnings"' EXIT
modules=(plugins/modules/*.py)
modules=("${modules[@]##*/}")
inventories=(plugins/inventory/*.py)
inventories=("${inventories[@]##*/}")
filters=(plugins/filter/*.py)
filters=("${filters[@]##*/}")
roles=(roles/*/)
roles=("${roles[@]%/}")
show module "${modules[@]%.py}"
show inventory "${inventories[@]%.py}"
show filter "${filters[@]%.py}"
show role "${roles[@]##*/}"
