# Every target sets up $(VENV) by itself. PYTHON=… picks an interpreter, VENV=… another environment.

VENV ?= .venv
# Looked for when it is first needed, and once.
PYTHON ?= $(eval PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11 python3.10 python3.14; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $$name && break; done))$(PYTHON)
# The folder of the datasets.
DATA ?= data/raw
SCALE ?= cpu

# Threads that wait sleep instead of spinning: whatever else runs beside them is not slowed down.
export OMP_WAIT_POLICY := passive
# Where this is set, every process compiles the sources that it imports anew: seconds for each stage.
unexport PYTHONDONTWRITEBYTECODE
# Stages run `python -m pipeline.…`: the environment's python, and this folder's code.
export PATH := $(abspath $(VENV))/bin:$(PATH)
PY = $(VENV)/bin/python
INSTALLED = $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help repro report test check nightly lint papers crack500 pretrained equal_terms captioned few_shot calibration bench docs lock clean

help: ## list the targets
	@sed -nE 's/^([a-z0-9_]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 16

# Stages at a time; each writes what it writes alone.
JOBS ?= 2
repro: $(INSTALLED) ## run the pipeline that params.yaml describes, as `dvc repro` does; JOBS=2 stages at a time
	@$(PY) -m crackpipe repro --jobs $(JOBS)

# Two files of tests at a time, each on one thread: small networks on several wait for each other longer than they work.
# Files with slow tests begin first (tests/conftest.py).
TESTS = OMP_NUM_THREADS=1 $(PY) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations=25
test: $(INSTALLED) ## run the tests
	@$(TESTS) -m "not nightly"

check: lint ## what `make lint` does, then the fast tests
	$(TESTS) -m "not slow and not nightly"

report: $(INSTALLED) ## the run as a page, report.html: figures, the papers' tables, plots, pictures
	@$(PY) -m crackpipe report .

nightly: $(INSTALLED) ## run what is too long for every change: the pipeline in clones, large encoders, other Pythons
	@$(PY) -m pytest --durations=25 -m nightly

lint: $(INSTALLED) ## format, lint, types, import contracts, params, generated pages
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	MYPYPATH=docs $(PY) -m mypy docs/generate.py docs/generators
	$(VENV)/bin/lint-imports
	$(PY) -m crackpipe configure --check --composed
	$(PY) docs/generate.py --check

# Each run goes on where it was interrupted; results/ gets a folder when one ends. Hours on two cores: docs/pipeline-and-dvc.md.
papers: crack500 equal_terms captioned few_shot calibration ## every table of the papers on real photographs: make papers DATA=datasets

crack500: $(INSTALLED) ## ours at its best on Crack500, CFD and DeepCrack, and on ground truth, into results/crack500
	@$(PY) -m crackpipe run crack500 --data $(DATA) --scale $(SCALE) --jobs $(JOBS)

EQUAL_TERMS = $(PY) -m crackpipe run equal_terms --data $(DATA) --scale $(SCALE) --jobs $(JOBS) --until evaluate
WHOLE = {name: crack500, split: train, limit: null}, {name: cfd, split: test, limit: null}, {name: deepcrack, split: test, limit: null}
THREE_LABELS = 'train_segmenter.labels=[soft_location,cam_location,cam_crf]' 'self_label.labels=[]'
SEMI = 'train_segmenter.networks=[oed]' 'train_segmenter.adapters=[]' 'train_segmenter.labels=[cam_location]' \
	'train_segmenter.unlabelled=[crack500.test]' 'self_label.labels=[]'
define OTHER_SEED
@$(EQUAL_TERMS) --results equal_terms_seed$(1) train_segmenter.seed=$(1) $(THREE_LABELS)
@$(EQUAL_TERMS) --results equal_terms_semi_seed$(1) train_segmenter.seed=$(1) $(SEMI)

endef
equal_terms: $(INSTALLED) ## the papers' networks × labels at equal terms, also with unlabelled photographs, and on all of Crack500's crops
	@$(EQUAL_TERMS)
	@$(EQUAL_TERMS) --results equal_terms_semi $(SEMI)
	$(foreach seed,4 5,$(call OTHER_SEED,$(seed)))
	@$(EQUAL_TERMS) --until ablate --results equal_terms_patches_32 pseudo_label.cam_location.patch_side_px=32 \
		'train_segmenter.networks=[]' 'train_segmenter.labels=[truth]' 'self_label.labels=[]'
	@$(EQUAL_TERMS) --until gather_adapters --results equal_terms_adapters 'train_segmenter.networks=[]' \
		'train_segmenter.labels=[cam_location,truth]' 'self_label.labels=[]' \
		'ablate_adapters.variants=[normal,crack,plain_dice,loss_on_map,cross_entropy,no_focal,no_dice,no_edge]'
	@$(EQUAL_TERMS) --results equal_terms_all 'ingest.sources=[$(WHOLE)]'

