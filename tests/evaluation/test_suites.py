import pytest

from decloak.evaluation.attack_runs import AttackSettings
from decloak.evaluation.evaluating import EvaluationSettings, LabelledTable, evaluate_table
from decloak.evaluation.report_sections import MeasureSettings
from decloak.evaluation.suites import SUITES, check_suite, language_of_name
from decloak.training.data.catalogue import load_entry
from tests.evaluation.scripted import WordClassifier, labelled_rows, scheme_of

QUICK = MeasureSettings(resamples=0)


def table(name: str = "d", **columns: list[str | None]) -> LabelledTable:
    return LabelledTable(name, labelled_rows(["a", "b", "c"], [0, 1, 1], **columns))


@pytest.mark.parametrize("name", ["hatecheck", "mhc"])
@pytest.mark.parametrize("columns", [{}, {"functionality": [None, "", None]}])
def test_a_suite_without_its_column_is_refused(name: str, columns: dict[str, list[str | None]]) -> None:
    with pytest.raises(ValueError, match=f"--suite {name} needs a column functionality, which second lacks"):
        check_suite(SUITES[name], [table("first", functionality=["x", None, None]), table("second", **columns)])


def test_tables_are_marked_with_their_suite() -> None:
    (checked,) = check_suite(SUITES["hatecheck"], [table(functionality=["x", "y", None])])
    assert (checked.suite, checked.language) == ("hatecheck", None)
    assert [one.suite for one in check_suite(SUITES["cross-dataset"], [table(), table("e")])] == ["cross-dataset"] * 2


def test_one_data_set_is_not_several() -> None:
    with pytest.raises(ValueError, match=r"--suite cross-dataset compares data sets: give two or more"):
        check_suite(SUITES["cross-dataset"], [table()])


def test_the_catalogue_knows_the_data_of_suites() -> None:
    for suite in SUITES.values():
        if suite.data is not None:
            assert load_entry(suite.data).name == suite.data


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("mandarin", "zh"),
        ("French", "fr"),
        ("hatecheck_cases_final_polish.csv", "pl"),
        ("mhc/german.parquet", "de"),
        ("frenchtoast", "frenchtoast"),
        ("data.csv", "data.csv"),
    ],
)
def test_names_of_languages_become_codes(name: str, code: str) -> None:
    assert language_of_name(name) == code


def test_every_language_of_the_catalogued_suite_is_known() -> None:
    entry = load_entry("multilingual_hatecheck")
    assert {language_of_name(split) for split in entry.splits} == set(entry.languages)


def test_each_table_of_mhc_is_one_language_unless_rows_say_otherwise() -> None:
    functionality = ["x", "y", "z"]
    tables = check_suite(
        SUITES["mhc"],
        [
            table("french", functionality=functionality),
            table("mandarin", functionality=functionality, language=["zh", None, "fr"]),
        ],
    )
    classifier = WordClassifier()
    french, mandarin = (
        evaluate_table(classifier, one, scheme_of(classifier), EvaluationSettings(QUICK)) for one in tables
    )
    assert french["dataset"]["languages"] == {"fr": 3}
    assert mandarin["dataset"]["languages"] == {"zh": 2, "fr": 1}
    assert (mandarin["dataset"]["suite"], french["functionality"]["accuracy"] is not None) == ("mhc", True)


def test_chinese_attacks_reach_the_mandarin_table() -> None:
    (mandarin,) = check_suite(SUITES["mhc"], [table("mandarin", functionality=["x", "y", "z"])])
    settings = EvaluationSettings(QUICK, AttackSettings(("homophone",), (1.0,), resamples=0))
    classifier = WordClassifier()
    report = evaluate_table(classifier, mandarin, scheme_of(classifier), settings)
    assert report["robustness"]["attacks"][0]["n"] == 3
