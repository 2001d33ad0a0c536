# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's own certificate authority and the one server certificate that it signs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme

from names import DOMAIN, VAULT_DOMAIN


@dataclass(frozen=True)
class CertificateFiles:
    authority: Path
    """What clients trust (PEM)."""
    server: Path
    """Key and certificate chain in one file (PEM)."""


def write_certificates(folder: Path) -> CertificateFiles:
    """Make a new authority and a server certificate in `folder`; the key is readable by the owner only."""
    authority = trustme.CA(organization_name="operator_nexus emulator")
    server = authority.issue_cert("127.0.0.1", "localhost", f"*.{DOMAIN}", f"*.{VAULT_DOMAIN}")
    files = CertificateFiles(folder / "ca.pem", folder / "server.pem")
    authority.cert_pem.write_to_path(str(files.authority))
    files.server.touch(mode=0o600)
    server.private_key_and_cert_chain_pem.write_to_path(str(files.server))
    return files
