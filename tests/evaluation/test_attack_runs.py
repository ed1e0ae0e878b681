import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decloak.evaluation import metrics
from decloak.evaluation.answer_store import AnswerStore
from decloak.evaluation.attack_runs import AttackSettings, attack_section, chosen_attacks, stratified_sample
from decloak.evaluation.label_scheme import label_scheme
from decloak.evaluation.scored_rows import ScoredRows, score_rows
from decloak.processing.cloaking import available_attacks, load_attack
from tests.evaluation.scripted import WORD, WordClassifier, labelled_rows, many_texts, scheme_of

FULL_WIDTH = AttackSettings(("full_width",), (1.0,), resamples=0)
CHINESE = ("homophone", "leet")


def scored_rows(classifier: WordClassifier, texts: list[str], labels: list[int], **columns: Any) -> ScoredRows:
    return score_rows(classifier.answers, labelled_rows(texts, labels, **columns), scheme_of(classifier))


def attacked(
    texts: list[str],
    labels: list[int],
    settings: AttackSettings,
    classifier: WordClassifier | None = None,
    **columns: Any,
) -> dict[str, Any]:
    classifier = classifier or WordClassifier()
    with AnswerStore(classifier) as store:
        scored = score_rows(store.answers, labelled_rows(texts, labels, **columns), scheme_of(classifier))
        return attack_section(store.answers, scored, scheme_of(classifier), settings)


@pytest.mark.parametrize("strengths", [(0.0,), (0.3, 0), (1.1,), (-0.1,), (float("nan"),), ()])
def test_strengths_outside_of_their_range_are_refused(strengths: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="give numbers above 0, at most 1"):
        AttackSettings(("leet",), strengths)


def test_a_negative_number_of_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 rows cannot be attacked; 0 attacks all"):
        AttackSettings(("leet",), rows=-1)


def test_names_of_attacks_are_read() -> None:
    everything = tuple(available_attacks())
    assert chosen_attacks("all") == everything
    assert chosen_attacks("zh,en") == tuple(dict.fromkeys([*available_attacks("zh"), *available_attacks("en")]))
    assert set(chosen_attacks("zh,en")) == set(everything)
    assert chosen_attacks(" leet , homophone,leet") == ("leet", "homophone")
    assert chosen_attacks("leet,all")[0] == "leet"
    for name in ("nonsense", "Leet", "fr"):
        with pytest.raises(ValueError, match=f"no attack {name}; there are all, zh, en, and .*leet"):
            chosen_attacks(f"leet,{name}")
    for nothing in ("", " , "):
        with pytest.raises(ValueError, match="--attacks names none"):
            chosen_attacks(nothing)


def test_evasion_by_hand() -> None:
    """Full width spells each Latin letter anew, so that the classifier finds no word and says fine."""
    texts = [f"a {WORD}", f"the {WORD}", "a friend", "the friend", f"some {WORD}"]
    got = attacked(texts, [1, 1, 0, 1, 0], FULL_WIDTH)
    (result,) = got["attacks"]
    # Before: right on rows 0, 1 and 2; the word stands in 0, 1 and 4. After: fine everywhere, right on 2 and 4.
    assert (result["n"], result["changed"], result["unanswered"], result["unstable"]) == (5, 5, 0, 0)
    assert result["attack_success_rate"] == pytest.approx(2 / 3)
    assert (result["evasion_rate"], result["false_alarm_rate"]) == (1.0, 0.0)
    before, after = (2 * 1 / 4 + 2 * 2 / 6) / 2, (2 * 2 / 7 + 0) / 2
    assert result["macro_f1"] == pytest.approx(before)
    assert result["attacked_macro_f1"] == pytest.approx(after)
    assert result["absolute_drop"] == pytest.approx(before - after)
    assert result["languages"] == ["en"]
    assert got["worst"]["attack"] == "full_width"
    assert got["mean_drop"] == {"1": pytest.approx(before - after)}


def test_results_are_those_of_the_metric_functions() -> None:
    texts, labels = many_texts(60)
    got = attacked(texts, labels, AttackSettings(("leet",), (0.5,), seed=3, resamples=40))
    classifier = WordClassifier()
    changed = load_attack("leet", strength=0.5, seed=3).attack_many(texts)
    one, other = (scored_rows(classifier, some, labels) for some in (texts, changed))
    expected = metrics.robustness_metrics(
        labels, one.predicted, other.predicted, one.positive, other.positive, list(map(str.__ne__, texts, changed))
    )
    (result,) = got["attacks"]
    assert {name: result[name] for name in expected} == expected
    paired = metrics.paired_bootstrap(labels, one.predicted, other.predicted, resamples=40, seed=3)
    assert result["intervals"] == {"absolute_drop": list(paired["interval"])}
    assert (got["rows"], got["sampled"], got["seed"], got["strengths"]) == (60, False, 3, [0.5])
    json.dumps(got, allow_nan=False)


def test_rows_of_another_language_are_left_alone() -> None:
    classifier = WordClassifier()
    texts = ["今天很好", f"a {WORD}", "bonjour", "再见"]
    scored = scored_rows(classifier, texts, [0, 1, 0, 1], language=[None, None, "fr", "zh"])
    classifier.asked.clear()
    settings = AttackSettings(CHINESE, (1.0,), resamples=0)
    got = attack_section(classifier.answers, scored, scheme_of(classifier), settings)
    assert [(one["attack"], one["n"]) for one in got["attacks"]] == [("homophone", 2), ("leet", 1)]
    assert len(classifier.asked) == 3
    assert "bonjour" not in classifier.asked


