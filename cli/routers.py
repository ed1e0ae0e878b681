"""`decloak routers`: which experts a model uses, where, for which tokens, and what cloaking changes."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from decloak.cli.errors import clear_errors, note
from decloak.cli.evaluate import Report
from decloak.cli.options import (
    BatchSize,
    Device,
    DeviceOption,
    Dtype,
    DtypeOption,
    Encoding,
    Modalities,
    Model,
    Revision,
    TextColumn,
    senses,
)

if TYPE_CHECKING:
    from decloak.cli.routers_inputs import RouterTable
    from decloak.evaluation.routers import RoutedText, RouterSettings


def routers(
    data: Annotated[
        str,
        typer.Option(
            "--data",
            "-d",
            metavar="[NAME=]PATH",
            help="A .csv, .tsv, .jsonl or .parquet file, also with .gz. Columns label and id are used where there are "
            "any.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder for routers.json and routers.html.", show_default=False),
    ],
    model: Model = None,
    revision: Revision = None,
    twins: Annotated[
        Path | None,
        typer.Option(
            help="The same rows before they were cloaked: a table with the same ids. --data is then the cloaked one.",
            show_default=False,
        ),
    ] = None,
    attack: Annotated[
        str | None,
        typer.Option(
            help="Cloak the texts of --data: a name of `decloak attack --list`. They are then their own twins.",
            show_default=False,
        ),
    ] = None,
    strength: Annotated[float, typer.Option(min=0, max=1, help="Share of the places that the attack changes.")] = 0.3,
    limit: Annotated[int, typer.Option(min=0, help="Read as many texts, drawn by label; 0 reads all.")] = 500,
    text_column: TextColumn = "text",
    label_column: Annotated[str, typer.Option(help="The column that holds the label.")] = "label",
    id_column: Annotated[str, typer.Option(help="The column by which twins are found.")] = "id",
    encoding: Encoding = None,
    alignment: Annotated[
        bool, typer.Option(help="Measure how well the senses are aligned with the text, too; it reads all texts again.")
    ] = True,
    figure: Annotated[
        Path | None,
        typer.Option(help="Draw a small picture for a model card, too: a .svg or .png file.", show_default=False),
    ] = None,
    resamples: Annotated[int, typer.Option(min=0, help="Of the bootstrap intervals; 0 leaves them out.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    modalities: Modalities = None,
    batch_size: BatchSize = 32,
    format_: Annotated[Report, typer.Option("--format", help="A table for people, or one JSON object.")] = Report.table,
    device: DeviceOption = Device.auto,
    dtype: DtypeOption = Dtype.auto,
) -> None:
    """Look into the routers of a decloak model: which expert do they use, in which layer, for which tokens?

    Every layer mixes a text, a speech and a vision expert. **Balance**: does each layer use all of them, or has its
    router collapsed onto one? **Groups**: how are special tokens routed, tokens with a sound or a glyph, texts of each
    label? **Specialisation**: do cloaked tokens get more of the speech or the vision expert than the tokens around
    them (within), and than the same places before they were cloaked (cloaking)? **Alignment**: are the senses nearer
    to the text than a constant would be?

    Specialisation needs texts in two versions: --attack makes them, --twins reads them.

    **Examples**

    ```
    decloak routers --data cold=test.csv.gz --attack homophone --output routers/small
    decloak routers --model ./mine --data test.csv --attack lookalike --strength 0.6 --output routers/mine
    decloak routers --data cloaked.csv --twins uncloaked.csv --limit 0 --output routers/twins
    decloak routers --model ./mine --data test.csv --output routers/mine --figure routers/mine/card.svg
    ```
    """
    with clear_errors():
        from decloak.cli.loading import load_classifier, model_name
        from decloak.cli.routers_inputs import check_cloaking, read_router_table
        from decloak.evaluation.routers import RouterSettings

        check_cloaking(twins, attack)
        _check_files(figure)
        settings = RouterSettings(
            senses(modalities), batch_size, resamples, seed=seed, alignment=alignment
        )  # the level is the library's
        table = read_router_table(data, (text_column, label_column, id_column), encoding, limit, seed)
        texts, cloaking = _cloaked(table, twins, (text_column, id_column), encoding, attack, strength, seed)
        classifier = load_classifier(model, revision, False, device.value, dtype.value)
        found = _analysed(classifier, texts, model_name(model, revision), table, settings)
        found["settings"] |= {"limit": limit} | cloaking
        found["command"] = shlex.join(["decloak", *sys.argv[1:]])
        _write(found, output, figure)
    if format_ is Report.json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    from decloak.cli.routers_output import print_routers

    print_routers(found)


def _check_files(figure: Path | None) -> None:
    """Miss what the files need before texts are read for minutes, not after."""
    import jinja2  # noqa: F401
    import matplotlib  # noqa: F401

    from decloak.evaluation.routers.routers_figure import FORMATS

    if figure is not None and figure.suffix.lstrip(".").lower() not in FORMATS:
        raise ValueError(f"--figure is {figure}; its name must end in {' or '.join(f'.{name}' for name in FORMATS)}")


def _cloaked(
    table: "RouterTable",
    twins: Path | None,
    columns: tuple[str, str],
    encoding: str | None,
    attack: str | None,
    strength: float,
    seed: int,
) -> tuple[list["RoutedText"], dict[str, Any]]:
    """Return the texts with their twins, and what the report says of how these were made."""
    from decloak.cli.routers_inputs import read_twins
    from decloak.evaluation.routers import with_attack, with_twins
    from decloak.processing.cloaking import load_attack
    from decloak.training.data.checksums import sha256_of

    if twins is not None:
        read = read_twins(twins, columns, encoding)
        return with_twins(table.texts, read), {"twins": twins.name, "twins_sha256": sha256_of(twins)}
    if attack is not None:
        applied = load_attack(attack, strength=strength, seed=seed)
        return with_attack(table.texts, applied), {"attack": attack, "strength": strength}
    return table.texts, {}


def _analysed(
    classifier: Any, texts: list["RoutedText"], model: str, table: "RouterTable", settings: "RouterSettings"
) -> dict[str, Any]:
    from decloak.cli.output import show_progress
    from decloak.evaluation.routers import analyse_routers

    found = analyse_routers(classifier, texts, model, table.name, settings, show_progress)
    found["dataset"] = table.facts()
    found["notes"] = [*table.notes(), *found["notes"]]
    return found


def _write(found: dict[str, Any], folder: Path, figure: Path | None) -> None:
    from decloak.evaluation.reporting.report_schema import write_report
    from decloak.evaluation.routers.routers_figure import routers_figure
    from decloak.evaluation.routers.routers_page import write_routers_html
    from decloak.evaluation.routers.routers_report import FILE

    folder.mkdir(parents=True, exist_ok=True)
    write_report(found, folder / FILE)
    write_routers_html(found, folder / "routers.html")
    note(f"wrote {folder / FILE} and {folder / 'routers.html'}")
    if figure is not None:
        figure.write_bytes(routers_figure(found, figure.suffix.lstrip(".").lower()))
        note(f"wrote {figure}")
