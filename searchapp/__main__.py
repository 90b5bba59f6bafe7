"""``python -m searchapp``: the same as the ``searchapp`` command."""

from __future__ import annotations

from searchapp.cli import main

if __name__ == "__main__":
    main(prog_name="searchapp")
