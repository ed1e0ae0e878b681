"""Every test runs offline; this holds before any test imports huggingface_hub."""

import os

from hypothesis import settings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

# A deadline would measure the tests that run beside.
settings.register_profile("decloak", deadline=None)
settings.load_profile("decloak")

pytest_plugins = ["tests.tiny_text_classifiers", "tests.tiny_fixtures"]
