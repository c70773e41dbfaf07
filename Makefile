# The project's commands; `make` alone lists them.
#
#   make setup PYTHON=/path/to/python3.12    another interpreter than the first one found
#   make setup EXTRAS=gpu,dev                TensorFlow for NVIDIA GPUs (see setup.cfg)
#   make test PYTEST_ARGS="-k adjoint -x"    some of the tests
#   make bench BENCH_ARGS=--update           keep the ratios measured here
#   make tables DATA=photos DAE=DAE_sigma11.mat     with the published weights, too
#   make speed SPEED_ARGS="data=folder data.path=photos"   overrides of run.py

SHELL := bash
.DEFAULT_GOAL := help
.NOTPARALLEL:

EXTRAS = cpu,dev
PYTEST_ARGS =
BENCH_ARGS =
SPEED_ARGS =
DATA =
DAE =
PYTHON =
PYTHON37 =

# uv compiles what it installs, as pip does: a container often forbids Python to write bytecode
# later, and then every start would compile TensorFlow anew.
export UV_COMPILE_BYTECODE = 1

# $(call find_python,versions,named): the first interpreter of these versions that starts and can
# make virtual environments: the named one, else what is on the PATH, under pyenv or under uv. Each
# is run, because pyenv puts shims on the PATH that fail for every version but the selected one.
find_python = $(shell \
	for python in $(or $(2),python3 $(foreach version,$(1),python$(version) \
		"$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/$(version).*/bin/python \
		"$${UV_PYTHON_INSTALL_DIR:-$$HOME/.local/share/uv/python}"/cpython-$(version).*/bin/python)); do \
		"$$python" -c 'import ensurepip, sys; assert "%d.%d" % sys.version_info[:2] in "$(1)".split(); \
			print(sys.executable)' 2>/dev/null && break; \
	done)

ifneq ($(filter setup37 test test-all,$(MAKECMDGOALS)),)
PYTHON37_FOUND := $(call find_python,3.7,$(PYTHON37))
endif
RUNTIMES = .venv $(if $(PYTHON37_FOUND),.venv37)

help: ## this list
	@awk -F ':.*## ' '/^[a-z].*:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.installed ## install, then restore the bundled pictures: super-resolution, 2 % noise
	.venv/bin/python run.py task=superres noise=0.02

setup: .venv/.installed ## install into .venv, with the current TensorFlow 2

setup37: .venv37/.installed ## install into .venv37, with TensorFlow 1.15 on Python 3.7

test: $(RUNTIMES:%=%/.installed) ## run the quick tests on every runtime found
	@.ci/test $(RUNTIMES) -- $(PYTEST_ARGS)

test-all: $(RUNTIMES:%=%/.installed) ## run all tests, the slow ones too
	@.ci/test $(RUNTIMES) -- -m '' $(PYTEST_ARGS)

gallery: .venv/.installed ## remake the README's pictures in experiments/gallery
	$(call comparison,superres,task=superres noise=0.02)
	$(call comparison,deblur,task=deblur kernel=motion noise=0.01)
	$(call comparison,demosaic,task=demosaic noise=0.02 data.crop=240)
	$(call comparison,inpaint,task=inpaint mask=text)
	$(call comparison,denoise,task=denoise noise=0.1 data.crop=224)
	rm -rf outputs/gallery/compare
	.venv/bin/python run.py -m task=deblur kernel=motion optimizer=hqs,momentum,adam noise=0.01,0.03 \
		sigma_dae=7,11,15 num_iter=12 data.crop=192 tracking=none hydra.sweep.dir=outputs/gallery/compare
	.venv/bin/python -m dmsp.reports compare outputs/gallery/compare
	cp outputs/gallery/compare/report/quality.png experiments/gallery/compare.png

classical: .venv/.installed ## compare every task with classical methods (DATA=folder of test sets)
	.venv/bin/uv pip install --python .venv/bin/python -e '.[classical]'
	.venv/bin/python experiments/classical/compare.py $(if $(DATA),--data $(DATA)) -- precision=allow_mix_precision

# $(call comparison,name,overrides): restore the first bundled picture and keep its comparison strip,
# in 256 colours, which is a third of the file.
define comparison
	rm -rf outputs/gallery/$(1)
	.venv/bin/python run.py $(2) data.limit=1 tracking=none hydra.run.dir=outputs/gallery/$(1)
	.venv/bin/python -c "from PIL import Image; strip = Image.open('outputs/gallery/$(1)/strips/astronaut.png'); \
		strip.quantize(256, dither=0).save('experiments/gallery/$(1).png', optimize=True)"
endef

tables: .venv/.installed ## remake the published tables (DATA=folder of test sets); goes on where it ended
	.venv/bin/python experiments/published/tables.py $(if $(DATA),--data $(DATA)) $(if $(DAE),--dae $(DAE))

bench: .venv/.installed ## guard against a loss of speed: ratios of times, two minutes
	.venv/bin/python experiments/speed/bench.py $(BENCH_ARGS)

speed: .venv/.installed ## compare optimizers and deepinv by speed: experiments/speed
	.venv/bin/uv pip install --python .venv/bin/python -e '.[$(EXTRAS),speed]'
	.venv/bin/python experiments/speed/compare.py $(SPEED_ARGS)

lint: .venv/.installed ## check style and layout of the code
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

format: .venv/.installed ## mend what can be mended of them
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

clean: ## remove environments and caches; outputs/ stays
	rm -rf .venv .venv37 build *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@python="$(call find_python,3.13 3.12 3.11 3.10,$(PYTHON))"; test -n "$$python" || { \
		echo "No Python 3.10 to 3.13 with its venv module found: install one (Debian:" \
			"python3-venv), or name it: make setup PYTHON=/path/to/python3" >&2; exit 1; }; \
	set -x; "$$python" -m venv --clear .venv

.venv37/bin/python:
	@test -n "$(PYTHON37_FOUND)" || { \
		echo "No Python 3.7 with its venv module found: install one, or name it:" \
			"make setup37 PYTHON37=/path/to/python3.7" >&2; exit 1; }
	$(PYTHON37_FOUND) -m venv --clear .venv37

.venv/bin/uv: | .venv/bin/python
	.venv/bin/python -m pip install --quiet --disable-pip-version-check uv

# uv installs in seconds; where it cannot, for instance because an index or a certificate is known
# to pip only, pip installs in minutes. The stamp is renewed when what it follows from has changed.
.venv/.installed .venv37/.installed: %/.installed: %/bin/python setup.cfg pyproject.toml | .venv/bin/uv
	.venv/bin/uv pip install --python $*/bin/python -e '.[$(EXTRAS)]' || \
		$*/bin/python -m pip install --disable-pip-version-check -e '.[$(EXTRAS)]'
	@touch $@

.PHONY: tables help demo setup setup37 test test-all gallery classical bench speed lint format clean
