# make demo   installs, starts a server with a real repository in it, proves itself, keeps serving
# make test   installs, checks, runs every test
# make check  types, lint, formatting, import directions
# make bench  benchmarks, as ratios in one run
# make screenshots  every page in light, dark and on a phone: build/screenshots, the best of them docs/screenshots
# make parity  which operations of the contract are served: docs/parity.md
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test check format bench screenshots parity lock clean

demo: $(INSTALLED)
	@$(BIN)/python demo/demo.py $(if $(REPO),--repo '$(REPO)') $(if $(CHECK),--check)

test: check
	$(BIN)/python tests/support/install_postgresql.py
	$(BIN)/python tests/support/install_chromium.py
	$(BIN)/python tests/support/install_other_clients.py
	$(BIN)/python tests/support/install_sshd.py
	$(BIN)/python tests/support/install_gits.py
	$(BIN)/pytest -n 2 $(TESTS)

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(INSTALLED)
	$(BIN)/python benchmarks/run.py $(BENCH)

screenshots: $(INSTALLED)
	$(BIN)/python tests/support/install_chromium.py
	$(BIN)/python tests/browser/screenshots.py

parity: $(INSTALLED)
	PYTHONPATH=tests $(BIN)/python -m support.parity

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Bitpail needs Python 3.11 or newer: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Needs uv. Hashes and no addresses, so that any index will do.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--extra dev -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
