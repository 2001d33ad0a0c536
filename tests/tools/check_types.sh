#!/usr/bin/env bash
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# check_types.sh
#
# mypy over the plugins and everything in tests. Each folder is a run of its own, for its files import each other by
# their bare names. ANSIBLE_COLLECTIONS_PATH leads to the collection (with_tree.sh).
set -euo pipefail
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
collection=ansible_collections/operator_nexus/credentials
failed=0

check() { # FOLDER IMPORTED_FOLDER...
  (
    cd "$ANSIBLE_COLLECTIONS_PATH"
    folder=$1
    shift
    MYPYPATH=$(IFS=:; echo "${*/#/$collection/}") mypy --config-file "$checkout/pyproject.toml" \
      --cache-dir "$checkout/.mypy_cache/${folder//\//-}" "$collection/$folder"
  ) || failed=1
}

check plugins
check tests/unit/conftest.py
check tests/unit/plugins tests/tools
check tests/unit/emulator tests/emulator tests/unit/emulator tests/tools
check tests/unit/house tests/tools
check tests/contract tests/contract tests/tools
check tests/e2e tests/e2e tests/tools
check tests/emulator tests/emulator
check tests/tools tests/tools
check tests/bench tests/bench tests/tools
check tests/unit/bench tests/bench tests/tools
exit $failed
