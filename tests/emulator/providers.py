# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resource providers. Their import registers their handlers, and this module's fills the table of api-versions."""

from __future__ import annotations

from starlette.responses import Response

import api_versions
import authorization
import deny_assignments
import keyvault
import msi
import networkcloud
import role_definitions
import subscriptions
from arm import HANDLERS, Call

PROVIDERS = (networkcloud, authorization, deny_assignments, role_definitions, keyvault, msi, subscriptions)

for provider in PROVIDERS:
    api_versions.KNOWN.update(provider.API_VERSIONS)


def provide(call: Call) -> Response:
    """The resource provider's answer to an admitted request: the one place to answer instead of it."""
    return HANDLERS[(call.resource_type.lower(), call.shape, call.method)](call)
