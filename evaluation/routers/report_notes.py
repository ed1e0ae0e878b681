"""What a reader must know before believing the numbers on routers, in sentences."""

from collections.abc import Mapping
from typing import Any

from .specialisation import TEXTS, UNCLOAKED

FEW_TEXTS = 30


def report_notes(report: Mapping[str, Any]) -> list[str]:
    """List the notes of a report that has all else."""
    return [*_senses(report), *_rows(report), *_cloaking(report), *_alignment(report)]


def _senses(report: Mapping[str, Any]) -> list[str]:
    absent = [name for name in report["experts"] if name not in report["senses"]]
    notes = [
        f"The model has no {name}: its {name} expert never had tokens of its own, and is named so only by its place."
        for name in absent
        if name != "speech" or "transcript" not in report["senses"]
    ]
    plain = [count for senses, count in report["sides"][TEXTS]["senses"].items() if senses == "text"]
    if plain:
        windows = report["sides"][TEXTS]["windows"]
        notes.append(f"{sum(plain)} of {windows} windows had no sense but the text.")
    return notes


def _rows(report: Mapping[str, Any]) -> list[str]:
    notes = []
    for name, words in ((TEXTS, "texts"), (UNCLOAKED, "uncloaked twins")):
        side = report["sides"].get(name)
        if side and side["errors"]:
            notes.append(f"{side['errors']} windows of {words} could not be read; they are in no number.")
    if 0 < report["twins"] < report["texts"]:
        notes.append(f"{report['texts'] - report['twins']} of {report['texts']} texts have no twin.")
    return notes


def _cloaking(report: Mapping[str, Any]) -> list[str]:
    if report["specialisation"] is None:
        return ["There are no uncloaked twins, so that nothing is said on cloaking: give twins or an attack."]
    counts = {name: one["texts"] for name, one in report["specialisation"].items()}
    short = sorted(name for name, count in counts.items() if count < FEW_TEXTS)
    notes = [f"Fewer than {FEW_TEXTS} texts are behind {', '.join(short)}: read intervals with care."] if short else []
    lost = report["changed"] - min(counts.values())
    if lost > 0:
        notes.append(
            f"{lost} of {report['changed']} changed texts lack a kind of token that some contrast needs: all of the "
            "text changed, or something was only put in or taken out."
        )
    return notes


def _alignment(report: Mapping[str, Any]) -> list[str]:
    limit = report["settings"]["thresholds"]["alignment_limit"]
    return [
        f"The alignment of {one['sense']} ({one['target']}) has an MSE of {one['mse']:.3f}, below {limit:g}, but "
        f"predicting the mean of the targets has {one['mean_mse']:.3f}: it says nothing of alignment."
        for one in report["alignment"] or []
        if one["below_limit"] and not one["beats_mean"]
    ]


__all__ = ["FEW_TEXTS", "report_notes"]
