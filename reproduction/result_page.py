"""`results.md`: the tables of an experiment for people."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).parent / "templates"
HEADINGS = ("variant", "seeds", "macro-F1", "interval", "MCC", "AUROC", "difference", "p", "drop", "paper")


def page_text(results: Mapping[str, Any]) -> str:
    """Return the page as Markdown.

    Args:
        results: what `results.json` holds.

    Raises:
        ImportError: jinja2 is missing.
    """
    experiment = results["experiment"]
    return rendered(
        "results.md.jinja",
        experiment=experiment,
        level=f"{experiment['measuring']['level'] * 100:g}",
        grouped=any(test["rows"] > test["groups"] for test in results["data"]["tests"].values()),
        baseline=next((one["name"] for one in experiment["variants"] if one["baseline"]), None),
        tests=[_test(test, results["data"]["tests"].get(test["name"])) for test in results["tests"]],
        runs=markdown_table(*run_cells(results["runs"])),
        failures=[f"{run['variant']}, seed {run['seed']}: {run['error']}" for run in results["runs"] if run["error"]],
        data=markdown_table(*data_cells(results["data"]["train"])),
        holdout=_holdout(results["data"]["holdout"]),
        notes=results["notes"],
        command=results["command"],
        versions=version_list(results["versions"]),
        created=results["created"],
    )


def rendered(template: str, **values: Any) -> str:
    """Fill a template of a page.

    Raises:
        ImportError: jinja2 is missing.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # Markdown, where HTML's escapes would show; cells escape what is Markdown's themselves.
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = environment.get_template(template).render(**values)
    return "\n".join(_without_double_blanks(text.splitlines())) + "\n"


def markdown_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Lay rows out as a Markdown table; bars and line breaks in cells are made harmless."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def variant_rows(test: Mapping[str, Any]) -> list[list[str]]:
    """Return the cells of each variant of a test, under `HEADINGS`."""
    return [_variant(name, row, test["paper_by_variant"].get(name)) for name, row in test["variants"].items()]


def _variant(name: str, row: Mapping[str, Any], paper: Mapping[str, Any] | None) -> list[str]:
    measures, difference, drop = row["measures"], row["difference"], row["drop"]
    return [
        name,
        str(len(row["seeds"])),
        mean(measures["macro_f1"]),
        interval(row["interval"]),
        number(measures["mcc"]["mean"]),
        number(measures["auroc"]["mean"]),
        "" if difference is None else signed(difference["difference"], difference["interval"]),
        "" if difference is None else number(difference["p_value"]),
        "" if drop is None else signed(drop["difference"], drop["interval"]),
        "" if paper is None else paper_number(paper),
    ]


def _test(test: Mapping[str, Any], size: Mapping[str, int] | None) -> dict[str, Any]:
    about = f"{test['n']} rows were measured."
    if size is not None:
        about = f"{size['rows']} rows ({size['positives']} positive) of {size['groups']} source sentences."
    if test["of"] != test["name"]:
        about += f" The same rows as {test['of']}, before they were cloaked."
    attacked = [_attack_row(name, one) for name, row in test["variants"].items() for one in row["attacks"]]
    return {
        "name": test["name"],
        "about": about,
        "table": markdown_table(HEADINGS, variant_rows(test)) if test["variants"] else "No run was measured on it.",
        "paper": [paper_number(one) for one in test["paper"]],
        "attacks": markdown_table(("variant", "attack", "strength", "macro-F1", "drop"), attacked) if attacked else "",
    }


def _attack_row(name: str, one: Mapping[str, Any]) -> list[str]:
    attack = one["attack"] + (" (trained on)" if one["trained_on"] else "")
    return [name, attack, f"{one['strength']:g}", mean(one["attacked_macro_f1"]), mean(one["absolute_drop"])]


def run_cells(runs: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Return the headings and the rows of the table of runs."""
    headings = ["variant", "seed", "status", "parameters", "of banks", "training texts", "steps", "seconds"]
    return headings, [_run(run) for run in runs]


def _run(run: Mapping[str, Any]) -> list[str]:
    parameters, training = run["parameters"] or {}, run["training"]
    seconds = (training["seconds"] or {}).get("training")
    shown = "" if seconds is None else f"{seconds:,}" + (" (its last part)" if run["resumed"] else "")
    counts = [parameters.get("total"), parameters.get("banks"), training["texts"], training["steps"]]
    cells = ["" if count is None else f"{count:,}" for count in counts]
    return [run["variant"], str(run["seed"]), run["status"], *cells, shown]


def data_cells(train: Mapping[str, Mapping[str, int]]) -> tuple[list[str], list[list[str]]]:
    """Return the headings and the rows of the table of what is trained on."""
    columns = {
        "read": "read",
        "held_out_group": "of held-out groups",
        "equal": "equal to a test text",
        "near": "near to one",
        "near_uncloaked": "near without cloak",
        "validation": "validation",
        "rows": "trained on",
        "positives": "positive",
    }
    rows = [[name, *(f"{counts.get(key, 0):,}" for key in columns)] for name, counts in train.items()]
    return ["table", *columns.values()], rows


def _holdout(holdout: Mapping[str, Any] | None) -> str:
    if holdout is None:
        return ""
    found = holdout["found"]
    return f"Held out: {found['rows']} rows of {holdout['source']} ({found['groups']} groups, seed {holdout['seed']})."


def version_list(versions: Mapping[str, str]) -> str:
    """Write versions of packages in a line."""
    return ", ".join(f"{name} {value}" for name, value in versions.items())


def paper_number(value: Mapping[str, Any]) -> str:
    """Write a number of the paper with what it measures and its note."""
    name = "" if value["measure"] == "macro_f1" else f" {value['measure']}"
    return f"{value['value']:.3f}{name}" + (f" ({value['note']})" if value["note"] else "")


def mean(value: Mapping[str, Any]) -> str:
    """Write a mean with its standard deviation, if it has one."""
    spread = "" if value["sd"] is None else f" ± {value['sd']:.3f}"
    return number(value["mean"]) + spread


def signed(value: float | None, ends: Sequence[float] | None) -> str:
    """Write a difference with its interval."""
    return "undefined" if value is None else f"{value:+.3f} {interval(ends)}".strip()


def number(value: float | None) -> str:
    """Write a measure with three decimals."""
    return "undefined" if value is None else f"{value:.3f}"


def interval(ends: Sequence[float] | None) -> str:
    """Write an interval."""
    return "" if ends is None else f"({ends[0]:.3f} to {ends[1]:.3f})"


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def _without_double_blanks(lines: Sequence[str]) -> list[str]:
    return [line for place, line in enumerate(lines) if line or (place and lines[place - 1])]


__all__ = [
    "HEADINGS",
    "data_cells",
    "interval",
    "markdown_table",
    "mean",
    "number",
    "page_text",
    "paper_number",
    "rendered",
    "run_cells",
    "signed",
    "variant_rows",
    "version_list",
]
