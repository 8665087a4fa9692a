# Lacuna. "make" alone lists what can be made.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8501
JOBS ?= 2

BIN := .venv/bin
LOCALE := dashboard/locale
PO := $(wildcard $(LOCALE)/*/LC_MESSAGES/lacuna.po)
MO := $(PO:.po=.mo)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run test test-all check-code bench demo-refresh requirements messages clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- what a person needs ----------------------------------------------------------------------

define FREE_PORT
import socket, sys
host, first = sys.argv[1], int(sys.argv[2])
for port in range(first, min(first + 100, 65536)):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as test:
        test.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            test.bind((host, port))
        except OSError:
            continue
    print(port)
    break
else:
    sys.exit(f"No free port from {first} on. Name another one: make run PORT=9000")
endef
export FREE_PORT

install: .venv/.runtime $(MO)  ## install what the dashboard and the refresh need

run: install  ## install, build the store, start the dashboard and print its address
	@$(BIN)/python -m etl build --if-needed
	@port=$$($(BIN)/python -S -c "$$FREE_PORT" $(HOST) $(PORT)) || exit 1; \
	test "$$port" = "$(PORT)" || echo "Port $(PORT) is taken."; \
	echo "Lacuna: http://$(HOST):$$port  (Ctrl-C stops it)"; \
	exec $(BIN)/streamlit run app.py --server.address $(HOST) --server.port $$port

# --- what a contributor needs -----------------------------------------------------------------

check-code: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive app.py etl dashboard pages

# The files in the order of pytest's testpaths, the long ones first: so no worker ends long after another.
TESTS := $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

test: .venv/.dev $(MO) check-code  ## lint, types, imports, tests and a sample of browser tests
	$(TESTS)

test-all: .venv/.dev $(MO) check-code  ## all of that and the long tests
	$(TESTS) --long

bench: .venv/.dev $(MO)  ## measure pages, a refresh, an import and the size of snapshots
	$(BIN)/python -m tests.bench

demo-refresh: .venv/.dev  ## refresh from a stand-in for the registries into a temporary store
	$(BIN)/python -m tests.demo_refresh

messages: .venv/.dev  ## collect the texts to translate, update and compile the translations
	@mkdir -p build
	$(BIN)/pybabel -q extract --project Lacuna --version "" --no-wrap --sort-by-file --add-location file -k NN_:1,2 \
		-o build/lacuna.pot app.py pages dashboard
	@for language in fr; do \
		if [ -f $(LOCALE)/$$language/LC_MESSAGES/lacuna.po ]; then \
			$(BIN)/pybabel -q update --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
				-D lacuna -i build/lacuna.pot -d $(LOCALE) -l $$language; \
		else \
			$(BIN)/pybabel -q init --no-wrap -D lacuna -i build/lacuna.pot -d $(LOCALE) -l $$language; \
		fi; \
	done
	$(BIN)/pybabel compile -D lacuna -d $(LOCALE) --statistics

$(LOCALE)/%/LC_MESSAGES/lacuna.mo: $(LOCALE)/%/LC_MESSAGES/lacuna.po | .venv/.runtime
	@$(BIN)/pybabel -q compile -i $< -o $@ -l $*

clean:  ## remove caches and the store; all of it can be made again (local snapshots stay)
	rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -f data/*.duckdb data/*.duckdb.wal data/.*.building*
	find . -name .venv -prune -o -type d -name __pycache__ -exec rm -rf {} +

# --- installing -------------------------------------------------------------------------------
# A stamp says that an installation was finished: an interrupted one is taken up again, a second
# start costs nothing. What is installed for tests is enough to run.

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes

define VENV
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "Lacuna needs Python 3.11 or newer; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)."; \
	echo "Install one, or name it: make PYTHON=python3.12"; exit 1; }
@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	$(PYTHON) -m venv --clear .venv || { \
	echo "Python could not make .venv (on Debian and Ubuntu: install the package python3-venv)."; exit 1; }; }
@echo "Installing into .venv; the first time this takes some minutes."
endef

.venv/.runtime: requirements.txt
	$(VENV)
	@$(INSTALL) -r requirements.txt
	@touch $@

.venv/.dev: requirements.txt requirements-dev.txt
	$(VENV)
	@$(INSTALL) -r requirements-dev.txt
	@touch .venv/.runtime $@

# The pins are made from the public index alone, whatever this machine is set up with.
PINS := PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= PIP_EXTRA_INDEX_URL= CUSTOM_COMPILE_COMMAND="make requirements" \
	build/pins/bin/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-config \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

requirements:  ## pin the newest allowed versions of all dependencies, with hashes
	@$(PYTHON) -m venv build/pins
	@build/pins/bin/python -m pip install --quiet --disable-pip-version-check pip-tools
	@rm -f requirements.txt requirements-dev.txt
	$(PINS) -o requirements.txt pyproject.toml
	$(PINS) --extra dev -c requirements.txt -o requirements-dev.txt pyproject.toml
