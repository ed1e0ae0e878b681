"""The section on robustness: a heat map of attack by strength, curves by family, and all numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

from .attack_plots import attack_plot
from .headline import Report
from .number_text import between, count, decimal, defined, percent, signed
from .page_content import Block, Cell, Plot, Section, Table, heat_cell, number_cell, text_cell

Results = Sequence[Mapping[str, Any]]
OTHER = "Other attacks"
COLUMNS = {
    "macro_f1": "macro-F1 before",
    "attacked_macro_f1": "macro-F1 under attack",
    "absolute_drop": "drop",
    "relative_drop": "relative drop",
    "attack_success_rate": "attack success",
    "evasion_rate": "evasion",
    "false_alarm_rate": "false alarms",
    "auroc_drop": "AUROC drop",
}


def robustness(report: Report, prefix: str) -> Section | None:
    """Show what every attack does at every strength, the worst first."""
    found = report.get("robustness") or {}
    results = [one for one in found.get("attacks") or [] if defined(one.get("strength")) is not None]
    if not results:
        return None
    heat = [_heat(results, "absolute_drop", "Drop of macro-F1, by attack and strength; darker is worse.", signed)]
    if any(defined(one.get("attack_success_rate")) is not None for one in results):
        text = "Attack success: of the texts that were right and that the attack changed, the share that is then wrong."
        heat.append(_heat(results, "attack_success_rate", text, percent))
    blocks = [Block(tables=heat, wide=True)]
    if plots := _curves(results, prefix):
        blocks.append(Block(plots, title="macro-F1 as attacks grow stronger", wide=True))
    blocks.append(Block(tables=[_numbers(results)]))
    return Section(f"{prefix}robustness", "Robustness to cloaking", _sentences(found, results), blocks)


def _sentences(found: Mapping[str, Any], results: Results) -> list[str]:
    names = len({one.get("attack") for one in results})
    rows = f"{count(found.get('rows'))} texts" + (", a sample stratified by class," if found.get("sampled") else "")
    attacks = "1 attack" if names == 1 else f"{names} attacks"
    text = f"{attacks} on {rows} with the seed {found.get('seed')}. Strength is the share of the places that change."
    means = [f"{decimal(drop)} at strength {strength}" for strength, drop in (found.get("mean_drop") or {}).items()]
    return [text, f"The mean drop of macro-F1 is {', '.join(means)}."] if means else [text]


def _by_attack(results: Results, measure: str) -> dict[str, dict[float, Any]]:
    """Order a measure by attack and strength, the attack with the highest one first."""
    values: dict[str, dict[float, Any]] = {}
    for one in results:
        values.setdefault(str(one.get("attack")), {})[float(one["strength"])] = one.get(measure)
    return dict(sorted(values.items(), key=lambda item: (-_highest(item[1].values()), item[0])))


def _highest(values: Any) -> float:
    return max((value for value in map(defined, values) if value is not None), default=-1.0)


def _heat(results: Results, measure: str, caption: str, write: Any) -> Table:
    values = _by_attack(results, measure)
    strengths = sorted({strength for row in values.values() for strength in row})
    top = max(map(_highest, (row.values() for row in values.values())))
    rows = [
        [text_cell(attack), *(heat_cell(row.get(strength), 0, max(top, 0.01), write) for strength in strengths)]
        for attack, row in values.items()
    ]
    return Table(caption, ["attack", *(f"{strength:g}" for strength in strengths)], rows, style="heat")


def family(attack: str) -> str:
    """Return the family of an attack: the part of the language that it works on."""
    from decloak.processing.cloaking import attack_class, available_attacks  # its package imports transformers

    if attack not in available_attacks():
        return OTHER
    return attack_class(attack).__module__.rpartition(".")[2].replace("_", " ").capitalize()


def _curves(results: Results, prefix: str) -> list[Plot]:
    lines = {
        attack: points
        for attack, row in _by_attack(results, "attacked_macro_f1").items()
        if len(points := _points(attack, row, results)) > 1
    }
    families: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for attack, points in lines.items():
        families.setdefault(family(attack), {})[attack] = points
    ends = [value for points in lines.values() for _, value in points]
    return [
        Plot(
            attack_plot(
                f"{prefix}attacks-{index}",
                f"{name}: macro-F1 against the strength of {len(members)} attacks",
                members,
                "macro-F1",
                (min(ends), max(ends)),
            ),
            name,
        )
        for index, (name, members) in enumerate(sorted(families.items(), key=lambda item: (item[0] == OTHER, item[0])))
    ]


def _points(attack: str, row: Mapping[float, Any], results: Results) -> list[tuple[float, float]]:
    """Return strength and macro-F1, from the clean texts at strength 0 on."""
    clean = next((defined(one.get("macro_f1")) for one in results if str(one.get("attack")) == attack), None)
    found = {0.0: clean, **dict(sorted(row.items()))}
    return [(strength, value) for strength, one in found.items() if (value := defined(one)) is not None]


def _numbers(results: Results) -> Table:
    used = [key for key in COLUMNS if any(defined(one.get(key)) is not None for one in results)]
    order = sorted(
        results, key=lambda one: (-_highest([one.get("absolute_drop")]), str(one.get("attack")), one["strength"])
    )
    rows = [
        [
            text_cell(one.get("attack")),
            number_cell(one["strength"], lambda value: f"{value:g}"),
            number_cell(one.get("n"), count),
            number_cell(one.get("changed"), count),
            *(_measure_cell(one, key) for key in used),
        ]
        for one in order
    ]
    columns = ["attack", "strength", "texts", "changed", *(COLUMNS[key] for key in used)]
    return Table("All numbers, the greatest drop first.", columns, rows, folded=f"All {len(rows)} results")


def _measure_cell(one: Mapping[str, Any], key: str) -> Cell:
    value = one.get(key)
    interval = (one.get("intervals") or {}).get(key)
    ends = between(interval)
    return Cell(f"{decimal(value)} ({ends})" if ends else decimal(value), defined(value), "number")


__all__ = ["family", "robustness"]
