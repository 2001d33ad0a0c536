#!/usr/bin/env bash
# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# azure-cli, which we did not write, works the seed procedure on the emulator: one line per step, the first failure ends
# it with exit code 1. Everything stays on the loopback: the proxy of the emulator's environment refuses other hosts.
#
#   tests/az/run.sh            needs the emulator's requirements in $EMULATOR_PYTHON
#
# PYTHON           makes the environment for az (build/az-venv, about 750 MB with its compiled files); kept for the next run
# EMULATOR_PYTHON  runs the emulator
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
emulator_python=${EMULATOR_PYTHON:-$root/.venv/bin/python}
python=${PYTHON:-$emulator_python}
venv=$root/build/az-venv
work=$(mktemp -d)
emulator=

finish() {
  [ -z "$emulator" ] || { kill "$emulator" && wait "$emulator"; } 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

install_az() {
  [ -x "$venv/bin/az" ] && return
  echo "installing azure-cli into $venv"
  "$python" -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check uv
  "$venv/bin/uv" pip install --quiet --compile-bytecode --python "$venv/bin/python" azure-cli
}

start_emulator() {
  "$emulator_python" "$root/tests/emulator" --fleet "$root/tests/emulator/fleet.example.yml" \
    --env-file "$work/env.sh" > "$work/emulator.out" 2> "$work/emulator.err" &
  emulator=$!
  for _ in $(seq 300); do
    grep -q '^READY' "$work/emulator.out" && return
    kill -0 "$emulator" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/emulator.err" >&2
  echo "the emulator did not start" >&2
  exit 1
}

az() { "$venv/bin/python" -m azure.cli "$@"; }

# check TITLE EXPECTED az-arguments...: the output, lines joined by blanks, must match the extended regular expression.
check() {
  local title=$1 expected=$2 output
  shift 2
  if ! output=$(az "$@" --only-show-errors 2> "$work/az.err" | tr '\t\n' '  ' | sed 's/ *$//'); then
    fail "$title" "az $*" "$(cat "$work/az.err")"
  fi
  if [ -s "$work/az.err" ]; then # no warning either: not even about certificates
    fail "$title" "az $*" "$(cat "$work/az.err")"
  fi
  if ! grep -Eqx -- "$expected" <<< "$output"; then
    fail "$title" "expected $expected" "got      $output"
  fi
  printf 'ok    %s\n' "$title"
}

fail() {
  printf 'FAIL  %s\n' "$1" >&2
  shift
  printf '      %s\n' "$@" >&2
  exit 1
}

install_az
start_emulator
# shellcheck disable=SC1091
. "$work/env.sh"
# With these variables az would know and use the cloud without more ado; registering it is the first step here.
unset ARM_CLOUD_METADATA_URL AZURE_CLOUD_NAME
export PYTHONWARNINGS=ignore::SyntaxWarning # of az's own libraries, where they are not compiled yet
export AZURE_CONFIG_DIR=$work/azure AZURE_CORE_COLLECT_TELEMETRY=no AZURE_CORE_SURVEY_MESSAGE=no AZURE_CORE_NO_COLOR=yes
[ -z "${AZURE_CLI_DISABLE_CONNECTION_VERIFICATION:-}" ] || fail "environment" "certificate verification must stay on"

subscription=/subscriptions/$AZURE_SUBSCRIPTION_ID
group=$subscription/resourceGroups/nexus-prod
manager=$group/providers/Microsoft.NetworkCloud/clusterManagers/cm-north
cluster=$group/providers/Microsoft.NetworkCloud/clusters/cluster-oslo
identity=$group/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-nexus-south
vault=$subscription/resourceGroups/security-prod/providers/Microsoft.KeyVault/vaults/kv-nexus-prod
writer='Operator Nexus Key Vault Writer Service Role (Preview)'
nexus="api-version=2025-09-01"
guid='[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'

check "cloud register: endpoints from the metadata document" "" \
  cloud register --name NexusEmulator --endpoint-resource-manager "$NEXUS_EMULATOR_URL"
check "cloud set" "" cloud set --name NexusEmulator
check "cloud show" "$NEXUS_EMULATOR_URL/? https://management.azure.emulator/? .vault.azure.emulator" \
  cloud show --query "[endpoints.resourceManager, endpoints.activeDirectoryResourceId, suffixes.keyvaultDns]" -o tsv
check "login as service principal" "$AZURE_SUBSCRIPTION_ID" \
  login --service-principal --username "$AZURE_CLIENT_ID" --password "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID" \
  --query "[0].id" -o tsv
check "account show" "$AZURE_SUBSCRIPTION_ID $AZURE_TENANT_ID NexusEmulator" \
  account show --query "[id, tenantId, environmentName]" -o tsv

check "resource show: a cluster" "cluster-oslo Succeeded Running" \
  resource show --ids "$cluster" --api-version 2025-09-01 \
  --query "[name, properties.provisioningState, properties.detailedStatus]" -o tsv
check "rest get: cluster managers" "cm-north cm-south" \
  rest --method get --url "$group/providers/Microsoft.NetworkCloud/clusterManagers?$nexus" --query "value[].name" -o tsv

check "rest patch: system assigned identity of a cluster manager" "SystemAssigned" \
  rest --method patch --url "$manager?$nexus" --body '{"identity": {"type": "SystemAssigned"}}' --query identity.type -o tsv
check "rest get: its principal" "$guid" rest --method get --url "$manager?$nexus" --query identity.principalId -o tsv
principal=$(az rest --method get --url "$manager?$nexus" --query identity.principalId -o tsv)
check "identity show" "$guid $guid" identity show --ids "$identity" --query "[principalId, clientId]" -o tsv
check "keyvault show" "https://kv-nexus-prod.vault.azure.emulator/ true" \
  keyvault show --name kv-nexus-prod --query "[properties.vaultUri, properties.enableRbacAuthorization]" -o tsv

check "role assignment create: --assignee-object-id" "$principal ServicePrincipal" \
  role assignment create --assignee-object-id "$principal" --assignee-principal-type ServicePrincipal \
  --role "$writer" --scope "$vault" --query "[principalId, principalType]" -o tsv
check "role assignment list: by object id" "${writer/(*/}.Preview." \
  role assignment list --assignee-object-id "$principal" --scope "$vault" --query "[].roleDefinitionName" -o tsv
# --assignee looks the name up in Microsoft Graph, here the Nexus application by its client id.
check "role assignment create: --assignee" "$guid ServicePrincipal" \
  role assignment create --assignee 3365d4ea-bb16-4bc9-86dd-f2c8cf6f1f56 --role "Managed Identity Operator" \
  --scope "$identity" --query "[principalId, principalType]" -o tsv
check "role assignment list: by client id" "Managed Identity Operator" \
  role assignment list --assignee 3365d4ea-bb16-4bc9-86dd-f2c8cf6f1f56 --scope "$identity" \
  --query "[].roleDefinitionName" -o tsv

check "rest patch: secret archive of a cluster" "" \
  rest --method patch --url "$cluster?$nexus" \
  --body "{\"properties\": {\"secretArchive\": {\"keyVaultId\": \"$vault\", \"useKeyVault\": \"True\"}}}" -o tsv
check "resource wait: the operation ends" "" resource wait --ids "$cluster" --api-version 2025-09-01 --updated --interval 1
check "resource show: the secret archive" "$vault True" \
  resource show --ids "$cluster" --api-version 2025-09-01 \
  --query "properties.secretArchive.[keyVaultId, useKeyVault]" -o tsv
check "keyvault secret list: rotated secrets arrived" ".*credential-manager.*" \
  keyvault secret list --vault-name kv-nexus-prod --query "[].name" -o tsv

check "role assignment delete: --assignee-object-id" "" \
  role assignment delete --assignee-object-id "$principal" --role "$writer" --scope "$vault"
check "role assignment list: gone" "" \
  role assignment list --assignee-object-id "$principal" --scope "$vault" --query "[].id" -o tsv
check "role assignment delete: --assignee" "" \
  role assignment delete --assignee 3365d4ea-bb16-4bc9-86dd-f2c8cf6f1f56 --role "Managed Identity Operator" --scope "$identity"

# The collection itself, with nobody but az to say who signs in.
if ! shown=$(PATH=$venv/bin:$PATH AZURE_AUTH_SOURCE=cli "$root/tests/tools/with_tree.sh" env -u AZURE_CLIENT_ID -u AZURE_CLIENT_SECRET \
  -u AZURE_SECRET -u AZURE_TENANT -u AZURE_TENANT_ID -u AZURE_SUBSCRIPTION_ID "$(dirname "$emulator_python")/ansible" localhost \
  -m operator_nexus.credentials.nexus_cluster_info -a name=cluster-oslo\ resource_group=nexus-prod 2>&1) \
  || ! grep -q '"secret_archive": {' <<< "$shown"; then
  fail "the collection signs in with az (auth_source: cli)" "$shown"
fi
echo "ok    the collection signs in with az (auth_source: cli)"
echo "az: all steps passed in $SECONDS s"
