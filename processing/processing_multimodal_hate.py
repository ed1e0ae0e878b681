"""`MultimodalHateProcessor`: how a text becomes what MMBERT reads, hears and sees (arXiv 2508.00760)."""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from transformers import BatchFeature
from transformers.processing_utils import ProcessingKwargs, ProcessorMixin, Unpack

from .audio_input import read_audio
from .batching import pad_batch
from .font_discovery import FontNotFoundError
from .glyph_rendering import default_renderer
from .image_input import read_image
from .row_features import RowFeatures, RowSenses, check_route
from .row_inputs import as_rows, call_settings, check_senses
from .sound_units import SoundReader
from .speech_engine_base import SpeechEngine
from .speech_engines import load_versioned_engine
from .speech_inputs import HearText, SpeechInputs, spectrogram
from .text_windows import TextWindow, clean, split_windows, window_length
from .transcript_inputs import transcript_features
from .transcription import Transcriber

logger = logging.getLogger(__name__)

SPEECH_MODEL_VARIABLE = "DECLOAK_SPEECH_MODEL"


class MultimodalHateProcessorKwargs(ProcessingKwargs, total=False):
    """Keyword arguments that `MultimodalHateProcessor.__call__` hands on."""

    _defaults = {"text_kwargs": {"padding": True}}  # type: ignore[misc]


