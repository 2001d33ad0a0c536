# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ARM's cloud metadata: how az, azure.azcollection and Terraform learn the endpoints of a cloud unknown to them."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from names import ARM_AUDIENCE, CLOUD_NAME, DOMAIN, GRAPH_AUDIENCE, LOGIN_URL, VAULT_DOMAIN
from state import Document

VERSIONS = ("2019-05-01", "2022-09-01")


def answer_metadata(base_url: str, api_version: str) -> Response:
    """2019-05-01 is a list of clouds (az's ARM_CLOUD_METADATA_URL), 2022-09-01 one object (`az cloud register`)."""
    if api_version not in VERSIONS:
        supported = ", ".join(VERSIONS)
        message = f"The api-version '{api_version}' is invalid. The supported versions are '{supported}'."
        return JSONResponse({"error": {"code": "InvalidApiVersionParameter", "message": message}}, 400)
    document = cloud_document(base_url)
    return JSONResponse([document] if api_version == "2019-05-01" else document)


def cloud_document(base_url: str) -> Document:
    return {
        "name": CLOUD_NAME,
        "portal": f"https://portal.{DOMAIN}",
        "gallery": f"https://gallery.{DOMAIN}/",
        "media": f"https://rest.media.{DOMAIN}",
        "batch": f"https://batch.{DOMAIN}/",
        "graph": GRAPH_AUDIENCE,
        "graphAudience": GRAPH_AUDIENCE,
        "microsoftGraphResourceId": GRAPH_AUDIENCE,
        "resourceManager": f"{base_url}/",
        "sqlManagement": f"https://management.database.{DOMAIN}:8443/",
        "vmImageAliasDoc": f"https://images.{DOMAIN}/aliases.json",
        "activeDirectoryDataLake": f"https://datalake.{DOMAIN}/",
        "logAnalyticsResourceId": f"https://api.loganalytics.{DOMAIN}",
        "appInsightsResourceId": f"https://api.applicationinsights.{DOMAIN}",
        "attestationResourceId": f"https://attest.{DOMAIN}",
        "synapseAnalyticsResourceId": f"https://dev.azuresynapse.{DOMAIN}",
        "ossrDbmsResourceId": f"https://ossrdbms-aad.database.{DOMAIN}",
        "authentication": {
            "loginEndpoint": LOGIN_URL,
            "audiences": [ARM_AUDIENCE, ARM_AUDIENCE.rstrip("/")],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": {
            "keyVaultDns": VAULT_DOMAIN,
            "storage": f"core.{DOMAIN}",
            "acrLoginServer": f"azurecr.{DOMAIN}",
            "sqlServerHostname": f"database.{DOMAIN}",
            "mhsmDns": f"managedhsm.{DOMAIN}",
            "attestationEndpoint": f"attest.{DOMAIN}",
            "synapseAnalytics": f"dev.azuresynapse.{DOMAIN}",
        },
    }