def test_no_row_in_the_language_of_an_attack() -> None:
    with pytest.raises(ValueError, match=r"no row is in the language of homophone: the data has en, fr$"):
        attacked(["a", "b"], [0, 1], AttackSettings(("homophone",)), language=["fr", None])


def test_the_same_seed_gives_the_same_result_and_another_does_not() -> None:
    texts, labels = many_texts(80)
    first, second, third = (
        attacked(texts, labels, AttackSettings(("leet", "misspelling"), (0.2, 0.6), 30, seed, 20)) for seed in (1, 1, 2)
    )
    assert first == second
    assert first["attacks"] != third["attacks"]
    assert first["rows"] == 30 and first["sampled"]


def test_texts_that_an_attack_leaves_alone_are_not_asked_again() -> None:
    classifier = WordClassifier()
    texts = ["123", "456", f"a {WORD}"]
    got = attacked(texts, [0, 1, 1], AttackSettings(("leet",), (1.0,), resamples=0), classifier)
    assert got["attacks"][0]["changed"] == 1
    assert len(classifier.asked) == 4


def test_results_come_by_attack_then_strength() -> None:
    texts, labels = many_texts(20)
    got = attacked(texts, labels, AttackSettings(("leet", "accents"), (1.0, 0.2), resamples=0))
    order = [(one["attack"], one["strength"]) for one in got["attacks"]]
    assert order == [("leet", 0.2), ("leet", 1.0), ("accents", 0.2), ("accents", 1.0)]
    assert list(got["mean_drop"]) == ["0.2", "1"]
    drops = [one["absolute_drop"] for one in got["attacks"]]
    assert got["worst"]["absolute_drop"] == max(drops)
    assert got["mean_drop"]["1"] == pytest.approx(np.mean([drops[1], drops[3]]))


class Fragile(WordClassifier):
    """Cannot read what is written in full width."""

    def __init__(self, breaks_on: str) -> None:
        super().__init__()
        self.breaks_on = breaks_on

    def answers(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        for text in texts:
            lost = any(letter in text for letter in self.breaks_on)
            yield {"label": None, "score": None, "error": "no"} if lost else self._answer(text)


def test_attacked_texts_without_an_answer_are_counted_apart() -> None:
    texts = ["zoo", f"a {WORD}", "b"]
    (result,) = attacked(texts, [0, 1, 0], FULL_WIDTH, Fragile("ｚ"))["attacks"]
    assert (result["n"], result["unanswered"]) == (2, 1)


def test_an_attack_after_which_nothing_is_answered_costs_no_other() -> None:
    texts, labels = many_texts(10)
    settings = AttackSettings(("full_width", "leet"), (1.0,), resamples=5)
    got = attacked(texts, labels, settings, Fragile("ｅ"))
    lost, other = got["attacks"]
    assert (lost["n"], lost["unanswered"], lost["absolute_drop"], lost["intervals"]) == (0, 10, None, {})
    assert set(lost) == set(other)
    assert (other["n"], got["worst"]["attack"]) == (10, "leet")
    json.dumps(got, allow_nan=False)


def test_more_than_two_classes_are_refused() -> None:
    classifier = WordClassifier(labels=["calm", "rude", "hate"])
    scored = score_rows(
        classifier.answers, labelled_rows(["a"], [1], scheme_of(classifier)), label_scheme(classifier.labels, [])
    )
    with pytest.raises(ValueError, match="two classes, and there are 3: calm, rude, hate. Join some"):
        attack_section(classifier.answers, scored, scheme_of(classifier), FULL_WIDTH)


def test_rows_of_one_source_widen_the_interval_of_a_drop() -> None:
    texts, labels = many_texts(60)
    settings = AttackSettings(("leet",), (1.0,), resamples=60)
    alone = attacked(texts, labels, settings)
    together = attacked(texts, labels, settings, group=[f"g{number // 15}" for number in range(60)])
    assert alone["attacks"][0]["intervals"] != together["attacks"][0]["intervals"]
    assert alone["attacks"][0]["absolute_drop"] == together["attacks"][0]["absolute_drop"]


def test_progress_sees_the_plan() -> None:
    seen: list[tuple[str, float]] = []

    def watch(plan: Iterable[tuple[str, float]]) -> Iterator[tuple[str, float]]:
        for item in plan:
            seen.append(item)
            yield item

    classifier = WordClassifier()
    scored = scored_rows(classifier, *many_texts(6))
    settings = AttackSettings(("leet",), (0.5, 0.1), resamples=0)
    attack_section(classifier.answers, scored, scheme_of(classifier), settings, watch)
    assert seen == [("leet", 0.1), ("leet", 0.5)]


@given(st.lists(st.integers(0, 2), max_size=60), st.integers(0, 70), st.integers(0, 5))
def test_samples_hold_each_class_with_its_share(labels: list[int], rows: int, seed: int) -> None:
    true = np.array(labels, dtype=np.int64)
    chosen = stratified_sample(true, rows, seed)
    assert chosen == sorted(set(chosen)) == stratified_sample(true, rows, seed)
    wanted = len(labels) if not rows else min(rows, len(labels))
    assert len(chosen) == wanted
    for label in set(labels):
        share = labels.count(label) * wanted / len(labels)
        assert abs(int((true[chosen] == label).sum()) - share) < 1


def test_samples_differ_by_seed() -> None:
    true = np.array([0, 1] * 50)
    assert stratified_sample(true, 20, 0) != stratified_sample(true, 20, 1)
