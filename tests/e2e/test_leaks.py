# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that Ansible prints at the highest verbosity, nor any file it leaves behind, holds a secret or a token.

`test_story.py` searches the playbook's own run; here are the other ways to give credentials, and the ways to fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e_ansible import Core, Run, wait_until
from e2e_cloud import Cloud
from e2e_fleet import EXAMPLE_INVENTORY, PLAYBOOK
from e2e_leaks import assert_nothing_leaks
from e2e_plays import COLLECTION, credential_options, network, procedure, run_tasks
from emulator_process import ARM_SCOPE


def test_credentials_as_module_options(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    defaults = {f"group/{COLLECTION}.nexus": credential_options(cloud)}
    arguments = ("-vvvv", "--diff")
    run = run_tasks(core, next(homes), network(cloud), procedure(cloud), *arguments, module_defaults=defaults)
    run.assert_good()
    assert run.changed == {"site": 3}
    assert_nothing_leaks(run, cloud.env["AZURE_SECRET"])


def test_a_failure_of_the_login(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    wrong = cloud.env | {"AZURE_SECRET": "not-the-secret-but-still-one"}
    run = core.play(next(homes), wrong, PLAYBOOK, "-i", str(EXAMPLE_INVENTORY), "-vvvv")
    assert run.rc != 0
    assert "AADSTS7000215" in run.output
    assert_nothing_leaks(run, "not-the-secret-but-still-one")


@pytest.mark.newest_only
def test_a_killed_run_leaves_no_secret_behind(core: Core, cloud: Cloud, homes: Iterator[Path]) -> None:
    running = core.start(next(homes), cloud.env, "ansible-playbook", PLAYBOOK, "-i", str(EXAMPLE_INVENTORY), "-vvvv")
    wait_until("the first write", cloud.writes)
    running.kill()
    assert_nothing_leaks(running.wait(), cloud.env["AZURE_SECRET"])


def test_the_search_finds_what_it_looks_for(tmp_path: Path, cloud: Cloud) -> None:
    """Proof that the search above can fail: a file with a real token, and one with the secret."""
    run = Run(0, "", tmp_path)
    (tmp_path / "out.txt").write_text(cloud.token(ARM_SCOPE))
    with pytest.raises(AssertionError, match="a token is in"):
        assert_nothing_leaks(run, cloud.env["AZURE_SECRET"])
    (tmp_path / "out.txt").write_text(f"x{cloud.env['AZURE_SECRET']}x")
    with pytest.raises(AssertionError, match="client secret is in"):
        assert_nothing_leaks(run, cloud.env["AZURE_SECRET"])
