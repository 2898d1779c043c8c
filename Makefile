# The few commands there are. `make run` needs Python 3.11 and make; each step is done again only when what it
# is made from changed.

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
NPM := scripts/npm

FRONTEND_SOURCES := $(shell find frontend -name node_modules -prune -o -type f -print 2>/dev/null)
FRONTEND := pult/web/static/staff/manifest.json

.PHONY: run build test test-fast check shops corpora bench bench-large soak lock new-channel new-shop clean
.DELETE_ON_ERROR:

run: $(VENV)/.run $(FRONTEND)      ## start Pult with its demo shop on http://127.0.0.1:8000
	@exec $(BIN)/pult demo

build: $(VENV)/.run $(FRONTEND)    ## install and build, start nothing

test: $(VENV)/.dev $(FRONTEND)     ## everything, on SQLite and on PostgreSQL; says what it left out
	@$(BIN)/python scripts/test_all.py

test-fast: $(VENV)/.dev            ## the part that takes less than a minute
	@$(BIN)/python scripts/test_all.py --fast

check: $(VENV)/.dev                ## style, types, import contracts, adapter folders, locales, lengths
	@$(BIN)/python scripts/check.py

shops: $(VENV)/.dev                ## install the real shops that connectors are tested against; `make test` does it too
	@$(BIN)/python scripts/shops.py

bench: $(VENV)/.dev $(FRONTEND)    ## figures of speed and memory, also into var/bench.json
	@$(BIN)/python -m bench

bench-large: $(VENV)/.dev $(FRONTEND)  ## reading again with a million conversations; loading them takes minutes, once
	@$(BIN)/python -m bench read --conversations 1000000

corpora: $(VENV)/.dev              ## how well real mail is read: a table over the public test data (ARGS=-v shows cases)
	@DJANGO_SETTINGS_MODULE=pult.settings PULT_DATA="$${PULT_DATA:-../shared/data}" $(BIN)/python -m tests.corpora $(ARGS)

soak: $(VENV)/.dev $(FRONTEND)     ## what takes longer than a minute: chaos, fuzzing, load, the Dockerfile's steps
	@$(BIN)/python -m pytest -m soak -p no:xdist -p no:cacheprovider
	@deploy/test-chroot.sh

new-channel: $(VENV)/.dev          ## make new-channel NAME=viber
	@test -n "$(NAME)" || { echo "make new-channel NAME=viber"; exit 2; }
	@$(BIN)/pult new_channel $(NAME)

new-shop: $(VENV)/.dev             ## make new-shop NAME=shopware
	@test -n "$(NAME)" || { echo "make new-shop NAME=shopware"; exit 2; }
	@$(BIN)/pult new_shop $(NAME)

lock: $(VENV)/.dev                 ## write the lock files again from pyproject.toml
	@PATH="$(abspath $(BIN)):$$PATH" scripts/lock

clean:
	rm -rf $(VENV) frontend/node_modules $(dir $(FRONTEND))

$(VENV)/.made:
	@PYTHON="$(PYTHON)" scripts/venv
	@$(BIN)/python scripts/own_package.py
	@touch $@

$(VENV)/.run: requirements.lock $(VENV)/.made
	@echo "Installing what Pult needs ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python scripts/lemmas.py
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "Installing what its tests need ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

frontend/node_modules/.installed: frontend/package-lock.json frontend/package.json $(VENV)/.made
	@echo "Installing what the screens need ..."
	@cd frontend && ../$(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

$(FRONTEND): frontend/node_modules/.installed $(FRONTEND_SOURCES)
	@echo "Building the screens ..."
	@cd frontend && ../$(NPM) run --silent build
	@touch $@
