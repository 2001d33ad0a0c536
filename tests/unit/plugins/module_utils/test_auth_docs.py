# Copyright (c) 2026 operator_nexus contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authentication options say the same in their documentation, their argument spec and where they are resolved."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from ansible_collections.operator_nexus.credentials.plugins.doc_fragments._auth import ModuleDocFragment
from ansible_collections.operator_nexus.credentials.plugins.module_utils._argspec import AUTH_SPEC
from ansible_collections.operator_nexus.credentials.plugins.module_utils._settings import VARIABLES

DOCUMENTED: dict[str, dict[str, Any]] = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
WITHOUT_EFFECT = {"api_profile", "log_mode", "log_path"}


def test_all_name_the_same_options() -> None:
    assert list(DOCUMENTED) == list(AUTH_SPEC)
    assert set(AUTH_SPEC) - WITHOUT_EFFECT == set(VARIABLES)


@pytest.mark.parametrize("option", AUTH_SPEC)
def test_type_choices_and_default_agree(option: str) -> None:
    for key in ("type", "choices", "default"):
        assert DOCUMENTED[option].get(key) == AUTH_SPEC[option].get(key)


@pytest.mark.parametrize("option", VARIABLES)
def test_the_last_sentence_names_the_variables_in_their_order(option: str) -> None:
    sentence = DOCUMENTED[option]["description"][-1]
    assert sentence.startswith("Environment variable ")
    assert re.findall(r"E\((\w+)\)", sentence) == list(VARIABLES[option])


def test_only_secrets_are_masked() -> None:
    assert {name for name, spec in AUTH_SPEC.items() if spec.get("no_log")} == {"secret", "password", "oidc_token"}


@pytest.mark.parametrize("option", sorted(WITHOUT_EFFECT))
def test_an_option_without_effect_says_so(option: str) -> None:
    assert DOCUMENTED[option]["description"][0].startswith("Has no effect.")
