"""Robustness: the same rows under every attack and strength."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decloak.evaluation.label_scheme import LabelScheme
from decloak.evaluation.metrics import paired_bootstrap, robustness_metrics
from decloak.evaluation.report_sections import clusters_of, language_of_row
from decloak.evaluation.scored_rows import Answers, ScoredRows
from decloak.processing.cloaking import available_attacks, load_attack

LANGUAGES = ("zh", "en")
AttackWatch = Callable[[Sequence[tuple[str, float]]], Iterable[tuple[str, float]]]

# What `robustness_metrics` returns, of an attack after which no text was answered.
_UNDEFINED = (
    "macro_f1",
    "attacked_macro_f1",
    "absolute_drop",
    "relative_drop",
    "attack_success_rate",
    "attack_success_interval",
    "evasion_rate",
    "false_alarm_rate",
    "auroc",
    "attacked_auroc",
    "auroc_drop",
    "changed_rows",
)
_UNMEASURED: dict[str, Any] = {"n": 0, "changed": 0, "unstable": 0} | dict.fromkeys(_UNDEFINED)


class NothingToAttackError(ValueError):
    """No row of the data is in the language of an attack."""


@dataclass(frozen=True)
class AttackSettings:
    """What is attacked, and how.

    Attributes:
        attacks: names; each is applied to the texts of its languages.
        strengths: shares of the places that change, each above 0 and at most 1.
        rows: how many rows are drawn, stratified by class; 0 for all.
        seed: of the sample and of the attacks.
        resamples: of the interval of a drop; 0 for none.
    """

    attacks: tuple[str, ...]
    strengths: tuple[float, ...] = (0.1, 0.3, 0.6, 1.0)
    rows: int = 1000
    seed: int = 0
    resamples: int = 1000

    def __post_init__(self) -> None:
        """Check the settings.

        Raises:
            ValueError: A strength is out of range, there is none, or the number of rows is negative.
        """
        wrong = [strength for strength in self.strengths if not 0 < strength <= 1]
        if wrong or not self.strengths:
            raise ValueError(f"strengths are {list(self.strengths)}; give numbers above 0, at most 1, such as 0.3")
        if self.rows < 0:
            raise ValueError(f"{self.rows} rows cannot be attacked; 0 attacks all")


def chosen_attacks(names: str) -> tuple[str, ...]:
    """Read `--attacks`: `all`, a language (`zh`, `en`), or names joined by commas.

    Raises:
        ValueError: A name is unknown.
    """
    known = available_attacks()
    chosen: list[str] = []
    for name in filter(None, (part.strip() for part in names.split(","))):
        if name == "all":
            chosen += known
        elif name in LANGUAGES:
            chosen += available_attacks(name)
        elif name in known:
            chosen.append(name)
        else:
            raise ValueError(f"no attack {name}; there are all, {', '.join(LANGUAGES)}, and {', '.join(known)}")
    if not chosen:
        raise ValueError("--attacks names none; give all, zh, en, or names of `decloak attack --list`")
    return tuple(dict.fromkeys(chosen))


def attack_section(
    answers: Answers,
    scored: ScoredRows,
    scheme: LabelScheme,
    settings: AttackSettings,
    watch: AttackWatch = iter,
) -> dict[str, Any]:
    """Attack rows that were answered, ask again, and compare.

    Args:
        answers: of an `AnswerStore`, so that texts which an attack leaves alone are not asked twice.
        scored: the rows without attack.
        scheme: how labels meet; of two classes.
        settings: what is attacked.
        watch: sees the pairs of attack and strength pass, to show progress.

    Returns:
        `Robustness` of the report's schema.

    Raises:
        NothingToAttackError: There are no rows, or no attack fits the languages of the data.
        ValueError: There are more than two classes.
    """
    check_classes(scheme)
    sample = scored.part(stratified_sample(scored.true, settings.rows, settings.seed))
    places = _by_language(sample)
    fitting = [name for name in settings.attacks if any(language in places for language in load_attack(name).languages)]
    if not fitting:
        raise NothingToAttackError(
            f"no row is in the language of {', '.join(settings.attacks)}: the data has {', '.join(sorted(places))}"
        )
    plan = [(name, strength) for name in fitting for strength in sorted(settings.strengths)]
    results = [_attacked(answers, sample, places, scheme, settings, *item) for item in watch(plan)]
    return {
        "rows": len(sample.rows),
        "sampled": len(sample.rows) < len(scored.rows),
        "seed": settings.seed,
        "strengths": sorted(settings.strengths),
        "attacks": results,
        **_summary(results),
    }


def check_classes(scheme: LabelScheme) -> None:
    """Check that attacks can be measured, which takes two classes.

    Raises:
        ValueError: There are more.
    """
    if len(scheme.names) != 2:
        raise ValueError(
            f"attacks are measured for two classes, and there are {len(scheme.names)}: {', '.join(scheme.names)}. "
            "Join some (--positive-label or --labels-map)"
        )


def stratified_sample(true: NDArray[np.int64], rows: int, seed: int) -> list[int]:
    """Draw places in order, each class with its share; all of them for 0 or as few."""
    if not rows or len(true) <= rows:
        return list(range(len(true)))
    chooser = random.Random(seed)  # noqa: S311  a sample, not a secret
    classes = {int(label): np.flatnonzero(true == label).tolist() for label in np.unique(true)}
    shares = {label: len(members) * rows / len(true) for label, members in classes.items()}
    sizes = {label: int(share) for label, share in shares.items()}
    for label in sorted(shares, key=lambda label: sizes[label] - shares[label])[: rows - sum(sizes.values())]:
        sizes[label] += 1
    return sorted(place for label, members in classes.items() for place in chooser.sample(members, sizes[label]))


def _by_language(sample: ScoredRows) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(sample.rows):
        places[language_of_row(row.values.get("language"), row.text)].append(place)
    return dict(places)


def _attacked(
    answers: Answers,
    sample: ScoredRows,
    places: dict[str, list[int]],
    scheme: LabelScheme,
    settings: AttackSettings,
    name: str,
    strength: float,
) -> dict[str, Any]:
    """Measure one attack at one strength on the rows of its languages."""
    attack = load_attack(name, strength=strength, seed=settings.seed)
    part = sample.part(sorted(place for language in attack.languages for place in places.get(language, ())))
    texts = attack.attack_many(row.text for row in part.rows)
    answered = list(answers(texts))
    # An attacked text that cannot be answered is no success of the attack; it is counted apart.
    usable = [place for place, answer in enumerate(answered) if answer["label"] is not None]
    part, lost = part.part(usable), len(texts) - len(usable)
    totals = [scheme.class_scores(answered[place]["scores"]) for place in usable]
    after = [scheme.predicted_class(answered[p]["label"], t) for p, t in zip(usable, totals, strict=True)]
    changed = [texts[place] != row.text for place, row in zip(usable, part.rows, strict=True)]
    named = {"attack": name, "strength": strength, "languages": list(attack.languages), "unanswered": lost}
    if not usable:
        return named | _UNMEASURED | {"intervals": {}}
    return {
        **named,
        **robustness_metrics(
            part.true, part.predicted, after, part.positive, [min(max(t[1], 0.0), 1.0) for t in totals], changed
        ),
        "intervals": _drop_interval(part, after, settings),
    }


def _drop_interval(part: ScoredRows, after: list[int], settings: AttackSettings) -> dict[str, Any]:
    if not settings.resamples:
        return {}
    paired = paired_bootstrap(
        part.true,
        part.predicted,
        after,
        resamples=settings.resamples,
        seed=settings.seed,
        clusters=clusters_of(part),
    )
    return {"absolute_drop": None if paired["interval"] is None else list(paired["interval"])}


def _summary(results: list[dict[str, Any]]) -> dict[str, Any]:
    drops = [result for result in results if result["absolute_drop"] is not None]
    worst = max(drops, key=lambda result: result["absolute_drop"], default=None)
    by_strength: dict[str, list[float]] = defaultdict(list)
    for result in drops:
        by_strength[f"{result['strength']:g}"].append(result["absolute_drop"])
    kept = ("attack", "strength", "absolute_drop", "attack_success_rate")
    return {
        "worst": None if worst is None else {key: worst[key] for key in kept},
        "mean_drop": {strength: float(np.mean(values)) for strength, values in by_strength.items()},
    }


__all__ = [
    "AttackSettings",
    "NothingToAttackError",
    "attack_section",
    "check_classes",
    "chosen_attacks",
    "stratified_sample",
]
