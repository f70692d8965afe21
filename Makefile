# Everything a fresh clone needs: Python 3.11 or later, pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
STAMP := $(VENV)/.installed
OUT ?= results

.PHONY: run test check docs coverage release tools bench kills attack mutants torture boundaries twin plugin wheel clean

run: $(STAMP)  ## run the study on the embedded twin
	$(BIN)/kz-spatial run --out $(OUT) --overwrite

test: $(STAMP)  ## run the whole test suite
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(STAMP)  ## style, types, the map's script, declared dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/deptry .
	$(BIN)/oxlint --quiet kz_spatial/output/web/map.js

docs: $(STAMP)  ## build the pages, offline, and follow every link inside
	@$(PIP) -c .ci/constraints.txt -e ".[docs]"
	$(BIN)/python docs/build.py build/docs

tools: $(STAMP)
	@$(PIP) -c .ci/constraints.txt -e ".[ci]"

coverage: tools  ## lines and branches that tests reach, by wing (PART=tests/groups for a part)
	$(BIN)/python .ci/coverage_by_wing.py $(PART)

release: tools  ## build and check wheel, sdist and plugin of the version that HEAD is tagged with
	$(BIN)/python .ci/release.py

bench: $(STAMP)  ## peers and kz_spatial in one run, ratios printed
	$(BIN)/python benchmarks/bench.py

kills: $(STAMP)  ## kill runs while they replace a bundle, and see that nothing is lost
	$(BIN)/python benchmarks/kills.py

attack: $(STAMP)  ## attack bundles of a made-up survey, and count the answers that come out
	$(BIN)/python benchmarks/attack.py

mutants: $(STAMP)  ## plant small faults in modules, and see whether their tests fall
	$(BIN)/python benchmarks/mutants.py

torture: $(STAMP)  ## awkward inputs through the command line: the result or one line, none lost
	$(BIN)/python benchmarks/torture.py

boundaries: $(STAMP)  ## rebuild boundaries/data from its sources
	$(PIP) -c .ci/constraints.txt -e ".[boundaries]"
	$(BIN)/python boundaries/build.py

twin: $(STAMP)  ## rebuild the twin
	$(BIN)/python -m kz_spatial.twin_maker.generator

plugin: $(STAMP)  ## build the QGIS plugin as a zip
	@mkdir -p dist
	$(BIN)/kz-spatial plugin --out dist/kz_spatial_results.zip --overwrite

wheel: $(STAMP)
	$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf $(VENV) $(OUT) dist build .pytest_cache .mypy_cache .ruff_cache

$(STAMP): pyproject.toml .ci/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("kz_spatial needs Python 3.11 or later, found " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@echo "setting up $(VENV) (about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) -c .ci/constraints.txt -e ".[test]"
	@touch $@
