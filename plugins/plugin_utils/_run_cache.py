# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A store in files that the workers of one ansible-playbook share, and that nobody else can use.

Private to this collection. The files lie below Ansible's own temporary folder of the run, which Ansible removes at its
end. They are encrypted with a key that only the memory of this run's processes holds: what a killed run leaves behind
cannot be read by anybody.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._errors import needs
from ansible_collections.operator_nexus.credentials.plugins.module_utils._store import Entry, Key

_WRITES = "writes"
_DISTRUST = ("distrust",)


class RunCache:
    """Made once in the parent, before the workers are forked: they inherit the key. See `_store.Store`.

    Nothing is made on disk before something is kept.
    """

    def __init__(self, parent: Path) -> None:
        with needs("azure-identity"):
            from cryptography.fernet import Fernet, InvalidToken
        self._fernet = Fernet(Fernet.generate_key())
        self._unreadable = (OSError, InvalidToken, ValueError)
        # The first use makes OpenSSL look its algorithms up, for some milliseconds: in the parent, not in every worker.
        self._fernet.decrypt(self._fernet.encrypt(b""))
        # Names must not give away what a key was made of, which may be a secret.
        self._name_key = secrets.token_bytes(32)
        # A worker whose parent has not made the cache makes one of its own: each with a folder to its key.
        self._path = parent / f"operator_nexus-{secrets.token_hex(8)}"

    def read(self, key: Key) -> Entry | None:
        try:
            found: dict[str, Any] = json.loads(self._fernet.decrypt((self._path / self._name(key)).read_bytes()))
        except self._unreadable:
            return None
        return Entry(found["value"], found["asked"])

    def write(self, key: Key, entry: Entry) -> None:
        with self._locked(_WRITES):
            there = self.read(key)
            if there is None or there.asked <= entry.asked:
                self._replace(key, entry)

    def locked(self, key: Key) -> AbstractContextManager[bool]:
        return self._locked(self._name(key))

    @property
    def distrusted(self) -> float:
        entry = self.read(_DISTRUST)
        return float(entry.value) if entry is not None else 0.0

    def distrust(self, until: float) -> None:
        """Documents that are asked for before this moment may be out of date for other reasons than our own writes."""
        with self.locked(_DISTRUST):
            self.write(_DISTRUST, Entry(max(until, self.distrusted), time.monotonic()))

    @cached_property
    def _folder(self) -> Path:
        self._path.mkdir(mode=0o700, exist_ok=True)
        return self._path

    def _name(self, key: Key) -> str:
        return hmac.new(self._name_key, "\0".join(key).encode(), "sha256").hexdigest()

    def _replace(self, key: Key, entry: Entry) -> None:
        content = self._fernet.encrypt(json.dumps({"value": entry.value, "asked": entry.asked}).encode())
        try:
            target = self._folder / self._name(key)
            fresh = target.with_suffix(".new")
            with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as stream:
                stream.write(content)
            fresh.replace(target)
        except OSError:
            # No place to remember is no reason to fail, but what is there may not count any more.
            with suppress(OSError):
                (self._path / self._name(key)).unlink(missing_ok=True)

    @contextmanager
    def _locked(self, name: str) -> Iterator[bool]:
        try:
            handle = os.open(self._folder / f"{name}.lock", os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        except OSError:
            yield False
            return
        try:
            yield _lock(handle)
        finally:
            os.close(handle)


def _lock(handle: int) -> bool:
    """Whether somebody else held it before. Some network file systems have no locks: then nobody ever does."""
    with suppress(OSError):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(handle, fcntl.LOCK_EX)
            return True
    return False
