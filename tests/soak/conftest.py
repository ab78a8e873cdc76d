"""The soak works on the same office as the end-to-end tests."""

from __future__ import annotations

from tests.e2e.conftest import hasty_template, office, smarthost

__all__ = ["hasty_template", "office", "smarthost"]
