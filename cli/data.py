"""`decloak data`: which data sets there are, and how to get one with clean columns."""

import json
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from decloak.cli.data_leaks import leaks, split
from decloak.cli.errors import clear_errors, note
from decloak.cli.options import pairs

if TYPE_CHECKING:
    from decloak.training.data.catalogue import Entry
    from decloak.training.data.source_parts import TableColumns

data = typer.Typer(
    help="List, prepare and pin data sets for training and testing. Needs decloak[train].", no_args_is_help=True
)
DEFAULT_PINS = Path("decloak-data-pins.yaml")


class ListFormat(str, Enum):
    """How facts are shown."""

    table = "table"
    json = "json"


class DataFormat(str, Enum):
    """How a prepared data set is written."""

    parquet = "parquet"
    csv = "csv"
    jsonl = "jsonl"
    arrow = "arrow"


class LayoutName(str, Enum):
    """The forms that a data set is read in."""

    upstream = "upstream"
    normalised = "normalised"
    hub = "hub"


Name = Annotated[str, typer.Argument(help="A data set that `decloak data ls` shows; `table` is any table of your own.")]
ShowFormat = Annotated[ListFormat, typer.Option("--format", help="A table for people, or JSON.")]
PinsFile = Annotated[Path, typer.Option("--pins", help="YAML file with the commits of Hub data sets.")]


@data.command("ls")
def list_(format_: ShowFormat = ListFormat.table) -> None:
    """Show the data sets that decloak knows how to read. None of them comes with decloak.

    **Examples**

    ```
    decloak data ls
    decloak data ls --format json
    ```
    """
    from rich.console import Console

    from decloak.cli.data_tables import catalogue_table
    from decloak.training.data.catalogue import entry_names, load_entry

    with clear_errors():
        entries = [load_entry(name) for name in entry_names()]
        if format_ is ListFormat.json:
            typer.echo(json.dumps([_facts(entry) for entry in entries], ensure_ascii=False, indent=2))
        else:
            Console().print(catalogue_table(entries))


@data.command()
def info(
    name: Name,
    source: Annotated[
        Path | None,
        typer.Option(help="Folder or file of the data: also show the sha-256 of each file.", show_default=False),
    ] = None,
    format_: ShowFormat = ListFormat.table,
) -> None:
    """Show what a data set is, what its labels mean, what may be done with it, and where it leaks.

    **Examples**

    ```
    decloak data info toxicloakcn
    decloak data info cold --source COLDataset/
    ```
    """
    from rich.console import Console

    from decloak.cli.data_tables import entry_table
    from decloak.training.data.catalogue import load_entry
    from decloak.training.data.source_parts import source_checksums

    with clear_errors():
        entry = load_entry(name)
        files = None if source is None else source_checksums(entry, source)
        if format_ is ListFormat.json:
            typer.echo(json.dumps({**_facts(entry), "files": files}, ensure_ascii=False, indent=2))
            return
        Console().print(entry_table(entry))
        # As sha256sum writes them: whole on the narrowest terminal, and its -c can read them.
        for file in files or []:
            typer.echo(f"{file['sha256']}  {file['name']}")


