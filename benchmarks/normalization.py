"""What normalisation does to clean texts, what it gives back of attacked ones, and how fast it is.

    python benchmarks/normalization.py --texts comments.csv --texts more.csv.gz --format json

Clean: the share of texts that `light` changes, in all and among plain texts, which hold no invisible character, no
full-width letter and no letter of an alphabet but Latin. Attacks, on texts that `light` leaves alone: the share that
comes back exactly, and the share of changed words that do. `light` is compared with the text itself, `full` with the
text under `full`, as it folds more than an attack does. Speed: texts per CPU second, the best of the rounds.
"""

import json
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from decloak.processing.cloaking import load_attack
from decloak.processing.normalization import PROFILES, Normalizer
from decloak.training.data.tables import table_rows

CHINESE = re.compile("[\u4e00-\u9fff]")
# The attack, the profile that undoes it, and whether it is one on Chinese.
ATTACKS = (
    ("full_width", "light", False),
    ("zero_width", "light", False),
    ("zero_width", "light", True),
    ("homoglyphs", "light", False),
    ("full_width", "full", False),
    ("zero_width", "full", True),
    ("homoglyphs", "full", False),
    ("random_case", "full", False),
    ("traditional", "full", True),
    ("leet", "full", False),
    ("split", "full", True),
)


class Format(str, Enum):
    """How the results are printed."""

    table = "table"
    json = "json"


def is_plain(text: str) -> bool:
    """Tell whether a text holds nothing that `light` looks for, judged by the names of Unicode alone."""
    return all(character.isascii() or _is_plain(character) for character in text)


def _is_plain(character: str) -> bool:
    name, category = unicodedata.name(character, ""), unicodedata.category(character)
    if category in ("Cf", "Cc", "Cs") or "VARIATION SELECTOR" in name or "FILLER" in name or "JOINER" in name:
        return False
    return category[0] not in "LN" or name.startswith(("LATIN SMALL LETTER", "LATIN CAPITAL LETTER", "CJK"))


def clean_changes(texts: Iterable[str], normalizer: Normalizer) -> dict[str, Any]:
    """Count the texts that change, and by which steps."""
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for text in texts:
        result = normalizer(text)
        changed, plain = result.text != text, is_plain(text)
        counts.update(texts=1, changed=changed, plain_texts=plain, plain_texts_changed=changed and plain)
        kinds.update({change.kind for change in result.changes})
    share = round(counts["changed"] / max(1, counts["texts"]), 6)
    return {**counts, "share_changed": share, "texts_by_step": dict(kinds.most_common())}


def given_back(texts: Iterable[str], attack: Callable[[str], str], normalizer: Normalizer) -> dict[str, Any]:
    """Count the attacked texts, and the attacked words, that come back."""
    light = normalizer.profile.name == "light"
    attacked = exact = words = exact_words = 0
    for text in texts:
        cloaked = attack(text)
        if cloaked == text:
            continue
        wanted, found = text if light else normalizer(text).text, normalizer(cloaked).text
        attacked += 1
        exact += wanted == found
        if len(text.split()) == len(cloaked.split()) == len(wanted.split()) == len(found.split()):
            quadruples = zip(text.split(), cloaked.split(), wanted.split(), found.split(), strict=True)
            pairs = [(want, got) for word, hidden, want, got in quadruples if word != hidden]
            words += len(pairs)
            exact_words += sum(want == got for want, got in pairs)
    rates = {"exact": round(exact / max(1, attacked), 4), "exact_words": round(exact_words / max(1, words), 4)}
    return {"attacked": attacked, **rates}


def texts_per_second(texts: list[str], normalizer: Normalizer, rounds: int) -> float:
    """Return the rate of the fastest round."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for text in texts:
            normalizer(text)
        best = min(best, time.process_time() - start)
    return round(len(texts) / best)


def main(
    texts: Annotated[list[Path], typer.Option(help="Tables of clean texts; may be given more than once.")],
    column: Annotated[str, typer.Option(help="The column that holds the text.")] = "text",
    rows: Annotated[int, typer.Option(help="Texts of each language to attack and to time.")] = 2000,
    strength: Annotated[list[float] | None, typer.Option(help="Strengths of the attacks.")] = None,
    length: Annotated[int, typer.Option(help="Characters of the texts that are timed; longer ones are cut.")] = 40,
    rounds: Annotated[int, typer.Option(help="Rounds of timing; the fastest counts.")] = 5,
    form: Annotated[Format, typer.Option("--format", help="A table on stderr and JSON on stdout, or JSON alone.")] = (
        Format.table
    ),
) -> None:
    """Measure, and print the numbers as JSON on stdout."""
    normalizers = {name: Normalizer(name) for name in PROFILES}
    results: dict[str, Any] = {"clean": {}, "attacks": [], "texts_per_cpu_second": {}}
    sample: dict[bool, list[str]] = {True: [], False: []}
    for path in texts:
        found = [row.values[column] for row in table_rows(path, [column]) if not row.error]
        name = f"{path.parent.name}/{path.name}"
        results["clean"][name] = {kind: clean_changes(found, normalizers[kind]) for kind in PROFILES}
        for text in found:
            if normalizers["light"](text).text == text:
                sample[bool(CHINESE.search(text))].append(text)
    for attack, profile, chinese in ATTACKS:
        for force in strength or [0.3, 1.0]:
            measured = given_back(islice(sample[chinese], rows), load_attack(attack, force), normalizers[profile])
            language = "zh" if chinese else "en"
            results["attacks"].append(
                {"attack": attack, "strength": force, "language": language, "profile": profile, **measured}
            )
    for chinese, some in sample.items():
        timed = [text[:length] for text in some[:rows]]
        for name, normalizer in normalizers.items() if timed else ():
            rate = texts_per_second(timed, normalizer, rounds)
            results["texts_per_cpu_second"][f"{name} {'zh' if chinese else 'en'}"] = rate
    if form is Format.table:
        show(results)
    Console().print_json(json.dumps(results, ensure_ascii=False))


def show(results: dict[str, Any]) -> None:
    """Print the numbers for people, on stderr."""
    console = Console(stderr=True)
    clean = Table("clean texts", "texts", "changed by light", "share", "plain ones changed")
    for name, measured in results["clean"].items():
        light = measured["light"]
        counts = (light["texts"], light["changed"], f"{light['share_changed']:.4%}", light["plain_texts_changed"])
        clean.add_row(name, *map(str, counts))
    attacks = Table("attack", "strength", "language", "profile", "texts given back", "words given back")
    for row in results["attacks"]:
        name, force, language, profile, _, exact, words = row.values()
        attacks.add_row(name, f"{force}", language, profile, f"{exact:.2%}", f"{words:.2%}")
    speed = Table("profile", "texts per CPU second")
    for name, rate in results["texts_per_cpu_second"].items():
        speed.add_row(name, f"{rate:,.0f}")
    for table in (clean, attacks, speed):
        console.print(table)


if __name__ == "__main__":
    typer.run(main)
