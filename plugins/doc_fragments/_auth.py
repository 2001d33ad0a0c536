# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to sign in to Azure. Private to this collection."""

from __future__ import annotations


class ModuleDocFragment:
    """The options of `AUTH_SPEC` in module_utils/_argspec.py; module_utils/_settings.py says what they mean."""

    DOCUMENTATION = r"""
options:
  auth_source:
    description:
      - Where the credentials come from. Unset means V(auto).
      - V(auto) takes the first of these that names an identity, O(profile), the options O(client_id) or O(ad_user),
        the environment (E(AZURE_PROFILE), else E(AZURE_CLIENT_ID) or E(AZURE_AD_USER) if a subscription is known
        too), the profile C(default) in C(~/.azure/credentials), whoever is logged in with C(az), the environment
        without a subscription, which is enough for resources named by their full ids.
      - V(env) takes the environment only, V(credential_file) the profile O(profile) (E(AZURE_PROFILE), else
        C(default)) in C(~/.azure/credentials).
      - V(cli) takes whoever is logged in with C(az) and, unless O(subscription_id) is set, the default subscription
        of C(az).
      - V(msi) takes the managed identity of the machine that runs the task, with O(client_id) for a user assigned
        one and, unless O(subscription_id) is set, the first subscription that the identity sees.
      - Environment variable E(ANSIBLE_AZURE_AUTH_SOURCE), else E(AZURE_AUTH_SOURCE).
    type: str
    choices: [auto, cli, env, credential_file, msi]
  profile:
    description:
      - Section of the INI file C(~/.azure/credentials). Its keys are the names of these options, O(subscription_id)
        among them.
      - Environment variable E(AZURE_PROFILE).
    type: str
  subscription_id:
    description:
      - The subscription of resources that are not named by a full id. It overrides the one of the profile and the
        environment.
      - Environment variable E(AZURE_SUBSCRIPTION_ID).
    type: str
  client_id:
    description:
      - Application (client) id of a service principal, or of a user assigned identity with O(auth_source=msi) or
        O(oidc_token).
      - Environment variable E(AZURE_CLIENT_ID).
    type: str
  secret:
    description:
      - Client secret of the service principal.
      - Environment variable E(AZURE_SECRET), else E(AZURE_CLIENT_SECRET).
    type: str
  tenant:
    description:
      - Entra tenant, as a GUID or a domain name. A user without one is looked for in all organizations.
      - Environment variable E(AZURE_TENANT), else E(AZURE_TENANT_ID).
    type: str
  ad_user:
    description:
      - Name of a user, who must not need multi-factor authentication.
      - Environment variable E(AZURE_AD_USER), else E(AZURE_USERNAME).
    type: str
  password:
    description:
      - Password of O(ad_user).
      - Environment variable E(AZURE_PASSWORD).
    type: str
  cloud_environment:
    description:
      - V(AzureCloud), V(AzureChinaCloud), V(AzureUSGovernment) or V(AzureGermanCloud), or the URL of another
        cloud's Azure Resource Manager or of its metadata (C(https://HOST/metadata/endpoints)).
      - Where E(ARM_CLOUD_METADATA_URL) is set, also the name of a cloud that is listed there.
      - Unset means the profile's cloud, else the one of C(az) with O(auth_source=cli), else V(AzureCloud).
      - Environment variable E(AZURE_CLOUD_ENVIRONMENT).
    type: str
  cert_validation_mode:
    description:
      - V(ignore) trusts any server certificate. Better set E(REQUESTS_CA_BUNDLE) to the certificates of your own
        authority.
      - Unset means the profile's value, else V(validate).
      - Environment variable E(AZURE_CERT_VALIDATION_MODE), else E(AZURE_CERT_VALIDATION).
    type: str
    choices: [validate, ignore]
  adfs_authority_url:
    description:
      - Where to sign in, if not at the cloud's own Entra endpoint, for example V(https://adfs.example.com/adfs).
      - Environment variable E(AZURE_ADFS_AUTHORITY_URL).
    type: str
  x509_certificate_path:
    description:
      - File with the service principal's certificate and its private key, as PEM or as PKCS#12 without a password.
      - Environment variable E(AZURE_X509_CERTIFICATE_PATH), else E(AZURE_CLIENT_CERTIFICATE_PATH).
    type: path
  thumbprint:
    description:
      - Accepted because azure.azcollection asks for it beside O(x509_certificate_path). Not needed, it is computed
        from the certificate.
      - Environment variable E(AZURE_THUMBPRINT).
    type: str
  disable_instance_discovery:
    description:
      - Whether not to ask Entra if the sign-in endpoint is a known one, which private clouds and disconnected sites
        need.
      - Unset means V(true) for a private cloud that O(cloud_environment) finds by its metadata, else V(false).
      - Environment variable E(AZURE_DISABLE_INSTANCE_DISCOVERY).
    type: bool
  oidc_token:
    description:
      - Token of another issuer that a federated credential of O(client_id) trusts (workload identity).
      - Environment variable E(AZURE_FEDERATED_TOKEN).
    type: str
  oidc_token_file_path:
    description:
      - File with such a token. It is read anew for each sign-in.
      - Environment variable E(AZURE_FEDERATED_TOKEN_FILE).
    type: path
  api_profile:
    description:
      - Has no effect. It is accepted so that one C(module_defaults) block can serve azure.azcollection and this
        collection.
    type: str
  log_mode:
    description:
      - Has no effect. It is accepted so that one C(module_defaults) block can serve azure.azcollection and this
        collection.
    type: str
  log_path:
    description:
      - Has no effect. It is accepted so that one C(module_defaults) block can serve azure.azcollection and this
        collection.
    type: str
notes:
  - Options, environment variables and their order are those of azure.azcollection, which is not needed. So a play,
    a shell or an AWX credential of the type C(Microsoft Azure Resource Manager) that works there works here. An
    empty variable counts as unset.
  - One identity comes from one place. With O(client_id) as an option, for example, O(secret) is not taken from the
    environment.
  - If there is more than one proof of who O(client_id) is, an OIDC token comes before O(secret), and that before a
    certificate.
  - Proxies and certificate authorities are taken from E(HTTPS_PROXY), E(NO_PROXY) and E(REQUESTS_CA_BUNDLE).
    E(AZURE_HTTP_USER_AGENT) is added to the user agent.
"""
