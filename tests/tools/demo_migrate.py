# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""See a cluster move from its manager's identity to its own without a gap in rotation: `make demo-migrate`."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from azure.mgmt.networkcloud import NetworkCloudMgmtClient

import show_secrets
from collection_archive import CHECKOUT, install
from demo import changes, play, say
from emulator_process import EmulatorProcess

CLUSTER = "cluster-rome"
MOVE = "migrate_to_cluster_identity"
# In the stand-in a new role takes effect after this time. In Azure it may take ten minutes, which the playbook waits
# for unless it is told otherwise.
ROLE_SECONDS = 6
# The identity of the move is to be a new one, so that there is a role to wait for.
OWN_IDENTITY = '{"customer_key_vault_user_assigned_identity_ids": []}'
OPTIONS = ("--limit", CLUSTER, "-e", OWN_IDENTITY, "-e", f"customer_key_vault_effective_seconds={ROLE_SECONDS}")


def kept_versions() -> dict[str, list[str]]:
    """Secret -> its versions in the vault, of all credentials of the cluster, asked with Microsoft's libraries."""
    arm = show_secrets.connect()
    own = [one for one in show_secrets.rotated(NetworkCloudMgmtClient(**arm)) if one.cluster == CLUSTER]
    vaults = show_secrets.open_vaults(arm, {one.vault_id for one in own})
    return {one.secret: show_secrets.versions(vaults[one.vault_id], one.secret) for one in own}


def cluster_id(cloud: EmulatorProcess) -> str:
    return (
        f"/subscriptions/{cloud.subscription_id}/resourceGroups/nexus-prod/providers/Microsoft.NetworkCloud/"
        f"clusters/{CLUSTER}"
    )


def rotate(cloud: EmulatorProcess) -> None:
    """Have the platform rotate every credential of the cluster now."""
    done = cloud.control("POST", "rotate", {"cluster": cluster_id(cloud)})
    if done["error"] or not done["rotated"]:
        sys.exit(f"the platform could not rotate: {done}")
    print(f"{done['rotated']} credentials rotated")


def show_history(cloud: EmulatorProcess) -> None:
    """What the platform says it has done for the cluster. Exits where it was ever kept from writing to the vault."""
    events = cloud.control("GET", "history", cluster=cluster_id(cloud))["value"]
    for event in events:
        what = f"{event['count']} credentials rotated" if event["event"] == "rotated" else event["event"]
        print(f"  {event['time'][11:19]}  method {event['method']:16} {what} {event.get('code', '')}")
    if any(event["event"] == "refused" for event in events):
        sys.exit("the platform was refused by the vault")


def demonstrate(folder: Path) -> None:
    say("Build the collection and install it with ansible-galaxy")
    install(folder)
    with EmulatorProcess.running(folder / "emulator") as cloud:
        os.environ.update(cloud.env)
        say(f"{CLUSTER} is set up by the older method: its cluster manager's identity writes into the vault")
        play(folder, cloud, "customer_key_vault", "--limit", CLUSTER)
        rotate(cloud)
        before = kept_versions()
        time.sleep(ROLE_SECONDS)  # The roles of the older method are to be in effect when new ones begin to take time.
        cloud.settings(role_effect_seconds=ROLE_SECONDS)
        mark = cloud.mark()
        say("What moving it would do: --check")
        play(folder, cloud, MOVE, *OPTIONS, "-e", "customer_key_vault_remove_old=true", "--check")
        if cloud.writes(since=mark):
            sys.exit("check mode has written")
        say("Move it, and leave the older link as it is")
        play(folder, cloud, MOVE, *OPTIONS)
        rotate(cloud)
        say(
            "Move it again: nothing is left to do but to take the older link and the unused role away, as asked for now"
        )
        play(folder, cloud, MOVE, *OPTIONS, "-e", "customer_key_vault_remove_old=true")
        rotate(cloud)
        say("Once more: nothing is left to do at all")
        if changes(play(folder, cloud, MOVE, *OPTIONS, "-e", "customer_key_vault_remove_old=true")):
            sys.exit("the last run reports changes")
        say("What the platform has done for the cluster: rotated before and after, and never been refused")
        show_history(cloud)
        say(
            "The secrets in the customer's Key Vault: every version from before is there, and newer ones (never values)"
        )
        after = kept_versions()
        for secret, versions in sorted(after.items()):
            print(f"  {secret}: {len(before.get(secret, []))} versions before, {len(versions)} now")
        lost = [name for name, versions in before.items() if not set(versions) < set(after.get(name, []))]
        if lost or not after:
            sys.exit(f"lost, or not rotated since: {lost}")
    say("Done; the stand-in has stopped")


if __name__ == "__main__":
    (CHECKOUT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="demo-", dir=CHECKOUT / "build") as temporary:
        demonstrate(Path(temporary))