@data.command()
def prepare(
    name: Name,
    output: Annotated[Path, typer.Option("--output", "-o", help="A new folder, or one that was prepared before.")],
    source: Annotated[
        str | None,
        typer.Option(
            help="Folder or file of the data. Default: the Hub. With `table` also the id of a Hub data set.",
            show_default=False,
        ),
    ] = None,
    format_: Annotated[
        DataFormat, typer.Option("--format", help="One file a split; arrow is what datasets.load_from_disk reads.")
    ] = DataFormat.parquet,
    layout: Annotated[
        LayoutName | None,
        typer.Option(
            help="upstream: the authors' files; normalised: tables with text and label; hub. Default: what fits.",
            show_default=False,
        ),
    ] = None,
    splits: Annotated[
        str | None,
        typer.Option(help="Splits to take, joined by commas. Default: all but repeated ones.", show_default=False),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="SHARES",
            help="Make a split where there is none: 0.8/0.1/0.1 is train, validation and test; 0.8/0.2 train and test; "
            "or name them: train=0.9/dev=0.1. Variants of a sentence stay on one side.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of that split.")] = 0,
    no_group: Annotated[bool, typer.Option("--no-group", help="Leave the column group out.")] = False,
    images: Annotated[
        Path | None, typer.Option(help="Folder of the pictures that the data name.", show_default=False)
    ] = None,
    audio: Annotated[
        Path | None, typer.Option(help="Folder of the sounds that the data name.", show_default=False)
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="Commit of the Hub data set; goes before a pin.", show_default=False)
    ] = None,
    pins: PinsFile = DEFAULT_PINS,
    hub_config: Annotated[
        str | None, typer.Option(help="With `table`: configuration of the Hub data set.", show_default=False)
    ] = None,
    text_column: Annotated[
        str | None, typer.Option(help="With `table`: the column of the texts. Default: text.", show_default=False)
    ] = None,
    label_column: Annotated[
        str | None, typer.Option(help="With `table`: the column of the labels. Default: label.", show_default=False)
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OURS=THEIRS", help="With `table`: another column, such as id=post_id. Repeat.", show_default=False
        ),
    ] = None,
    map_label: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VALUE=0|1", help="With `table`: what a value of the label means. Repeat.", show_default=False
        ),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="With `table`: its encoding, such as gb18030.", show_default=False)
    ] = None,
) -> None:
    """Bring a data set to the columns text, label, id and group, with an account of each row that was left out.

    group is the same for all variants of a sentence (its cloaked copies, its perturbation, its duplicates): split by
    it, and no variant of a test sentence is trained on. preparation.json in the folder holds checksums of the source,
    commit, counts, and the numbers of unusable rows with reasons.

    **Examples**

    ```
    decloak data prepare cold --source COLDataset/ --output prepared/cold
    decloak data prepare toxicloakcn --source ToxiCloakCN/ --split 0.8/0.1/0.1 --output prepared/toxicloakcn
    decloak data prepare hatecheck --output prepared/hatecheck --format csv
    decloak data prepare table --source posts.csv --text-column comment --label-column hate
      --map-label yes=1 --map-label no=0 --output prepared/posts
    ```
    """
    from decloak.cli.data_notes import hide_unwatched_progress, report, say_licence
    from decloak.training.data.catalogue import load_entry
    from decloak.training.data.group_shares import parse_shares
    from decloak.training.data.hub_pins import load_pins
    from decloak.training.data.preparation_files import earlier_preparation, write_prepared
    from decloak.training.data.preparing import prepare_dataset

    hide_unwatched_progress()
    with clear_errors():
        say_licence(load_entry(name))
        earlier_preparation(output)  # a folder of something else is refused before the work
        prepared = prepare_dataset(
            name,
            source,
            layout.value if layout else None,
            revision,
            group=not no_group,
            splits=None if splits is None else [part.strip() for part in splits.split(",") if part.strip()],
            shares=None if split is None else parse_shares(split),
            seed=seed,
            images=images,
            audio=audio,
            table=_table(text_column, label_column, column or [], map_label or [], encoding),
            hub_config=hub_config,
            pins=load_pins(pins),
        )
        changed = write_prepared(prepared, output, format_.value)
        report(prepared, changed)
        typer.echo(output)


@data.command()
def pin(
    name: Annotated[str | None, typer.Argument(help="A data set that is on the Hub.", show_default=False)] = None,
    all_: Annotated[bool, typer.Option("--all", help="Pin every data set that is on the Hub.")] = False,
    pins: PinsFile = DEFAULT_PINS,
) -> None:
    """Write down the commit that a Hub data set is at now, so that `prepare` reads the same data tomorrow.

    **Examples**

    ```
    decloak data pin hatecheck
    decloak data pin --all --pins pins.yaml
    ```
    """
    from decloak.training.data.catalogue import entry_names, load_entry
    from decloak.training.data.hub_pins import load_pins, resolve_pin, save_pins

    failed = False
    with clear_errors():
        if (name is None) != all_:
            raise ValueError("name one data set, or pass --all")
        chosen = [load_entry(one) for one in (entry_names() if name is None else [name])]
        known = load_pins(pins)
        for entry in chosen if name else [entry for entry in chosen if entry.hub_id]:
            try:
                known[entry.name] = resolve_pin(entry)
            except ValueError as error:
                failed = True
                note(f"Error: {error}", style="bold red")
            else:
                typer.echo(f"{entry.name}\t{known[entry.name]['hub_id']}\t{known[entry.name]['revision']}")
                save_pins(pins, known)
    if failed:
        raise typer.Exit(1)


data.command()(leaks)
data.command()(split)


def _facts(entry: "Entry") -> dict[str, Any]:
    return {**entry.model_dump(exclude={"layouts"}, exclude_none=False), "rows": entry.rows}


def _table(
    text: str | None, label: str | None, columns: list[str], labels: list[str], encoding: str | None
) -> "TableColumns | None":
    """Collect the options of a table; None if there are none.

    Raises:
        ValueError: A label is neither 0 nor 1, or a column comes twice.
    """
    from decloak.training.data.source_parts import TableColumns

    named = {key: value for key, value in (("text", text), ("label", label)) if value is not None}
    named |= pairs("--column", [*columns, *(f"{key}={value}" for key, value in named.items())])
    mapped = pairs("--map-label", labels)
    wrong = {value for value in mapped.values() if value not in ("0", "1")}
    if wrong:
        raise ValueError(f"--map-label leads to {', '.join(sorted(wrong))}; a label is 0 or 1, as in yes=1")
    if not (named or mapped or encoding):
        return None
    return TableColumns(named, {value: int(number) for value, number in mapped.items()}, encoding)
