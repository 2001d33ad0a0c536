# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run real Ansible programs in a clean home, and keep everything they printed and left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import process_tree

HERE = Path(__file__).resolve().parent
WARNING = re.compile(r"\[(?:DEPRECATION )?WARNING\]")


@dataclass
class Run:
    """One finished run of an Ansible program. `events` are the lines of `callback_plugins/e2e_recorder.py`."""

    rc: int
    output: str
    """Standard output, then standard error."""
    home: Path
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def stats(self) -> dict[str, dict[str, int]]:
        """Host -> {ok, changed, failures, ...}."""
        found: list[dict[str, dict[str, int]]] = [e["hosts"] for e in self.events if e["event"] == "stats"]
        return found[-1] if found else {}

    @property
    def results(self) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] in ("ok", "failed")]

    def result(self, task: str, host: str | None = None, event: str = "ok") -> dict[str, Any]:
        """The result of the one task of this name (on this host) that ended so: `ok` or `failed`."""
        found = [line for line in self.results if line["task"] == task and host in (None, line["host"])]
        assert [line["event"] for line in found] == [event], f"task {task!r}: {found}\n{self.output}"
        answer: dict[str, Any] = found[0]["result"]
        return answer

    @property
    def changed(self) -> dict[str, int]:
        return {host: numbers["changed"] for host, numbers in self.stats.items()}

    @property
    def warnings(self) -> list[str]:
        """The distinct warnings of its tasks."""
        return sorted({text for event in self.results for text in event["result"].get("warnings", [])})

    @property
    def summary(self) -> list[str]:
        """The lines of the last summary of all clusters."""
        found = [event["result"]["msg"] for event in self.results if event["task"] == "Summary of all clusters"]
        lines: list[str] = found[-1]
        return lines

    def diffs(self) -> set[str]:
        """The distinct non-empty differences shown, each with module and resource in one canonical text."""
        shown: set[str] = set()
        for event in self.results:
            for item in event["result"].get("results") or [event["result"]]:
                diff = item.get("diff") or {}
                if diff.get("before") != diff.get("after"):
                    resource = item.get("id") or item.get("scope")
                    shown.add(json.dumps([event["action"].rpartition(".")[2], resource, diff], sort_keys=True))
        return shown

    def assert_good(self) -> Run:
        """It succeeded and Ansible had nothing to warn of."""
        assert self.rc == 0, self.output
        self.assert_quiet()
        return self

    def assert_quiet(self) -> None:
        # ansible-core 2.21 warns of a folder of its own whenever it looks for roles in collections
        lines = [line for line in self.output.splitlines() if "/ansible/_internal/" not in line]
        warned = [line for line in lines if WARNING.search(line)]
        assert not warned, "\n".join(warned) + "\n\n" + self.output


@dataclass
class Core:
    """One ansible-core under test: a virtual environment and our collection, as users install it."""

    name: str
    venv: Path
    collections: Path

    def environment(self, home: Path, variables: Mapping[str, str]) -> dict[str, str]:
        """Nothing of the developer's environment: the PATH of the venv, a home of its own, and `variables`."""
        (home / "tmp").mkdir(parents=True, exist_ok=True)
        return {
            "PATH": f"{self.venv / 'bin'}:/usr/bin:/bin",
            "HOME": str(home),
            "TMPDIR": str(home / "tmp"),
            "LANG": "C.UTF-8",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "e2e_recorder",
            "E2E_EVENTS": str(home / "events.jsonl"),
            **variables,
        }

    def start(self, home: Path, variables: Mapping[str, str], *command: str, cwd: Path | None = None) -> Running:
        """Start `command` (its first word is looked up in the venv unless it is a path)."""
        home.mkdir(parents=True, exist_ok=True)
        environment = self.environment(home, variables)
        for name in ("out.txt", "err.txt", "events.jsonl"):
            (home / name).write_text("")
        program = command[0] if "/" in command[0] else str(self.venv / "bin" / command[0])
        with (home / "out.txt").open("wb") as out, (home / "err.txt").open("wb") as err:
            process = subprocess.Popen(
                [program, *command[1:]],
                env=environment,
                cwd=cwd or home,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        return Running(process, home)

    def run(
        self, home: Path, variables: Mapping[str, str], *command: str, cwd: Path | None = None, timeout: float = 240
    ) -> Run:
        return self.start(home, variables, *command, cwd=cwd).wait(timeout)

    def play(self, home: Path, variables: Mapping[str, str], *arguments: str, timeout: float = 240) -> Run:
        return self.run(home, variables, "ansible-playbook", *arguments, timeout=timeout)


@dataclass
class Running:
    """A program that we started."""

    process: subprocess.Popen[bytes]
    home: Path

    def wait(self, timeout: float = 240) -> Run:
        try:
            rc = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"no end after {timeout} s:\n{self._text()}") from None
        return Run(rc, self._text(), self.home, list(self._events()))

    def kill(self) -> None:
        """SIGKILL to the program and to everything below it; Ansible's workers have sessions of their own."""
        os.kill(self.process.pid, signal.SIGSTOP)
        doomed = [self.process.pid, *process_tree.below(process_tree.children_of_all(), self.process.pid)]
        for pid in doomed:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def _text(self) -> str:
        return "\n".join((self.home / name).read_text(errors="replace") for name in ("out.txt", "err.txt"))

    def _events(self) -> Iterator[dict[str, Any]]:
        for line in (self.home / "events.jsonl").read_text().splitlines():
            yield json.loads(line)


def wait_until(what: str, condition: Any, timeout: float = 30, pause: float = 0.1) -> Any:
    """Ask `condition` until its answer is true, and give that answer."""
    end = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < end, f"{what}: not within {timeout} s"
        time.sleep(pause)
