# The commands of this project. A fresh machine needs Python 3.11+ and make; everything else goes into .venv.
#
#   make run                          install, index the sample archive, serve it on http://127.0.0.1:8000
#   make run BIND=127.0.0.1:8001      the same on another port
#   make test                         run the tests (PYTEST='tests/test_cli.py -x' for some of them)
#   make torture                      the long tests of what survives what: up to 45 minutes; rewrites docs/torture.md
#   make check                        formatting, lint, types
#   make bench                        measure against other engines (BENCH='--size 200000 --work DIR' and so on)
#   make format                       put the formatting right

.POSIX:
.PHONY: run test torture check bench format clean

BIND =
PYTHON =
PYTEST =
SEED =
BENCH =

run:
	@PYTHON='$(PYTHON)' sh .ci/set-up run
	@bind='$(BIND)'; exec .venv/bin/python -m searchapp serve --index-if-needed $${bind:+--bind "$$bind"}

test:
	@PYTHON='$(PYTHON)' sh .ci/set-up test
	@.venv/bin/python -m pytest -n 2 -q $(PYTEST)

check:
	@PYTHON='$(PYTHON)' sh .ci/set-up test
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m ruff check .
	.venv/bin/python -m mypy

# Another seed for the random damage each time; SEED=... repeats a run.
torture:
	@PYTHON='$(PYTHON)' sh .ci/set-up test
	@seed='$(SEED)'; TORTURE_SEED="$${seed:-$$(date +%s)}" PYTHONPATH=tests .venv/bin/python -m pytest -n 2 -q --maxschedchunk 1 \
		-m torture -p torture_report --report docs/torture.md $(PYTEST)

# The engines to compare with are an extra; without network those that are missing are skipped, loudly.
bench:
	@PYTHON='$(PYTHON)' sh .ci/set-up run
	@.venv/bin/python -c 'import tantivy, bm25s' 2>/dev/null || .venv/bin/python -m pip install -q --editable '.[bench]' || true
	@.venv/bin/python -m bench $(BENCH)

format:
	@PYTHON='$(PYTHON)' sh .ci/set-up test
	.venv/bin/python -m ruff check --fix-only --quiet .
	.venv/bin/python -m ruff format .

# Installed and generated files; the index is left alone.
clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
