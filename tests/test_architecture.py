"""The rules of the house that no linter knows: who may import whom, and what remote code may look like."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST = 400
# The folders whose own files go to the Hub as remote code: saving puts those of both into one flat folder.
REMOTE_CODE = ("modeling", "processing")
# What a folder may import of decloak beside itself.
MAY_IMPORT = {
    # Its __init__ alone, and that alone: transformers cannot be imported beside some torchaudios before it ran.
    "modeling": ("processing.torchaudio_import",),
    "processing": (),
    "training": ("modeling", "processing"),
    "evaluation": ("modeling", "processing", "training.recipes", "training.data"),
    "reproduction": ("modeling", "processing", "training", "evaluation"),
    "hub_cards": ("modeling", "processing", "training", "evaluation"),
    "spaces": ("modeling", "processing", "training", "evaluation", "hub_cards"),
    "cli": ("modeling", "processing", "training", "evaluation", "reproduction", "hub_cards", "spaces"),
}


def modules(folder: str) -> list[Path]:
    """List the modules of a folder; a published repository inside it holds generated copies."""
    return [file for file in sorted((ROOT / folder).rglob("*.py")) if "decloak-small" not in file.parts]


def remote_code(folder: str) -> list[Path]:
    """List the modules that travel: those of the folder itself. Its packages stay, and are no part of a checkpoint."""
    return [file for file in modules(folder) if file.parent == ROOT / folder]


def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imports(file: Path, tree: ast.Module) -> Iterator[tuple[ast.stmt, str]]:
    """Find every import of a module, in functions too, as an absolute dotted name."""
    package = ["decloak", *file.relative_to(ROOT).parent.parts]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            # `from decloak import modeling` names a folder among the names.
            names = [f"{stem}.{alias.name}" for alias in node.names] if stem == "decloak" else [stem]
            yield from ((node, name) for name in names)


def allowed(name: str, folder: str) -> bool:
    inside = name.removeprefix("decloak").lstrip(".")
    if not name.startswith("decloak") or inside == "__version__":
        return True
    return any(f"{inside}.".startswith(f"{other}.") for other in (folder, *MAY_IMPORT[folder]))


def test_every_folder_has_its_rule() -> None:
    links = {path.name for path in (ROOT / "decloak").iterdir() if path.is_symlink()}
    assert links == set(MAY_IMPORT)


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_follow_the_table(folder: str) -> None:
    files = modules(folder)
    assert files
    found = [(file, node, name) for file in files for node, name in imports(file, parse(file))]
    wrong = [
        f"{file.relative_to(ROOT)}:{node.lineno} {name}" for file, node, name in found if not allowed(name, folder)
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("name", "folder", "expected"),
    [
        ("decloak.modeling.x", "training", True),
        ("decloak.training", "modeling", False),
        ("decloak.training.mmbert_trainer", "evaluation", False),
        ("decloak.training.data.tables", "evaluation", True),
        ("decloak.modeling_of_others", "evaluation", False),
        ("decloak.MMBertModel", "training", False),
        ("torch", "modeling", True),
    ],
)
def test_the_rule_itself(name: str, folder: str, expected: bool) -> None:
    assert allowed(name, folder) is expected


def test_file_names_are_unique_across_remote_code() -> None:
    names = Counter(file.name for folder in REMOTE_CODE for file in remote_code(folder) if file.name != "__init__.py")
    assert [name for name, count in names.items() if count > 1] == []
    assert names


@pytest.mark.parametrize("folder", REMOTE_CODE)
def test_remote_code_imports_its_siblings_only_as_the_hub_allows(folder: str) -> None:
    """Saving finds `from .module import name` and nothing else; annotations that are strings break loading."""
    for file in remote_code(folder):
        tree = parse(file)
        top = set(map(id, tree.body))
        for node, name in imports(file, tree):
            where = f"{file.relative_to(ROOT)}:{node.lineno}"
            assert name != "__future__", where
            if file.name == "__init__.py":
                continue
            assert not name.startswith("decloak") or isinstance(node, ast.ImportFrom), where
            if isinstance(node, ast.ImportFrom) and (node.level or name.startswith("decloak")):
                assert node.level == 1, where
                assert node.module and "." not in node.module, where
                assert id(node) in top, where


@pytest.mark.parametrize("folder", REMOTE_CODE)
def test_no_text_of_remote_code_reads_like_an_import(folder: str) -> None:
    """Saving looks for imports with a regular expression, in docstrings too."""
    for file in remote_code(folder):
        lines = file.read_text(encoding="utf-8").splitlines()
        statements = {node.lineno for node in ast.walk(ast.parse("\n".join(lines))) if isinstance(node, ast.ImportFrom)}
        found = {
            number for number, line in enumerate(lines, 1) if line.lstrip().startswith("from .") and " import" in line
        }
        assert found <= statements, file


def test_files_stay_short() -> None:
    files = [file for folder in (*MAY_IMPORT, "tests") for file in modules(folder)]
    lengths = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in files}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
