"""A sample of what `make torture` does in full: enough to notice a precaution that has been forgotten.

Compiles a small library in C that meddles with system calls; without a compiler these tests are skipped.
"""

from __future__ import annotations

from typing import Any

import pytest
from crash.conftest import SEED, Experiment

pytestmark = pytest.mark.crash

MANY = 10**6
"""Every so many calls: none but syncs and renames."""
SAMPLES: tuple[dict[str, Any], ...] = (
    {"what": "power", "name": "increment", "every": 30, "seeds": [SEED], "part": [0, 2]},
    {"what": "power", "name": "first", "every": MANY, "seeds": [SEED], "part": [0, 4]},
    {"what": "power", "name": "collect", "every": MANY, "seeds": [SEED], "part": [0, 4]},
    {"what": "power", "name": "rollback", "seeds": [SEED]},
    {"what": "power", "name": "purge", "every": MANY, "seeds": [SEED], "part": [0, 7]},
    {"what": "kill", "name": "increment", "every": MANY, "modes": ["KILL_BEFORE"], "part": [0, 3]},
    {"what": "kill", "name": "recovery late", "every": MANY, "modes": ["KILL_BEFORE"], "part": [0, 5]},
    {"what": "errors", "name": "increment", "every": MANY, "error": "EIO", "mode": "FAIL_ONCE", "part": [0, 3]},
    {"what": "errors", "name": "increment", "every": MANY, "error": "ENOSPC", "mode": "FAIL_EVER", "part": [1, 5]},
    {"what": "damage", "trials": 40, "seed": SEED},
    {"what": "hostile"},
    {"what": "locks", "trials": 4, "seed": SEED},
    {"what": "pinned"},
    {"what": "readers", "seconds": 3},
    {"what": "full_disk", "sizes": 1},
)


@pytest.mark.parametrize("order", SAMPLES, ids=lambda order: f"{order['what']} {order.get('name', '')}".strip())
def test_a_sample(experiment: Experiment, order: dict[str, Any]) -> None:
    assert experiment(**order)["trials"] >= 2


@pytest.mark.parametrize("mutant", ["debris left in tmp/"])
def test_the_trials_notice_what_is_missing(experiment: Experiment, mutant: str) -> None:
    experiment(mutant=mutant, red=True)
