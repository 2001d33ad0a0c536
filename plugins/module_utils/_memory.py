# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of one run have read under one login.

Private to this collection. A remembered document may be out of date, so it only ever proves that nothing needs doing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._store import Entry, Key, Store


class Memory:
    """One login's part of a store; without a store nothing is ever remembered.

    `login` tells logins and clouds apart. What is older than `seconds` is not remembered any more.
    """

    def __init__(self, store: Store | None = None, login: Key = (), seconds: float = 0) -> None:
        self._store = store if seconds > 0 else None
        self._login = login
        self._seconds = seconds

    @property
    def works(self) -> bool:
        """Whether anything is ever remembered."""
        return self._store is not None

    def recall(self, *key: str) -> Any:
        """What was remembered under this key and is neither too old nor dropped; None otherwise."""
        entry = self._read(key)
        if entry is None or self._store is None:
            return None
        young = time.monotonic() - entry.asked <= self._seconds
        return entry.value if young and entry.asked > self._store.distrusted else None

    def recall_or_read(self, key: Key, read: Callable[[], Any]) -> Any:
        """`recall`, or what `read` gives; one task reads (and remembers) while those that want the same wait for it."""
        if not self.works:
            return None
        value = self.recall(*key)
        if value is not None:
            return value
        with self.locked(*key):
            value = self.recall(*key)
            return read() if value is None else value

    def remember(self, value: Any, asked: float, *key: str) -> None:
        """Keep a JSON value that was asked for at this moment of `time.monotonic`."""
        if self._store is not None:
            self._store.write((*self._login, *key), Entry(value, asked))

    @contextmanager
    def writing(self, *key: str) -> Iterator[None]:
        """Around a write to what the key means: neither what was read before nor what is read meanwhile stays."""
        self._drop(key)
        try:
            yield
        finally:
            self._drop(key)

    @contextmanager
    def locked(self, *key: str) -> Iterator[None]:
        """One task of the run at a time."""
        with nullcontext() if self._store is None else self._store.locked((*self._login, *key)):
            yield

    def once(self, key: Key, make: Callable[[], Any], is_good: Callable[[Any], bool] = lambda value: True) -> Any:
        """The value that one task makes and all others of the run take, as long as it `is_good`; age does not count."""

        def kept() -> Any:
            entry = self._read(key)
            return entry.value if entry is not None and is_good(entry.value) else None

        if self._store is None:
            return make()
        value = kept()
        if value is not None:
            return value
        with self.locked(*key):
            value = kept()
            if value is None:
                asked = time.monotonic()
                value = make()
                self.remember(value, asked, *key)
        return value

    def _read(self, key: Key) -> Entry | None:
        return None if self._store is None else self._store.read((*self._login, *key))

    def _drop(self, key: Key) -> None:
        if self._store is not None:
            self._store.drop((*self._login, *key))
