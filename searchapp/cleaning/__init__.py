"""Cleaning: Extract -> Article. Each finding carries its span, its rule and a confidence."""

from searchapp.cleaning.rules import SourceRules

__all__ = ["SourceRules"]
