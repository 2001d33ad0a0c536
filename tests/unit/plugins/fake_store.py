# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A store in a dictionary, which tells whether its locks are held."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ansible_collections.operator_nexus.credentials.plugins.module_utils._store import Entry, Key


class FakeStore:
    """As `_store.Store` says; a lock that is taken twice is a mistake of its user, which would wait for ever."""

    def __init__(self) -> None:
        self.entries: dict[Key, Entry] = {}
        self.held: set[Key] = set()
        self.distrusted = 0.0

    def read(self, key: Key) -> Entry | None:
        return self.entries.get(key)

    def write(self, key: Key, entry: Entry) -> None:
        there = self.entries.get(key)
        if there is None or there.asked <= entry.asked:
            self.entries[key] = entry

    @contextmanager
    def locked(self, key: Key) -> Iterator[bool]:
        assert key not in self.held
        self.held.add(key)
        try:
            yield False
        finally:
            self.held.remove(key)
