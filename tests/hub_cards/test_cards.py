import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard
from hypothesis import given
from hypothesis import strategies as st

from decloak.hub_cards.card_facts import cell, weight_facts
from decloak.hub_cards.cards import make_card, write_card
from decloak.hub_cards.repository_checks import MACHINE_PATH, check_repository
from tests.hub_cards.tiny_repository import BASELINE, LETTERS, MODEL, training_record

Edit = Callable[..., None]
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?(?![\w])")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Files of a measurement and of a baseline."""
    model, baseline = tmp_path / "model.json", tmp_path / "svm.json"
    model.write_text(json.dumps(MODEL), encoding="utf-8")
    baseline.write_text(json.dumps(BASELINE), encoding="utf-8")
    return model, baseline


def written(folder: Path, *arguments: Any, **named: Any) -> str:
    return write_card(folder, *arguments, **named).read_text(encoding="utf-8")


def numbers(value: Any) -> Iterator[float]:
    """Find every number of a JSON value, in strings too."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from numbers(key)
            yield from numbers(item)
    elif isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, str):
        yield from (float(found.replace(",", "")) for found in NUMBER.findall(value))
    elif isinstance(value, (int, float)):
        yield float(value)


def test_every_number_comes_from_a_file(repository: Path, files: tuple[Path, Path]) -> None:
    card = written(repository, {"some test": files[0]}, {("TF-IDF + linear SVM", "some test"): files[1]})
    body = card.split("---\n", 2)[2]
    config = json.loads((repository / "config.json").read_text(encoding="utf-8"))
    processor = json.loads((repository / "processor_config.json").read_text(encoding="utf-8"))
    inputs = set(numbers([config, processor, MODEL, BASELINE, weight_facts(repository)]))
    inputs |= {float(f"{value:.3f}") for value in inputs if abs(value) <= 1}  # measures are rounded
    inputs |= {116.0, 347.0}  # 463 steps, a quarter of them in the first stage
    # No numbers of ours: the paper's name, the width of 16-bit numbers, the parts of markup and code.
    text = re.sub(r"arXiv 2508\.00760|arxiv\.org/abs/2508\.00760|16-bit|95 %|macro-F1|labels' F1", "", body)
    found = set(numbers(text))
    assert found - inputs == set()
    assert {0.812, 0.627, 0.830, 0.795, -0.596, 4127.0, 53.0, 68.0, 463.0, 207.0, 29.0, 1519.0} <= found


def test_metadata(repository: Path, files: tuple[Path, Path]) -> None:
    path = write_card(repository, {"some test": files[0]}, base_models=["intfloat/multilingual-e5-small"])
    data = ModelCard.load(path).data.to_dict()
    assert data["license"] == "apache-2.0"
    assert data["language"] == ["zh", "en"]
    assert data["library_name"] == "transformers"
    assert data["pipeline_tag"] == "text-classification"
    assert data["tags"] == ["decloak", "hate-speech-detection", "mixture-of-experts", "custom_code"]
    assert data["datasets"] == ["someone/first-set"]
    assert data["base_model"] == ["intfloat/multilingual-e5-small"]
    assert data["metrics"] == ["f1", "matthews_correlation", "accuracy"]
    results = data["model-index"][0]["results"][0]
    assert results["dataset"]["name"] == "some test"
    assert [metric["value"] for metric in results["metrics"]] == [0.8124, 0.6272, 0.8302]


def test_tables_are_whole(repository: Path, files: tuple[Path, Path]) -> None:
    """Every row of a table has the columns of its head; a | in a name does not make a column."""
    card = written(repository, {"a | b": files[0]}, {("SVM", "a | b"): files[1]})
    tables = re.findall(r"(?:^\|.*\n)+", card, flags=re.MULTILINE)
    assert len(tables) == 7
    for table in tables:
        widths = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
        assert len(widths) == 1, table
    assert "| a \\| b | **decloak-tiny** | text, vision | 0.812 (0.801 to 0.823) | 0.627 | 0.830 | undefined |" in card
    assert "| a \\| b | SVM | not stated | 0.795 | -0.596 | 0.801 | 0.871 | 5,340 | not stated |" in card
    assert "| first_set | [someone/first-set](https://huggingface.co/datasets/someone/first-set) | apache-2.0 |" in card
    assert "| zh | rude \\| hateful | 4,229 | 53 | 17 | 31 | 1 | 4,127 | 1 |" in card
    assert "| second_set | A Second Set | not stated | en | not stated |" in card


def test_what_a_card_must_say(repository: Path, files: tuple[Path, Path]) -> None:
    card = written(repository, {"some test": files[0]}, repo_id="me/tiny")
    for part in (
        'pipeline("text-classification", model="me/tiny", revision="COMMIT", trust_remote_code=True)',
        'AutoProcessor.from_pretrained("me/tiny"',
        "decloak classify --model me/tiny",
        "pip install decloak",
        "Label 1 is what the tests call hateful.",
        "Kept out of training, with every text that they hold: first_test, second_test.",
        "Of second_set at most 900 rows",
        "| joint | 347 | classification | text, vision | all | default 0.0002, router 0.003 |",
        "; 11 more could not be encoded",
        "sight alone",
        "16-bit",
        "F16",
    ):
        assert part in card, part
    assert "None" not in card
    assert "{{" not in card
    assert "/home/" not in card
    assert not re.search(r"\n\n\n", card)


def test_a_repository_with_its_card_can_be_published(repository: Path, files: tuple[Path, Path]) -> None:
    card = written(repository, {"some test": files[0]}, {("SVM", "some test"): files[1]})
    assert MACHINE_PATH.search(card) is None
    assert check_repository(repository, 10**8)


def test_a_card_is_made_anew_alike(repository: Path, files: tuple[Path, Path]) -> None:
    assert written(repository, {"some test": files[0]}) == written(repository, {"some test": files[0]})


def test_without_measurements_the_card_says_so(repository: Path) -> None:
    card = written(repository, {})
    assert "No measurements were given" in card
    data = yaml.safe_load(card.split("---\n")[1])
    assert "model-index" not in data
    assert "metrics" not in data
    assert "model_name" not in data


def test_without_a_record_the_card_says_so(repository: Path, edit_json: Edit) -> None:
    edit_json(repository / "config.json", training_record=None)
    card = written(repository, {})
    assert "is not recorded in its configuration" in card
    assert "The languages of its training data are not recorded." in card
    assert "# model\n" in card
    assert "datasets" not in yaml.safe_load(card.split("---\n")[1])
    assert not re.search(r"\n\n\n", card)


@pytest.mark.parametrize("key", sorted({*training_record(), *(f"recipe.{key}" for key in training_record()["recipe"])}))
def test_no_part_of_the_record_is_needed(repository: Path, edit_json: Edit, key: str) -> None:
    record = training_record()
    del (record["recipe"] if "." in key else record)[key.split(".")[-1]]
    edit_json(repository / "config.json", training_record=record)
    card = make_card(repository, {}).content
    assert "None" not in card
    assert "## Limits" in card


def test_senses_are_those_of_the_configuration(repository: Path, edit_json: Edit) -> None:
    assert f"of {len(LETTERS) + 1} vectors of 4 numbers" in written(repository, {})
    edit_json(
        repository / "config.json",
        glyph_bank_size=0,
        vision_feature_size=None,
        sound_bank_size=55,
        speech_feature_size=6,
    )
    card = written(repository, {})
    assert "**Vision**: none." in card
    assert "of 55 vectors of 6 numbers" in card
    assert "sight alone" not in card


def test_a_calibrated_model_states_its_temperature(repository: Path, edit_json: Edit) -> None:
    assert "Scores are not calibrated" in written(repository, {})
    edit_json(repository / "config.json", temperature=1.37)
    assert "logits are divided by 1.37" in written(repository, {})


def test_a_card_states_what_calibration_was_measured_to_do(repository: Path, edit_json: Edit) -> None:
    assert "Scores are not calibrated" in written(repository, {})
    point = {"threshold": 0.935, "fpr": 0.0105, "fpr_interval": [0.0081, 0.0133], "recall": 0.408}
    record = {
        "date": "2026-11-24",
        "data": [{"name": "cold"}, {"name": "sbic"}],
        "languages": {"*": {"negatives": 6383, "thresholds": {"0.01": point}}},
    }
    isotonic = {"scores": [0.1, 0.9], "probabilities": [0.2, 0.8]}
    edit_json(repository / "config.json", calibration_record=record, isotonic=isotonic)
    card = written(repository, {})
    assert "a monotone map of 2 knots" in card
    assert "on cold, sbic (2026-11-24)" in card
    assert "| all | 6383 | 0.01 | 0.935 | 0.0105 (0.0081 to 0.0133) | 0.408 |\n" in card


def test_a_baseline_alone_is_refused(repository: Path, files: tuple[Path, Path]) -> None:
    with pytest.raises(ValueError, match=r"baselines on \['other'\].*measured on \['some test'\]"):
        write_card(repository, {"some test": files[0]}, {("SVM", "other"): files[1]})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not json", "is no JSON"),
        ("[]", "lacks"),
        ("{}", r"lacks \['macro_f1'"),
        (json.dumps({**MODEL, "mcc": 5}), r"'mcc': 5.*from -1 to 1"),
        (json.dumps({**MODEL, "accuracy": "0.9"}), "from -1 to 1"),
        (json.dumps({**MODEL, "macro_f1_interval": [0.1]}), "an interval is null or two numbers"),
        (json.dumps({**MODEL, "n": 7}), "does not add up to n"),
        (json.dumps({**MODEL, "confusion": 3}), "does not add up to n"),
        (json.dumps({**MODEL, "confusion": [[5340], [0, 0]]}), "not square"),
        ('{"macro_f1": NaN}', "lacks"),
        (json.dumps({**MODEL, "auroc": float("nan")}), "from -1 to 1"),
    ],
)
def test_what_is_no_measurement_is_refused(repository: Path, tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "bad.json").write_text(content, encoding="utf-8")
    before = (repository / "README.md").read_bytes()
    with pytest.raises(ValueError, match=message):
        write_card(repository, {"some test": tmp_path / "bad.json"})
    assert (repository / "README.md").read_bytes() == before


def test_missing_files_are_named(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no evaluation .*absent\.json \(for some test\)"):
        write_card(repository, {"some test": tmp_path / "absent.json"})
    (repository / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="has no weights"):
        write_card(repository, {})
    with pytest.raises(FileNotFoundError, match=r"no model repository: it has no config\.json"):
        write_card(tmp_path / "nowhere", {})


@pytest.mark.parametrize("name", ["bert", "a/b/c", "x y/z"])
def test_wrong_hub_ids_are_refused(repository: Path, name: str) -> None:
    with pytest.raises(ValueError, match="reads user/name"):
        write_card(repository, {}, repo_id=name)
    with pytest.raises(ValueError, match="reads user/name"):
        write_card(repository, {}, base_models=[name])


@given(st.text())
def test_a_cell_stays_in_its_table(text: str) -> None:
    written_cell = cell(text)
    assert len(f"{written_cell} ".splitlines()) == 1
    assert re.search(r"(?<!\\)\|", written_cell) is None
