# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of one run have read under one login.

Private to this collection. A remembered document may be out of date, so it only ever proves that nothing needs doing.
A *subject* is what a document is about, such as one resource; its *detail* is how it was asked for, such as a version.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from ansible_collections.operator_nexus.credentials.plugins.module_utils._store import Entry, Key, Store


class Memory:
    """One login's part of a store; without a store nothing is ever remembered.

    `login` tells logins and clouds apart. What is older than `seconds` is not remembered any more.
    """

    def __init__(self, store: Store | None = None, login: Key = (), seconds: float = 0) -> None:
        self._store = store
        self._login = login
        self._seconds = seconds

    @property
    def works(self) -> bool:
        """Whether anything is ever remembered. What is written counts for others all the same."""
        return self._store is not None and self._seconds > 0

    def recall(self, subject: Key, detail: str = "") -> Any:
        """What was remembered, unless it is too old or the subject was written to since it was asked for; else None."""
        entry = self._read((*subject, detail))
        if entry is None or self._store is None or time.monotonic() - entry.asked > self._seconds:
            return None
        written = self._store.read(_written(subject))
        last_change = max(self._store.distrusted, written.asked if written is not None else 0.0)
        return entry.value if entry.asked > last_change else None

    def recall_or_read(self, read: Callable[[], Any], subject: Key, detail: str = "") -> Any:
        """`recall`, or what `read` gives; one task reads (and remembers) while those that want the same wait for it."""
        if not self.works:
            return None
        return self._first(lambda: self.recall(subject, detail), read, (*subject, detail))

    def remember(self, value: Any, asked: float, subject: Key, detail: str = "") -> None:
        """Keep a JSON value that was asked for at this moment of `time.monotonic`."""
        self._write((*subject, detail), Entry(value, asked))

    @contextmanager
    def writing(self, subject: Key) -> Iterator[None]:
        """Around a write to the subject: what was asked for before its end is forgotten."""
        self.forget(subject)
        try:
            yield
        finally:
            self.forget(subject)

    def forget(self, subject: Key) -> None:
        """Recall nothing that was asked for up to now.

        In no detail, and for no login: a subject is the same thing for all of them.
        """
        if self._store is not None:
            self._store.write(_written(subject), Entry(True, time.monotonic()))

    @contextmanager
    def locked(self, *key: str) -> Iterator[None]:
        """One task of the run at a time."""
        with self._lock(key):
            yield

    def once(self, key: Key, make: Callable[[], Any], is_good: Callable[[Any], bool] = lambda value: True) -> Any:
        """The value that one task makes and all others of the run take, as long as it `is_good`; age does not count."""

        def kept() -> Any:
            entry = self._read(key)
            return entry.value if entry is not None and is_good(entry.value) else None

        def make_and_keep() -> Any:
            asked = time.monotonic()
            value = make()
            self._write(key, Entry(value, asked))
            return value

        return self._first(kept, make_and_keep, key) if self.works else make()

    def _first(self, kept: Callable[[], Any], make: Callable[[], Any], key: Key) -> Any:
        """What is kept, or what the first task makes while the others wait for it."""
        value = kept()
        if value is not None:
            return value
        with self._lock(key) as waited:
            value = kept()
            if value is None and not waited:
                value = make()
        # Who waited for nothing goes ahead with the others: one after the other, a hundred failures would take hours.
        return make() if value is None and waited else value

    def _lock(self, key: Key) -> AbstractContextManager[bool]:
        if self._store is None or not self.works:
            return nullcontext(False)
        return self._store.locked((*self._login, *key))

    def _read(self, key: Key) -> Entry | None:
        return self._store.read((*self._login, *key)) if self._store is not None and self.works else None

    def _write(self, key: Key, entry: Entry) -> None:
        if self._store is not None and self.works:
            self._store.write((*self._login, *key), entry)


def _written(subject: Key) -> Key:
    return ("written", *subject)
