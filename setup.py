"""Install decloak: through the links in `decloak/` the folders at the root become `decloak.*`."""

from setuptools import setup

PACKAGES = [
    "decloak",
    "decloak.modeling",
    "decloak.processing",
    "decloak.processing.tables",
    "decloak.processing.tables.builders",
    "decloak.processing.cloaking",
    "decloak.processing.normalization",
    "decloak.training",
    "decloak.training.banks",
    "decloak.training.data",
    "decloak.training.recipes",
    "decloak.evaluation",
    "decloak.evaluation.classifiers",
    "decloak.evaluation.baselines",
    "decloak.evaluation.calibration",
    "decloak.evaluation.identity_terms",
    "decloak.evaluation.leaks",
    "decloak.evaluation.metrics",
    "decloak.evaluation.metrics.hate_classification",
    "decloak.evaluation.metrics.group_bias",
    "decloak.evaluation.metrics.functionality",
    "decloak.evaluation.metrics.cloaking_robustness",
    "decloak.evaluation.reporting",
    "decloak.evaluation.routers",
    "decloak.reproduction",
    "decloak.hub_cards",
    "decloak.spaces",
    "decloak.spaces.demo",
    "decloak.cli",
]
DATA = [f"**/*.{suffix}" for suffix in ("yaml", "json", "tsv", "txt", "md", "jinja", "css")]
# The door itself holds links to every folder, so its own data is named, not globbed.
PACKAGE_DATA = {name: DATA for name in PACKAGES if name != "decloak"}
PACKAGE_DATA["decloak"] = ["py.typed"]
PACKAGE_DATA["decloak.hub_cards"] = [*DATA, "decloak-small/**"]

CORE = [
    "torch>=2.10",  # safetensors only, and the unpickler of older ones corrupts memory (CVE-2026-24747)
    "transformers>=5.5",  # CVE-2026-4372, CVE-2026-5241
    "huggingface_hub>=1.0",
    "safetensors>=0.5",
    "numpy>=1.26",
    "Pillow>=10.3",
    "pyarrow>=17",  # parquet tables
    "scikit-learn>=1.5",  # metrics
    "typer>=0.15",
    "rich>=13.7",
]
TRAIN = [
    "accelerate>=1.1",
    "datasets>=4.0",
    "filelock>=3.12",  # one writer for a folder of results
    "fonttools>=4.50",  # which characters a font has, for glyph banks
    "jieba>=0.42",  # divides the texts that a transcript's language model is made of into words
    "jinja2>=3.1",
    "pydantic>=2.8",
    "PyYAML>=6.0",
]
EVALUATE = [
    "ahocorasick_rs>=1.0",  # the word-list baseline
    "evaluate>=0.4.6",
    "fairlearn>=0.10",
    "huggingface_hub>=2.4",  # EvalResultEntry
    "jinja2>=3.1",
    "matplotlib>=3.8",
    "pydantic>=2.8",
    "PyYAML>=6.0",
]
EMBEDDINGS = ["sentence-transformers>=5"]
# phonemizer-fork and espeakng-loader are GPL-3: an extra, never the core. torchaudio stays here too:
# on a CPU build of torch its mere presence breaks the audio modules of transformers.
PHONEMISERS = ["misaki[zh]>=0.9.4", "phonemizer-fork>=3.3", "espeakng-loader>=0.2.4"]
SPEECH = ["onnxruntime>=1.20", "scipy>=1.11", "soundfile>=0.12"]
SPACE = ["gradio>=6.16", "jinja2>=3.1"]  # GHSA-j36p-7w88-g82j
SERVE = ["fastapi>=0.115", "uvicorn>=0.30"]
DEV = [
    *TRAIN,
    *EVALUATE,
    *EMBEDDINGS,
    *SPEECH,
    *SPACE,
    # The sources of the character tables, of the versions that their headers name: tests build them again.
    "confusable-homoglyphs==3.3.1",
    "emoji==2.16.0",
    "jieba==0.42.1",
    "opencc==1.4.2",
    "pypinyin==0.55.0",
    "symspellpy==6.10.1",
    "hypothesis>=6.100",
    "mypy>=1.15",
    "onnx>=1.16",
    "pytest>=8.3",
    "pytest-xdist>=3.6",
    "ruff>=0.15",
    "selenium>=4.25",
    "statsmodels>=0.14",  # tests compare McNemar's test with it
    "setuptools>=77",
    "types-PyYAML>=6.0",
]

setup(
    name="decloak",
    version="0.1.0",
    description="Detects hate speech that hides behind homophones, emoji, split characters and code words.",
    author="The decloak authors",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.10",
    packages=PACKAGES,
    package_data=PACKAGE_DATA,
    include_package_data=False,
    install_requires=CORE,
    extras_require={
        "speech": [*SPEECH, *PHONEMISERS, "torchaudio"],
        "train": TRAIN,
        "evaluate": EVALUATE,
        "embeddings": EMBEDDINGS,
        "serve": SERVE,
        "space": SPACE,
        "dev": DEV,
    },
    entry_points={"console_scripts": ["decloak=decloak.cli.main:app"]},
)