# The models that come with the package. The segmenter: as `make crack500`'s, longer, with shadows, joints, bricks and stains drawn into its
# windows; packed with what counts as a crack, and figures.
PRETRAINED = crackpipe/pretrained/unet-crack500
PARTS = .runs/parts
LEARNED = Patch labels of Crack500's 1 436 training photographs, no mask
pretrained: $(INSTALLED) ## make pretrained DATA=datasets: the package's own models, into crackpipe/pretrained
	@$(PY) -m crackpipe run crack500 --data $(DATA) --scale $(SCALE) --jobs $(JOBS) --results pretrained --until evaluate --until bench --until align_clip \
		'train_segmenter.labels=[soft_location,self_soft_location]' 'pseudo_label.methods=[soft_location,truth]' \
		train_segmenter.augment.lookalikes_p=0.5 train_segmenter.unet.steps=900 \
		'segment.scales=[1.0]' segment.octaves_px=64 segment.tile_px=768 'bench.segmenters=[unet-self_soft_location]'
	@rm -rf $(PRETRAINED).new && $(PY) -m crackpipe pack $(PRETRAINED).new --project .runs/crack500 \
		--model unet-self_soft_location --half --onnx \
		--about "Patch labels of Crack500's training photographs, no mask; self-trained once; shadows, joints and stains drawn in."
	@rm -rf $(PRETRAINED) && mv $(PRETRAINED).new $(PRETRAINED)
	@rm -rf $(PARTS) && $(PY) -m crackpipe pack-encoder $(PARTS)/encoder --project .runs/crack500 --half \
		--about "$(LEARNED); aligned with prompts of crack and no crack."
	@$(PY) -m crackpipe pack-classifier $(PARTS)/classifier --project .runs/crack500 --half --about "$(LEARNED)."
	@for part in encoder classifier; do rm -rf crackpipe/pretrained/$$part-crack500 && \
		mv $(PARTS)/$$part crackpipe/pretrained/$$part-crack500 || exit; done

captioned: $(INSTALLED) ## make captioned DATA=datasets: captioned photographs, searched and classified, into results/captioned
	@$(PY) -m crackpipe run captioned --data $(DATA) --scale $(SCALE) --jobs $(JOBS) --until retrieve --until gather_scaling

FEW_SHOT = $(PY) -m crackpipe run few_shot --data $(DATA) --scale $(SCALE) --jobs $(JOBS) --until score_few_shot
few_shot: $(INSTALLED) ## make few_shot DATA=datasets: heads from few labelled patches of Crack500 and DeepCrack, and two alike in all but their weights
	@$(FEW_SHOT) --results few_shot_matched 'few_shot.heads=[zero_shot,linear,bayesian]' \
		few_shot.linear.principal_axes=true few_shot.linear.hidden=64 few_shot.linear.steps=600 \
		few_shot.bayesian.hidden=64 few_shot.bayesian.dropout=0.3 few_shot.bayesian.steps=600
	@$(FEW_SHOT)

DATASET ?= calibration
calibration: $(INSTALLED) ## make calibration DATA=datasets: losses by how calibrated they are, into results/; DATASET=sdnet2018, metu, bridge2024
	@$(PY) -m crackpipe run $(DATASET) --data $(DATA) --scale $(SCALE) --jobs $(JOBS) --until gather_calibration

bench: $(INSTALLED) ## time ours against the ways that others do it; writes benchmarks/README.md. DATA=datasets: on Crack500
	@$(PY) -m benchmarks.run $(if $(wildcard $(DATA)/crack500),--data $(DATA))

docs: $(INSTALLED) ## write the generated pages, and build the site into docs/_build/html
	@$(PY) docs/generate.py
	@$(PY) -m sphinx --fail-on-warning --keep-going --quiet --builder html docs docs/_build/html

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "make: no python3 of version 3.10 or later on PATH; install one, or pass PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(PY) || { echo "creating $(VENV) with $(PYTHON)"; $(PYTHON) -m venv $(VENV) || { echo "make: $(PYTHON) cannot create environments; on Debian install python3-venv" >&2; exit 1; }; }
	@echo "installing requirements.lock into $(VENV): some 7 GB for a new environment, minutes"
	@$(PY) -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements.lock)" && \
		$(VENV)/bin/uv pip install --quiet --python $(PY) -r requirements.lock || \
		$(PY) -m pip install --disable-pip-version-check -r requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Versions that are in the lock stay while they still fit; delete its lines to move on. One lock serves Python 3.10 and
# later on Linux, x86-64; its markers tell where one version does not serve all.
LOCK_FOR = implementation_name == 'cpython' and platform_machine == 'x86_64' and sys_platform == 'linux'
lock: ## resolve pyproject.toml into requirements.lock
	@rm -rf .runs/lock && mkdir -p .runs/lock && $(PYTHON) -m venv .runs/lock/venv && .runs/lock/venv/bin/pip install --quiet uv
	@{ cat pyproject.toml; printf '[tool.uv]\nenvironments = ["%s"]\n' "$(LOCK_FOR)"; } > .runs/lock/pyproject.toml
	@cp requirements.lock .runs/lock/requirements.lock
	@cd .runs/lock && venv/bin/uv pip compile --quiet --universal --python-version 3.10 --all-extras --no-annotate --no-header \
		--native-tls -o requirements.lock pyproject.toml
	@sed -E "s/ and $(LOCK_FOR)//; s/ ; $(LOCK_FOR)//; s/python_full_version( [^ ]+ '[0-9]+\.[0-9]+(\.\*)?')/python_version\1/g; s/'/\"/g" \
		.runs/lock/requirements.lock > requirements.lock
	@rm -rf .runs/lock

clean: ## remove caches and unfinished work; data, models and .venv stay
	rm -rf docs/_build docs/api .pytest_cache .hypothesis .ruff_cache .mypy_cache .import_linter_cache .checkpoints dvc_plots