class MultimodalHateBatch(BatchFeature):
    """A batch, with a report of each row: the senses used, and whether the text was cut.

    Attributes:
        reports: for each row `modalities` (senses that it has), `sources` (of each sense but the text: `"given"`,
            `"bank"`, `"drawn"`, `"transcript"` alone, or the speech engine that spoke), `truncated`, and `heard` where
            a transcript differs from the text (its words, as `written` and `heard`).
    """

    reports: list[dict[str, Any]]

    def __init__(self, data: dict[str, Any], reports: list[dict[str, Any]], tensor_type: str | None = None) -> None:
        """Hold the arrays as tensors of the given type."""
        super().__init__(data, tensor_type=tensor_type)
        object.__setattr__(self, "reports", reports)

    def __getstate__(self) -> dict[str, Any]:
        """Keep the reports in pickles and copies."""
        return super().__getstate__() | {"reports": self.reports}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the arrays and the reports."""
        super().__setstate__(state)
        object.__setattr__(self, "reports", state["reports"])


class MultimodalHateProcessor(ProcessorMixin):
    """Tokenizes a text, speaks it, and draws its characters; takes real audio and pictures as well.

    Which senses are made is `modalities`: of the call, else `default_modalities`. Speech comes from the audio
    that is given; else, by `senses`, from the sound bank or from the speech engine. Vision is one token for each
    character, from the glyph bank or drawn; given pictures come first. Without `senses` a sense comes from its bank if
    there is one.

    Settings that name a place on one machine (fonts, the engine's folder) may be left out of a checkpoint: fonts
    are then found, and the folder is read from the environment variable `DECLOAK_SPEECH_MODEL`.
    """

    valid_processor_kwargs = MultimodalHateProcessorKwargs

    def __init__(
        self,
        tokenizer: Any,
        feature_extractor: Any,
        image_processor: Any,
        default_modalities: Sequence[str] = ("text",),
        senses: str | None = None,
        window_tokens: int | None = None,
        window_overlap: int = 64,
        glyph_characters: Sequence[str] | None = None,
        glyph_size: int = 48,
        glyph_font: str | None = None,
        glyph_emoji_font: str | None = None,
        max_glyphs: int = 2048,
        sound_units: Sequence[str] | None = None,
        sound_tables: dict[str, dict[str, str]] | None = None,
        transcript_tables: dict[str, dict[str, float]] | None = None,
        transcript_price: float = 4.0,
        transcript_cloaked_price: float = 1.0,
        speech_engine: str | None = None,
        speech_model: str | None = None,
        speech_voice: str | None = None,
        speech_version: str | None = None,
        speech_fallback: str | None = None,
        max_speech_tokens: int = 100,
        max_speech_seconds: float = 120.0,
        max_image_pixels: int = 25_000_000,
    ) -> None:
        """Keep the parts and the settings; nothing is loaded before it is needed.

        Args:
            tokenizer: a fast tokenizer.
            feature_extractor: a Whisper feature extractor.
            image_processor: the image processor of the vision encoder.
            default_modalities: senses made when a call does not say.
            senses: `"bank"` looks sounds and glyphs up, `"exact"` speaks and draws them; None takes each bank that
                there is.
            window_tokens: tokens of a window; the tokenizer's limit if None.
            window_overlap: tokens that neighbouring windows share.
            glyph_characters: units of the glyph bank; unit i is row i + 1, row 0 is the unknown glyph.
            glyph_size: side of a drawn glyph in pixels, before the image processor.
            glyph_font: path of the font for characters; found if None.
            glyph_emoji_font: path of the font for emoji; found if None.
            max_glyphs: most characters of a window; a window with more is repeated with the next ones.
            sound_units: syllables and phonemes of the sound bank, likewise; row 0 is the unknown sound.
            sound_tables: how a text becomes these units; see `sound_units.SoundReader`.
            transcript_tables: the language model by which speech is written down as words; see
                `transcription.Transcriber`. It needs `sound_tables`. None for sounds alone.
            transcript_price: what a character costs that is heard otherwise than it is written.
            transcript_cloaked_price: the same in a text of which much is heard otherwise.
            speech_engine: name of the engine that speaks texts (`"kokoro"`), or None.
            speech_model: its folder; from `DECLOAK_SPEECH_MODEL` if None.
            speech_voice: its voice; the engine's own choice if None.
            speech_version: the engine and weights that a checkpoint was trained with; checked when it speaks.
            speech_fallback: engine that speaks where the first is missing or fails (`"espeak"`); the report names it.
                None raises instead.
            max_speech_tokens: most speech tokens of a spoken row.
            max_speech_seconds: longest audio that is taken.
            max_image_pixels: largest picture that is taken.
        """
        self.default_modalities = check_senses(default_modalities)
        self.senses = check_route(senses)
        self.window_tokens = window_tokens
        self.window_overlap = window_overlap
        self.glyph_characters = list(glyph_characters) if glyph_characters is not None else None
        self.glyph_size = glyph_size
        self.glyph_font = glyph_font
        self.glyph_emoji_font = glyph_emoji_font
        self.max_glyphs = max_glyphs
        self.sound_units = list(sound_units) if sound_units is not None else None
        self.sound_tables = sound_tables
        self.transcript_tables = transcript_tables
        self.transcript_price = transcript_price
        self.transcript_cloaked_price = transcript_cloaked_price
        self.speech_engine = speech_engine
        self.speech_model = speech_model
        self.speech_voice = speech_voice
        self.speech_version = speech_version
        self.speech_fallback = speech_fallback
        self.max_speech_tokens = max_speech_tokens
        self.max_speech_seconds = max_speech_seconds
        self.max_image_pixels = max_image_pixels
        super().__init__(tokenizer, feature_extractor, image_processor)
        self._tools: dict[str, Any] = {}

    def to_dict(self) -> dict[str, Any]:
        """Return the settings, without the tools that were loaded on first use and need not be copyable."""
        tools, self._tools = self._tools, {}
        try:
            return {name: value for name, value in super().to_dict().items() if name != "_tools"}
        finally:
            self._tools = tools

    def __getstate__(self) -> dict[str, Any]:
        """Leave the loaded tools out of pickles: workers load their own."""
        return self.__dict__ | {"_tools": {}}

    def __call__(
        self,
        images: Any = None,
        text: str | Sequence[str] | None = None,
        audio: Any = None,
        text_pair: str | Sequence[str] | None = None,
        modalities: Sequence[str] | None = None,
        senses: str | None = None,
        truncation: bool | str = False,
        max_length: int | None = None,
        sampling_rate: int | None = None,
        return_tensors: str | None = "pt",
        **kwargs: Unpack[MultimodalHateProcessorKwargs],
    ) -> MultimodalHateBatch:
        """Make a padded batch, one row a text.

        Args:
            images: one picture, or one (or None) a row.
            text: one text or a list; None where there is only audio or a picture.
            audio: one audio, or a list with one (or None) a row; see `audio_input.read_audio`.
            text_pair: the second text of each row, if rows are pairs.
            modalities: senses to make; `default_modalities`, with those of given audio and images, if None.
            senses: `"bank"` or `"exact"`; as the processor's own, if None.
            truncation: cut a text that is longer than the window (and report it); otherwise it raises, so that
                nothing is cut in silence. `encode_windows`, and so the pipeline, splits instead.
            max_length: tokens of the window.
            sampling_rate: rate of bare audio samples.
            return_tensors: `"pt"`, `"np"` or None.
            kwargs: nested `text_kwargs` and `audio_kwargs` with the names above are understood, and
                `padding=True`: padding is always to the longest row. Others are refused.

        Returns:
            The batch; `batch.reports` says which senses each row has.

        Raises:
            ValueError: A row is bad; the message gives its number and what to do.
        """
        given = {"truncation": truncation, "max_length": max_length, "sampling_rate": sampling_rate}
        settings = call_settings(given, dict(kwargs))
        rows = as_rows(text=text, text_pair=text_pair, audio=audio, image=images)
        encoded = []
        for number, row in enumerate(rows):
            try:
                windows = self.encode_windows(**row, modalities=modalities, senses=senses, **settings)
            except (ValueError, OSError) as error:
                raise ValueError(f"Row {number}: {error}") from error
            if len(windows) > 1:
                raise ValueError(
                    f"Row {number}: the text makes {len(windows)} windows of the model's length. Pass "
                    "truncation=True to cut it, or use encode_windows or the pipeline to read all of it."
                )
            encoded += windows
        return self.pad(encoded, return_tensors=return_tensors)

    def encode_windows(
        self,
        text: str | None = None,
        text_pair: str | None = None,
        audio: Any = None,
        image: Any = None,
        modalities: Sequence[str] | None = None,
        senses: str | None = None,
        truncation: bool = False,
        max_length: int | None = None,
        sampling_rate: int | None = None,
        draw_unknown: bool = False,
    ) -> list[dict[str, Any]]:
        """Make the unpadded features of one row, a dict for each window of its text, each with a `report`.

        Audio and pictures that are given go with every window; speech and glyphs made from the text are those
        of the window. The arguments are those of `__call__`, for one row, and `draw_unknown`: characters that the
        glyph bank lacks are drawn, where there is a font, for a model that has the bank's encoder.

        Raises:
            ValueError: The row has nothing that the wanted senses could use, or something unreadable.
        """
        wanted = self._wanted(modalities, audio, image)
        row = RowSenses(
            wanted=wanted,
            route=check_route(senses) or self.senses,
            mel=self._given_mel(audio, sampling_rate),
            pictures=[read_image(image, self.max_image_pixels)] if image is not None else [],
            draw_unknown=draw_unknown and self.can_draw(),
        )
        if text is None:
            if text_pair is not None:
                raise ValueError("text_pair was given without text.")
            return [self._row_features(None, row)]
        windows = split_windows(
            self.tokenizer,
            clean(text),
            clean(text_pair) if text_pair is not None else None,
            window_length(self.tokenizer, max_length or self.window_tokens),
            self.window_overlap,
            truncation,
            self.max_glyphs if {"speech", "vision"} & set(wanted) else None,
        )
        return [self._row_features(window, row) for window in windows]

    def pad(self, rows: Sequence[Mapping[str, Any]], return_tensors: str | None = "pt") -> MultimodalHateBatch:
        """Pad rows of `encode_windows` to a batch (the contract is in `batching`)."""
        arrays = pad_batch([dict(row) for row in rows], self.tokenizer.pad_token_id, self._draw, self._to_pixels)
        return MultimodalHateBatch(arrays, [row.get("report", {}) for row in rows], return_tensors)

    @property
    def model_input_names(self) -> list[str]:
        """Names of what a batch may have, the text first (see `batching`)."""
        speech = ["input_features", "feature_attention_mask", "sound_ids", "speech_attention_mask", "speech_positions"]
        speech += ["transcript_ids", "transcript_attention_mask", "transcript_positions"]
        vision = ["pixel_values", "pixel_ids", "glyph_ids", "vision_attention_mask", "vision_positions"]
        return ["input_ids", "attention_mask", "token_type_ids", *speech, *vision]

    def batch_key(self, row: Mapping[str, Any]) -> tuple[bool, int, int]:
        """Return what rows are sorted by before batching: those with text apart, then by length."""
        mel = row.get("input_features")
        length = len(row.get("input_ids", ()))
        return "input_ids" in row, length, (mel.shape[1] if mel is not None else 0)

    def _wanted(self, modalities: Sequence[str] | None, audio: Any, image: Any) -> list[str]:
        """Return the senses of a row; given audio and pictures add theirs unless the call says otherwise."""
        if modalities is not None:
            return check_senses(modalities)
        given = [sense for sense, value in (("speech", audio), ("vision", image)) if value is not None]
        return check_senses([*self.default_modalities, *given])

    def hear_with(self, hear_text: HearText | None) -> None:
        """Let something else speak and hear texts (`senses="exact"`), such as a cache; None for the engine again.

        It is given the text and the number of tokens, and returns features (tokens, width) or None for silence. It is
        no part of a saved or pickled processor.
        """
        self._row_features.speech.hear_text = hear_text

    @property
    def _row_features(self) -> RowFeatures:
        if "row_features" not in self._tools:
            limit = self.max_speech_tokens
            speaks = self.speech_engine is not None
            speech = SpeechInputs(
                self.load_engine, self.feature_extractor, limit, self.sound_units, self.sound_tables, speaks
            )
            table = None
            if self.glyph_characters is not None:
                table = {unit: row for row, unit in enumerate(self.glyph_characters, start=1)}
            self._tools["row_features"] = RowFeatures(speech, table, self.max_glyphs, limit, self._transcribe())
        return self._tools["row_features"]

    def transcribe(self, text: str) -> str:
        """Return a text as it is heard: the words that a listener would write down.

        Raises:
            ValueError: The processor has no `transcript_tables`, or the text is empty or no string.
        """
        if self.transcript_tables is None:
            raise ValueError("This processor hears no words: it has no transcript_tables (recipes: transcript).")
        return self._transcriber().transcript(clean(text))

    def _transcribe(self) -> Callable[[TextWindow], dict[str, Any]] | None:
        """Return what makes the transcript of a window; None where there is no model to write it down with."""
        if self.transcript_tables is None:
            return None
        if self.sound_tables is None:
            raise ValueError("transcript_tables without sound_tables: give both, a transcript is made of what is read.")
        return lambda window: transcript_features(window, self._transcriber(), self.tokenizer)

    def _transcriber(self) -> Transcriber:
        """Return what hears texts, made once: its index takes a second, which a text that is only read never needs."""
        if "transcriber" not in self._tools:
            reader = SoundReader(self.sound_tables or {})
            prices = self.transcript_price, self.transcript_cloaked_price
            self._tools["transcriber"] = Transcriber(reader, self.transcript_tables or {}, *prices)
        return self._tools["transcriber"]

    def _given_mel(self, audio: Any, sampling_rate: int | None) -> np.ndarray | None:
        if audio is None:
            return None
        rate = self.feature_extractor.sampling_rate
        return spectrogram(self.feature_extractor, read_audio(audio, rate, sampling_rate, self.max_speech_seconds))

    def load_engine(self) -> SpeechEngine:
        """Return the speech engine, loaded once.

        Raises:
            ValueError: There is none, or it is another than the checkpoint was made with.
            FileNotFoundError: Its weights are missing.
            ImportError: A package that it needs is missing.
        """
        if "engine" not in self._tools:
            self._tools["engine"] = self._load_engine()
        return self._tools["engine"]

    def _load_engine(self) -> SpeechEngine:
        if self.speech_engine is None:
            raise ValueError("Speech was asked for, but this processor has no speech_engine and no audio was given.")
        folder = self.speech_model or os.environ.get(SPEECH_MODEL_VARIABLE)
        engine, self.speech_version = load_versioned_engine(
            self.speech_engine, folder, self.speech_voice, self.speech_fallback, self.speech_version
        )
        return engine

    def can_draw(self) -> bool:
        """Tell whether there is a font to draw with; where there is none, the log says so once."""
        if "draw" not in self._tools:
            try:
                self._draw("\u4e00")
            except (FontNotFoundError, ImportError) as error:
                logger.warning("Characters that the glyph bank lacks are not drawn: %s", error)
                self._tools["draw"] = None
        return self._tools["draw"] is not None

    def _draw(self, unit: str) -> Any:
        """Draw a unit, remembering the last few thousand."""
        if self._tools.get("draw") is None:
            renderer = default_renderer(self.glyph_font, self.glyph_emoji_font, self.glyph_size)
            self._tools["draw"] = lru_cache(maxsize=8192)(renderer.render)
        return self._tools["draw"](unit)

    def _to_pixels(self, pictures: list[Any]) -> np.ndarray:
        return np.asarray(self.image_processor(pictures, return_tensors="np")["pixel_values"], dtype=np.float32)


# Here and not in the package: a processor that was loaded as remote code then saves its code, too.
MultimodalHateProcessor.register_for_auto_class("AutoProcessor")

__all__ = ["MultimodalHateBatch", "MultimodalHateProcessor", "MultimodalHateProcessorKwargs"]
