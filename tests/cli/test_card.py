import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from decloak.cli.card import model_and_data
from tests.hub_cards.tiny_repository import BASELINE, MODEL, save_tiny_repository

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "model"
    save_tiny_repository(folder)
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    for name, values in (("model", MODEL), ("svm", BASELINE)):
        (tmp_path / f"{name}.json").write_text(json.dumps(values), encoding="utf-8")
    return Path(shutil.copytree(finished, tmp_path / "repository"))


def test_card_writes_and_names_the_file(run_decloak: Run, folder: Path) -> None:
    measured, other = folder.parent / "model.json", folder.parent / "svm.json"
    done = run_decloak(
        "card", folder, "--evaluation", f"my test={measured}", "--baseline", f"TF-IDF + linear SVM: my test={other}",
        "--repo-id", "me/tiny", "--base-model", "you/base", "--license", "mit",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(folder / "README.md")
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "| my test | TF-IDF + linear SVM |" in card
    assert "license: mit" in card
    assert "- you/base" in card


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--evaluation", "test.json"], "it must read NAME=VALUE"),
        (["--baseline", "svm=x.json"], "it must read MODEL:DATA=FILE"),
        (["--evaluation", "a=absent.json"], "no evaluation absent.json"),
        (["--repo-id", "tiny"], "reads user/name"),
    ],
)
def test_wrong_options_are_one_line(run_decloak: Run, folder: Path, options: list[str], message: str) -> None:
    done = run_decloak("card", folder, *options)
    assert done.exit_code == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "README.md").exists()


def test_the_first_colon_parts_model_and_data() -> None:
    assert model_and_data("svm: set: part") == ("svm", "set: part")
    for wrong in ("svm", ":set", "svm:", " : "):
        with pytest.raises(ValueError, match="MODEL:DATA=FILE"):
            model_and_data(wrong)


def test_publish_refuses_before_it_sends(run_decloak: Run, folder: Path) -> None:
    done = run_decloak("publish", folder, "me/tiny")
    assert done.exit_code == 1
    assert "it has no README.md (make the card with `decloak card`)" in done.stderr
    done = run_decloak("publish", folder, "tiny")
    assert done.exit_code == 1
    assert "it must read user/name" in done.stderr
