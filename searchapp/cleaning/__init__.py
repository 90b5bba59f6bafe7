"""Cleaning: Extract -> Article. Each finding carries its span, its rule and a confidence."""
