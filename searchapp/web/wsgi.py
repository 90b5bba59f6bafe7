"""The application a WSGI server runs: ``searchapp.web.wsgi:app``, with the settings of the file and the environment."""

from __future__ import annotations

from searchapp.settings import load_settings
from searchapp.web.app import create_app

app = create_app(load_settings())
