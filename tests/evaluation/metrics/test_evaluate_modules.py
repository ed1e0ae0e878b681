"""The four folders as `evaluate` modules: alone, offline, and with the numbers of the plain functions."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import evaluate
import pytest
import yaml

from decloak.evaluation import metrics
from decloak.evaluation.metrics import app

FOLDER = Path(metrics.__file__).parent
NAMES = ("hate_classification", "group_bias", "functionality", "cloaking_robustness")
CONFIGURATIONS = {
    "hate_classification": ("default", "scores"),
    "group_bias": ("default", "scores"),
    "functionality": ("default",),
    "cloaking_robustness": ("default", "scores", "changed", "scores_and_changed"),
}
# Run without decloak on the path: it prints what each module says of its example table, given in all ways.
PROGRAM = """
import json, sys
from pathlib import Path
import evaluate
found = {}
for name, columns in json.load(sys.stdin).items():
    folder = Path(sys.argv[1], name)
    full = {"cloaking_robustness": "scores_and_changed", "functionality": None}.get(name, "scores")
    metric = evaluate.load(str(folder), full)
    at_once = metric.compute(**columns)
    metric.add_batch(**{key: values[:9] for key, values in columns.items()})
    for row in range(9, len(columns["references"])):
        single = {key: values[row] for key, values in columns.items()}
        metric.add(prediction=single.pop("predictions"), reference=single.pop("references"), **single)
    assert metric.compute() == at_once == evaluate.load(str(folder)).compute(**columns), name
    found[name] = at_once
assert not any(name.split(".")[0] == "decloak" for name in sys.modules)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders as a Space has them: with files in place of links, and nothing of decloak around them."""
    return Path(shutil.copytree(FOLDER, tmp_path_factory.mktemp("spaces") / "metrics"))


def columns_of(name: str) -> dict[str, list[Any]]:
    return app.columns((FOLDER / name / "example.tsv").read_text(encoding="utf-8"))


def test_they_load_offline_without_decloak_and_say_what_the_functions_say(copies: Path, tmp_path: Path) -> None:
    environment = os.environ | {
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path),
        "PYTHONPATH": "",
        "HOME": str(tmp_path),
    }
    command = [sys.executable, "-c", PROGRAM, str(copies)]
    tables = json.dumps({name: columns_of(name) for name in NAMES})
    done = subprocess.run(command, input=tables, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(json.dumps(by_functions()))


def by_functions() -> dict[str, Any]:
    tables = {name: columns_of(name) for name in NAMES}
    bias, functions, robust = (tables[name] for name in NAMES[1:])
    labels, predictions, scores = (tables[NAMES[0]][key] for key in ("references", "predictions", "scores"))
    return {
        "hate_classification": metrics.classification_metrics(labels, predictions, scores)
        | metrics.ranking_metrics(labels, scores)
        | metrics.calibration_metrics(labels, scores),
        "group_bias": metrics.group_metrics(bias["references"], bias["predictions"], bias["scores"], bias["groups"]),
        "functionality": metrics.functionality_metrics(
            functions["references"], functions["predictions"], functions["functionalities"]
        ),
        "cloaking_robustness": metrics.robustness_metrics(
            *(robust[key] for key in ("references", "predictions", "attacked_predictions")),
            *(robust[key] for key in ("scores", "attacked_scores", "changed")),
        ),
    }


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Load a module into a cache of its own."""
    cache = tmp_path_factory.mktemp("cache")

    def loaded(name: str, configuration: str | None = None) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("evaluate.loading.init_hf_modules", lambda path=None: str(_modules(cache)))
            return evaluate.load(str(FOLDER / name), configuration, cache_dir=str(cache))

    return loaded


def _modules(cache: Path) -> Path:
    modules = cache / "modules"
    modules.mkdir(exist_ok=True)
    if str(modules) not in sys.path:
        sys.path.append(str(modules))
    return modules


