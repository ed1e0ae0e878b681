# make demo: install and classify a few texts.  make test: every check.  Both make .venv first.
PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
TORCH ?= 2.13.0
TORCHAUDIO ?= 2.11.0
# The CPU build: the default build for Linux on PyPI brings gigabytes of CUDA. Empty takes what PyPI has (macOS, GPUs).
# Where this index cannot be reached, pip says so and goes on with its other sources.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

BIN := $(VENV)/bin
OFFLINE := HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1

.PHONY: demo test lint browser code clean

demo: $(VENV)/package
	$(OFFLINE) $(BIN)/decloak classify - < spaces/demo/examples.txt

test: lint browser $(VENV)/torchaudio
	$(OFFLINE) OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(JOBS)

lint: $(VENV)/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# One test drives the demonstration Space in a real browser.
browser:
	@command -v chromedriver >/dev/null \
	|| if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -q && apt-get install -yq --no-install-recommends chromium chromium-driver; \
	else \
		echo "The browser test needs chromium and chromedriver (Debian: chromium, chromium-driver)." >&2; \
	fi

# Without its dependencies, so that the extra index is asked for torch alone.
$(VENV)/torch:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --no-deps --timeout 30 --retries 1 $(addprefix --extra-index-url ,$(TORCH_INDEX)) torch==$(TORCH)
	@touch $@

$(VENV)/package: setup.py $(VENV)/torch
	$(BIN)/pip install -q -e .
	@touch $@

$(VENV)/dev: setup.py $(VENV)/torch
	$(BIN)/pip install -q -e '.[dev]'
	@touch $@ $(VENV)/package

# Tests run programs with this folder on their path. In the environment itself torchaudio, whose compiled part does not
# load beside the CPU build of torch, would break the audio modules of transformers.
$(VENV)/torchaudio: | $(VENV)/torch
	$(BIN)/pip install -q --no-deps --timeout 30 --retries 1 --target $@ torchaudio==$(TORCHAUDIO) \
	|| echo "torchaudio $(TORCHAUDIO) could not be fetched: its tests are skipped." >&2

# The shipped repositories carry a copy of modeling/ and processing/; a test compares.
code: $(VENV)/dev
	$(BIN)/python -c "from decloak.training.export import refresh_code; refresh_code('hub_cards/decloak-small')"

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
