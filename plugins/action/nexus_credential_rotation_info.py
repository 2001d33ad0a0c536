# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.operator_nexus.credentials.plugins.modules import nexus_credential_rotation_info
from ansible_collections.operator_nexus.credentials.plugins.plugin_utils._in_process import NexusAction


class ActionModule(NexusAction):
    MODULE = nexus_credential_rotation_info
