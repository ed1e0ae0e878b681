"""`decloak build-banks`: make the tables that let a checkpoint see and hear without fonts, engines and encoders."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from decloak.cli.errors import clear_errors, note


def build_banks(
    output: Annotated[Path, typer.Argument(help="Folder of the banks; made if it is missing.", show_default=False)],
    vision_encoder: Annotated[
        str | None,
        typer.Option(help="Image encoder that sees the characters: makes glyphs/.", show_default=False),
    ] = None,
    texts: Annotated[
        list[Path] | None,
        typer.Option(help="Table whose characters the glyph bank must have; may be repeated.", show_default=False),
    ] = None,
    characters: Annotated[int, typer.Option(min=1, help="Most characters of the glyph bank.")] = 10_000,
    font: Annotated[str | None, typer.Option(help="Font for characters; found if not given.")] = None,
    emoji_font: Annotated[str | None, typer.Option(help="Font for emoji; found if not given.")] = None,
    speech_encoder: Annotated[
        str | None,
        typer.Option(help="Whisper that hears the syllables: makes sounds/.", show_default=False),
    ] = None,
    speech_engine: Annotated[str, typer.Option(help="Speech engine that speaks them.")] = "kokoro",
    speech_model: Annotated[
        str | None, typer.Option(help="Folder of the engine's weights.", show_default=False)
    ] = None,
    voice: Annotated[str | None, typer.Option(help="The engine's voice; its own choice if not given.")] = None,
    words_from: Annotated[
        str | None,
        typer.Option(
            help="Tokenizer whose English words get their phonemes (needs decloak[speech]).", show_default=False
        ),
    ] = None,
    words: Annotated[int, typer.Option(min=0, help="Most words.")] = 6_000,
    dimension: Annotated[int, typer.Option(min=0, help="Numbers a unit; 0 keeps the encoder's own width.")] = 64,
    workers: Annotated[int, typer.Option(min=1, help="Processes that speak at once.")] = 1,
    model: Annotated[
        Path | None,
        typer.Option(
            help="Put the banks into this MMBERT, too, and save it as model/ in the folder.", show_default=False
        ),
    ] = None,
) -> None:
    """Make the banks of a checkpoint: what characters look like, what syllables sound like.

    A model with banks needs no font, no speech engine and no encoder to see and hear a text. Speaking some 1,300
    syllables takes minutes; what was spoken is kept in the folder, so that a build that was stopped goes on.

    **Examples**

    ```
    decloak build-banks banks --vision-encoder ./clip --texts train.csv
    decloak build-banks banks --speech-encoder ./whisper-base --speech-model ./kokoro --words-from ./bert --workers 2
    decloak train mmbert --recipe decloak-small-hearing --banks banks ...
    ```
    """
    with clear_errors():
        if vision_encoder is None and speech_encoder is None:
            raise ValueError(
                "there is nothing to build: give --vision-encoder (glyphs), --speech-encoder (sounds), or both"
            )
        from decloak.training.banks.building import SpeechSource, make_glyphs, make_sounds, texts_of, words_of
        from decloak.training.banks.installing import Banks, install_banks

        banks, width = Banks(), dimension or None
        if vision_encoder is not None:
            seen = [text for table in texts or [] for text in texts_of(table)]
            glyphs = make_glyphs(vision_encoder, seen, width, characters, 2 if seen else 1, font, emoji_font)
            banks = replace(banks, glyphs=glyphs)
            note(f"glyphs: {len(glyphs.units)} characters, {len(glyphs.missing)} that no font has")
        if speech_encoder is not None:
            threads = 1 if workers > 1 else None
            source = SpeechSource(speech_encoder, speech_engine, speech_model, voice, output / "heard.sqlite", threads)
            listed = words_of(words_from, words) if words_from is not None else []
            banks = replace(make_sounds(source, listed, width, workers), glyphs=banks.glyphs)
            assert banks.sounds is not None  # noqa: S101 - for the type checker
            note(f"sounds: {len(banks.sounds.units)} units, {len(banks.sounds.missing)} that could not be spoken")
        banks.save(output)
        banks = Banks.load(output)  # with what an earlier build left there
        if model is not None:
            note(f"model: {install_banks(banks, model, output / 'model')}")
        typer.echo(output)
