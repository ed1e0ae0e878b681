"""What the files of modeling/ may import: they run on machines that have transformers, torch and little else."""

import ast
import importlib
import sys
from pathlib import Path

import pytest

FILES = sorted(Path(__file__).parents[2].joinpath("modeling").glob("*.py"))
INSTALLED_WITH_TRANSFORMERS = {"huggingface_hub", "numpy", "torch", "transformers"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_imports(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    siblings = {each.stem for each in FILES}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            roots = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            assert node.level == 1 and node.module in siblings, f"{file.name}:{node.lineno}"
            assert "*" not in {alias.name for alias in node.names}
            continue
        elif isinstance(node, ast.ImportFrom):
            roots = {(node.module or "").split(".")[0]}
        else:
            continue
        if file.name == "__init__.py":
            roots -= {"decloak"}  # it does not travel; see tests/test_architecture.py
        assert roots <= INSTALLED_WITH_TRANSFORMERS | sys.stdlib_module_names, f"{file.name}:{node.lineno}"
        assert "__future__" not in roots, file.name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_public_name_exists(file: Path) -> None:
    suffix = "" if file.stem == "__init__" else f".{file.stem}"
    module = importlib.import_module(f"decloak.modeling{suffix}")
    assert module.__all__
    for name in module.__all__:
        assert (
            getattr(module, name).__module__.startswith("decloak.modeling") if callable(getattr(module, name)) else True
        )


def test_the_attention_class_is_where_transformers_looks_for_it() -> None:
    """`set_attn_implementation` reads the source of the model's own file."""
    from decloak.modeling import MMBertForSequenceClassification, MMBertModel

    for model in (MMBertModel, MMBertForSequenceClassification):
        assert model._can_set_attn_implementation()
        source = Path(sys.modules[model.__module__].__file__ or "").read_text(encoding="utf-8")
        assert "Attention(nn.Module):" in source and "ALL_ATTENTION_FUNCTIONS.get_interface(" in source
