"""Options that several verbs share, declared once."""

from enum import Enum
from typing import Annotated

import typer

SENSES = ("text", "speech", "vision")


class Device(str, Enum):
    """Where the model runs."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class Dtype(str, Enum):
    """The number format of the weights while they run."""

    auto = "auto"
    float32 = "float32"
    float16 = "float16"
    bfloat16 = "bfloat16"


Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help="Folder or Hub id of any text classifier with safetensors weights. Default: decloak-small, "
        "which is installed with decloak.",
        show_default=False,
    ),
]
Revision = Annotated[
    str | None,
    typer.Option(help="Commit of a Hub model. Pin it: a branch may change under you.", show_default=False),
]
TrustRemoteCode = Annotated[
    bool,
    typer.Option(
        "--trust-remote-code",
        help="Run the Python code that the model's repository brings. Read it first: it can do anything. "
        "decloak's own models need no such trust.",
    ),
]
Modalities = Annotated[
    str | None,
    typer.Option(
        help="The senses to use, joined by commas: text, speech, vision. Default: all that the model has.",
        show_default=False,
    ),
]
TextColumn = Annotated[str, typer.Option(help="The column that holds the text.")]
Encoding = Annotated[
    str | None,
    typer.Option(help="Of text files, such as gb18030. Default: UTF-8, or what a mark says.", show_default=False),
]
BatchSize = Annotated[int, typer.Option(min=1, help="Texts that go through the model at once.")]
DeviceOption = Annotated[
    Device, typer.Option("--device", help="Where the model runs; auto takes a GPU if there is one.")
]
DtypeOption = Annotated[
    Dtype, typer.Option("--dtype", help="Number format of the weights; auto takes the checkpoint's.")
]


def senses(modalities: str | None) -> list[str] | None:
    """Split `--modalities` into names.

    Raises:
        ValueError: A name is unknown, or none is given.
    """
    if modalities is None:
        return None
    names = [name.strip() for name in modalities.split(",") if name.strip()]
    unknown = [name for name in names if name not in SENSES]
    if unknown or not names:
        raise ValueError(f"--modalities is {modalities!r}; allowed are {', '.join(SENSES)}, joined by commas")
    return list(dict.fromkeys(names))


def pairs(option: str, values: list[str]) -> dict[str, str]:
    """Split repeated NAME=VALUE options.

    Raises:
        ValueError: One has no name or no =, or a name comes twice.
    """
    split: dict[str, str] = {}
    for value in values:
        name, equals, rest = value.partition("=")
        if not (name and equals and rest):
            raise ValueError(f"{option} is {value!r}; it must read NAME=VALUE")
        if name in split:
            raise ValueError(f"{option} names {name} twice: {split[name]!r} and {rest!r}")
        split[name] = rest
    return split
