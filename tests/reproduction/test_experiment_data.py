import json
from pathlib import Path
from typing import Any

import pytest

from decloak.reproduction.experiment import Experiment
from decloak.reproduction.experiment_data import ExperimentTables, experiment_tables
from decloak.reproduction.source_tables import Places, SourceRow, SourceTable, read_sources
from decloak.training.data.near_duplicates import near_duplicates
from decloak.training.data.text_identity import normalised
from tests.reproduction.tiny_experiment import SENTENCES, TESTED, TRAINED, experiment_values


def read(inputs: Path, **changes: Any) -> tuple[Experiment, dict[str, SourceTable]]:
    experiment = Experiment.model_validate(experiment_values() | changes)
    return experiment, read_sources(experiment, Places(root=inputs / "data"))


def made(inputs: Path, **changes: Any) -> ExperimentTables:
    return experiment_tables(*read(inputs, **changes))


def test_no_held_out_group_and_nothing_like_a_test_text_is_trained_on(inputs: Path) -> None:
    _, sources = read(inputs)
    tables = made(inputs)
    base = {row.id: row.text for row in sources["base"].rows}
    held = {base[one.row.id] for one in tables.tests["homophone"]}
    trained = [one.row.text for rows in tables.train.values() for one in rows]
    tested = [one.row.text for rows in tables.tests.values() for one in rows]
    assert held and not held & set(trained)
    assert not {normalised(text) for text in tested} & {normalised(text) for text in trained}
    assert not near_duplicates(tested, trained, 0.7, cloaked=True)
    held_ids = {row.id for row in sources["base"].rows if row.text in tables.excluded}
    assert not held_ids & {one.row.id for one in tables.train["homophone"]}
    assert len(held_ids) >= 12


def test_every_row_is_accounted_for(inputs: Path) -> None:
    account = made(inputs).account
    assert account["holdout"]["found"]["rows"] == 12
    for name, read_rows in {"toxicn_train": SENTENCES + TRAINED, "homophone": SENTENCES + 1}.items():
        counts = account["train"][name]
        reasons = ("held_out_group", "equal", "near", "near_uncloaked", "validation", "rows")
        assert sum(counts.get(reason, 0) for reason in reasons) == counts["read"] == read_rows
    assert account["tests"]["toxicn"]["rows"] == TESTED
    assert account["tests"]["homophone"]["rows"] + account["tests"]["homophone"]["left_out"] == 12
    assert account["sources"]["base"]["files"][0]["sha256"]
    json.dumps(account)


def test_language_models_read_nothing_that_is_tested(inputs: Path) -> None:
    values = experiment_values()["variants"]
    tables = made(inputs, variants=[*values, {"name": "reads", "recipe": "tiny.yaml", "language": ["base", "emoji"]}])
    read = [one.row.text for rows in tables.language.values() for one in rows]
    assert read and set(tables.language) == {"base", "emoji"} and "base" not in tables.train
    assert not set(read) & set(tables.excluded)
    held = {one.row.id for one in tables.tests["homophone"]}
    assert not held & {one.row.id for one in tables.language["emoji"]}
    assert tables.account["language"]["base"]["held_out_group"] >= 12
    assert made(inputs).language == {}
    assert [one.row for one in tables.validation] == [one.row for one in made(inputs).validation]


def test_uncloaked_rows_are_the_base_texts_of_exactly_the_changed_rows(inputs: Path) -> None:
    _, sources = read(inputs)
    base = {row.id: row for row in sources["base"].rows}
    tables = made(inputs)
    cloaked, uncloaked = tables.tests["homophone"], tables.tests["homophone-uncloaked"]
    assert [one.row.id for one in cloaked] == [one.row.id for one in uncloaked]
    assert [one.row.label for one in cloaked] == [one.row.label for one in uncloaked]
    assert [one.group for one in cloaked] == [one.group for one in uncloaked]
    assert all(one.row.text != base[one.row.id].text for one in cloaked)
    assert [one.row for one in uncloaked] == [base[one.row.id] for one in cloaked]


def test_unchanged_rows_stay_where_they_are_wanted(inputs: Path) -> None:
    tests = [{"name": "emoji", "source": "emoji", "changed_only": only, "uncloaked": True} for only in (True, False)]
    paper = {"source": "a", "table": "b"}
    some, whole = (made(inputs, tests=[test], paper=paper, holdout=None).tests["emoji"] for test in tests)
    assert len(whole) == SENTENCES + 1 > len(some)


def test_a_relabelled_row_is_in_no_drop(inputs: Path) -> None:
    experiment, sources = read(inputs)
    rows = [SourceRow(row.text, 1 - row.label, row.id) for row in sources["homophone"].rows]
    with pytest.raises(ValueError, match="test homophone: none of the 12 rows of homophone"):
        experiment_tables(experiment, {**sources, "homophone": SourceTable(rows)})


def test_validation_shares_no_group_with_training(inputs: Path) -> None:
    tables = made(inputs, train=["toxicn_train", "homophone"], validation={"share": 0.3})
    assert tables.validation
    validated = {one.group for one in tables.validation}
    assert not validated & {one.group for rows in tables.train.values() for one in rows}


def test_validation_of_its_own_leaves_the_training_rows(inputs: Path) -> None:
    data = experiment_values()["data"] | {"dev": {"entry": "toxicloakcn", "part": "emoji", "variant_of": "base"}}
    tables = made(inputs, data=data, validation={"source": "dev"})
    assert set(tables.train) == {"toxicn_train", "homophone"}
    assert tables.account["validation"]["rows"] == len(tables.validation) > 0
    assert not {one.row.text for one in tables.validation} & set(tables.excluded)


def test_the_same_data_gives_the_same_rows(inputs: Path) -> None:
    assert made(inputs) == made(inputs)


def test_test_suites_and_empty_tables_are_refused(inputs: Path) -> None:
    data = experiment_values()["data"] | {"suite": {"entry": "hatecheck", "part": "test"}}
    experiment = Experiment.model_validate(experiment_values() | {"data": data, "train": ["suite"]})
    with pytest.raises(ValueError, match="suite is a part of hatecheck, a test suite: it must never be trained on"):
        experiment_tables(experiment, {})
    with pytest.raises(ValueError, match="no row of toxicn_test is left to train on"):
        made(inputs, train=["toxicn_test"])


def test_places_of_data(inputs: Path, tmp_path: Path) -> None:
    experiment, _ = read(inputs)
    with pytest.raises(ValueError, match="source toxicn_train is nowhere: .* --data toxicn_train=PATH"):
        read_sources(experiment, Places())
    with pytest.raises(ValueError, match="--data names colour; tiny has base, emoji"):
        read_sources(experiment, Places({"colour": tmp_path}))
    (tmp_path / "mine.csv").write_text("id,text,label\n7,好好好,1\n", encoding="utf-8")
    named = {"toxicn": inputs / "data" / "toxicn", "toxicn_test": tmp_path / "mine.csv"}
    sources = read_sources(experiment, Places(named, inputs / "data"))
    assert sources["toxicn_test"].rows == [SourceRow("好好好", 1, "7")]
    assert len(sources["toxicn_train"].rows) == SENTENCES + TRAINED
    assert sources["toxicn_train"].facts["license"] == "CC-BY-NC-ND-4.0"