def test_they_combine(load: Callable[..., Any]) -> None:
    both = evaluate.combine([load("hate_classification", "scores"), load("group_bias")])
    columns = columns_of("group_bias")
    both.add_batch(**columns)
    got = both.compute()
    assert got["macro_f1"] == by_functions()["hate_classification"]["macro_f1"]
    assert got["groups"]["women"]["fpr"] == by_functions()["group_bias"]["groups"]["women"]["fpr"]
    assert got["groups"]["women"]["bpsn_auc"] is None


def test_intervals_and_several_classes(load: Callable[..., Any]) -> None:
    metric = load("hate_classification")
    columns = columns_of("hate_classification")
    got = metric.compute(**columns, intervals=True, resamples=50, measures=["macro_f1"])
    assert got["intervals"]["macro_f1"][0] <= got["macro_f1"] <= got["intervals"]["macro_f1"][1]
    several = metric.compute(predictions=[0, 1, 2], references=[0, 1, 1], scores=[[1, 0, 0]] * 3, num_labels=3)
    assert several["confusion"] == [[1, 0, 0], [0, 1, 1], [0, 0, 0]] and "ece" not in several
    margins = metric.compute(predictions=[0, 1], references=[0, 1], scores=[-3.0, 4.0])
    assert margins["auroc"] == 1 and "ece" not in margins


@pytest.mark.parametrize("name", NAMES)
def test_configurations(name: str, load: Callable[..., Any]) -> None:
    for configuration in CONFIGURATIONS[name]:
        metric = load(name, configuration)
        assert metric.name == name and metric.description.strip() and "Args:" in metric.inputs_description
    if len(CONFIGURATIONS[name]) > 1:
        with pytest.raises(ValueError, match="the configuration is 'nothing'; use one of default"):
            load(name, "nothing")


def test_errors_reach_the_caller(load: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"references?|labels hold \[2\]"):
        load("functionality").compute(predictions=[0], references=[2], functionalities=["a"])


@pytest.mark.parametrize("name", NAMES)
def test_cards_are_true(name: str, load: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    card = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    _, head, body = card.split("---\n", 2)
    facts = yaml.safe_load(head)
    assert (facts["sdk"], facts["app_file"], facts["license"]) == ("gradio", "app.py", "apache-2.0")
    assert len(facts["short_description"]) <= 60
    (example,) = re.findall(r"```python\n(.*?)```", body, re.DOTALL)
    assert f'evaluate.load("path/to/{name}")' in example
    scope = {"evaluate": type("Loader", (), {"load": staticmethod(lambda _: load(name))})}
    exec(example.replace("import evaluate\n", ""), scope)  # noqa: S102  the card's own example
    assert capsys.readouterr().out.strip()
    keys = {key for key in scope["result"] if key not in ("attack_success_interval",)}  # type: ignore[attr-defined]
    assert {key for key in keys if f"`{key}`" not in body} == set()


@pytest.mark.parametrize("name", NAMES)
def test_folders_are_complete(name: str) -> None:
    """evaluate copies only what the module itself imports, by lines without a comment."""
    folder = FOLDER / name
    main = (folder / f"{name}.py").read_text(encoding="utf-8")
    named = set(re.findall(r"^from \.(\w+) import [^#\n]*$", main, re.MULTILINE))
    files = {file.stem for file in folder.glob("*.py")} - {"__init__", "app", name}
    assert named == files
    assert all(file.exists() and not file.readlink().is_absolute() for file in folder.iterdir() if file.is_symlink())
    requirements = (folder / "requirements.txt").read_text(encoding="utf-8")
    assert ("fairlearn" in requirements) == (name == "group_bias")


def test_importing_the_functions_loads_no_library_of_metrics() -> None:
    code = (
        "import sys, decloak.evaluation.metrics; "
        "print([m for m in ('evaluate', 'fairlearn', 'sklearn', 'datasets', 'pandas', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
