#!/usr/bin/env bash
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# with_tree.sh COMMAND...
#
# Run a command with ANSIBLE_COLLECTIONS_PATH at a tree in which a symlink gives this checkout its collection path, so
# that Ansible's tools see the files as they are now. The tree lies outside the checkout: inside, it would be a loop.
set -euo pipefail
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/ansible_collections/operator_nexus"
ln -s "$checkout" "$tree/ansible_collections/operator_nexus/credentials"
ANSIBLE_COLLECTIONS_PATH=$tree "$@"
