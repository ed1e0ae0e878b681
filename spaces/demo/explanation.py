"""What MMBERT did with a text: its answer, the glyphs that it saw, and how it mixed its experts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from decloak.evaluation.classifier_loading import MULTIMODAL_TYPE, is_multimodal, load_text_classifier
from decloak.modeling import MODALITIES
from decloak.processing.glyph_rendering import characters, simpler_forms
from decloak.processing.sense_inputs import glyph_units
from decloak.processing.text_windows import TextWindow, clean, split_windows, window_length

if TYPE_CHECKING:
    from transformers import TextClassificationPipeline

MAX_CHARACTERS = 10_000


@dataclass(frozen=True)
class Glyph:
    """A character as the model sees it.

    Attributes:
        character: what the text has: a letter with its marks, or a whole emoji sequence.
        seen_as: the glyph that stands for it in the model's bank, often the same; for a model that draws its
            glyphs, the character; None if the bank has none, so that the model sees "some unknown glyph".
    """

    character: str
    seen_as: str | None

    @property
    def known(self) -> bool:
        """Whether the model can tell this glyph from others."""
        return self.seen_as is not None


@dataclass(frozen=True)
class Token:
    """One place of the sequence that goes through the layers.

    Attributes:
        text: the characters that it stands for, or the name of a special token.
        modality: `"text"`, `"speech"` or `"vision"`, as the model marks it.
        special: it stands for no characters, such as the token that opens a row.
    """

    text: str
    modality: str
    special: bool


@dataclass(frozen=True, eq=False)
class WindowExplanation:
    """One window of the text.

    Attributes:
        start: offset of its first character in the text.
        end: offset behind its last one.
        scores: the window's own score of each label.
        modalities: the senses that it was given.
        glyphs: what the model saw, in order; empty without vision.
        sounds: what it heard by its bank, in order: syllables, and phonemes between slashes; `"?"` for those that the
            bank lacks. Empty without hearing, and where a speech engine spoke.
        words: the words that it heard otherwise than they are written, as (written, heard).
        tokens: the sequence, padding left out.
        weights: (expert layers, tokens, experts); how much each token takes of each expert, summing to 1.
    """

    start: int
    end: int
    scores: dict[str, float]
    modalities: tuple[str, ...]
    glyphs: tuple[Glyph, ...]
    sounds: tuple[str, ...]
    words: tuple[tuple[str, str], ...]
    tokens: tuple[Token, ...]
    weights: np.ndarray

    def layer_weights(self) -> np.ndarray:
        """Return the mean over tokens: (expert layers, experts)."""
        return self.weights.mean(axis=1)

    def token_weights(self, layer: int | None = None) -> np.ndarray:
        """Return (tokens, experts) of one expert layer by its index, or the mean over all if None."""
        if layer is None and len(self.weights):
            return self.weights.mean(axis=0)
        return self.weights[layer or 0]


@dataclass(frozen=True, eq=False)
class Explanation:
    """The answer to a text and what led to it.

    Attributes:
        label: the label with the highest score.
        score: its score.
        scores: the score of each label, in the model's order.
        modalities: the senses that were used.
        windows: one for a text that fits the model, else its overlapping windows.
        joined: how the windows' scores were joined (`"max"`: the most harmful window decides), or None.
        deciding: index of the window whose scores are the answer (nearest to it, where they were averaged).
        layers: numbers of the layers that have experts, from 0.
        experts: names of the experts, in the order of the weights.
        positive_score: the sum of the harmful labels' scores.
        thresholds: of a calibrated model, from which positive score on a text of this language is harmful, by
            false-positive rate.
    """

    label: str
    score: float
    scores: dict[str, float]
    modalities: tuple[str, ...]
    windows: tuple[WindowExplanation, ...]
    joined: str | None
    deciding: int
    layers: tuple[int, ...]
    experts: tuple[str, ...] = MODALITIES
    positive_score: float = 0.0
    thresholds: dict[float, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values for JSON; the experts' weights as means over the tokens of each window."""
        return {
            "label": self.label,
            "score": self.score,
            "scores": self.scores,
            "modalities": list(self.modalities),
            "joined": self.joined,
            "windows": [self._window_dict(window) for window in self.windows],
        }

    def _window_dict(self, window: WindowExplanation) -> dict[str, Any]:
        means = window.layer_weights().round(4).tolist()
        layers = [dict(zip(self.experts, row, strict=True)) for row in means]
        return {
            "start": window.start,
            "end": window.end,
            "scores": window.scores,
            "glyphs": [{"character": glyph.character, "known": glyph.known} for glyph in window.glyphs],
            "heard": [{"written": written, "heard": heard} for written, heard in window.words],
            "experts": {str(layer): row for layer, row in zip(self.layers, layers, strict=True)},
        }


def load_classifier(model: str) -> "TextClassificationPipeline":
    """Load a model that this demonstration can look into.

    Args:
        model: a folder or a Hub id.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: It cannot be loaded, or it is no MMBERT.
    """
    classifier = load_text_classifier(model)
    if not is_multimodal(classifier.model.config):
        raise ValueError(
            f"{model} is a {classifier.model.config.model_type} model; the demonstration shows glyphs and experts, "
            f"which a {MULTIMODAL_TYPE} model has. Classify with any other model by `decloak classify --model`."
        )
    return classifier


def available_modalities(classifier: Any) -> list[str]:
    """List the senses that a model and its processor can make from a text alone."""
    config, processor = classifier.model.config, classifier.processor
    drawn, spoken = processor.glyph_characters is None, processor.sound_units is None
    heard = config.transcript and processor.transcript_tables is not None
    sounding = config.audio_config is not None and processor.speech_engine is not None
    able = {
        "text": True,
        "speech": heard or (sounding if spoken else config.sound_bank_size > 0),
        "vision": config.vision_config is not None if drawn else config.glyph_bank_size > 0,
    }
    return [name for name in MODALITIES if able[name]]


def explain(classifier: Any, text: str, modalities: Sequence[str] | None = None) -> Explanation:
    """Classify a text and keep what led to the answer.

    The answer is the pipeline's own; a text that is longer than the model's window is read in overlapping windows.

    Args:
        classifier: an MMBERT pipeline, from `load_classifier`.
        text: at most 10,000 characters.
        modalities: the senses to use; None for the model's default.

    Raises:
        ValueError: The text is empty or too long, the model has not the senses, or has damaged weights.
    """
    check_request(classifier, text, modalities)
    rows = classifier.preprocess(text, modalities=None if modalities is None else list(modalities))
    windows = text_windows(classifier, text, modalities)
    outputs = [look_into(classifier, row) for row in rows]
    answer = postprocess(classifier, rows, [logits for logits, _, _ in outputs])
    parts = [
        _window(classifier, row, window, output) for row, window, output in zip(rows, windows, outputs, strict=True)
    ]
    config = classifier.model.config
    calibration = config.score_calibration
    return Explanation(
        label=answer["label"],
        score=answer["score"],
        scores=answer["scores"],
        modalities=tuple(name for name in MODALITIES if any(name in part.modalities for part in parts)),
        windows=tuple(parts),
        joined=answer["joined"],
        deciding=_nearest([part.scores for part in parts], answer["scores"]),
        layers=tuple(layer for layer in range(config.num_hidden_layers) if config.has_experts(layer)),
        positive_score=float(calibration.positive_score(np.array(list(answer["scores"].values())))),
        thresholds=calibration.thresholds_of(answer["language"]),
    )


def check_request(classifier: Any, text: str, modalities: Sequence[str] | None) -> None:
    """Refuse what cannot be answered before any work is done.

    Raises:
        ValueError: See `explain`.
    """
    if not isinstance(text, str) or not characters(text):
        raise ValueError("There is no text to classify. Type one, in Chinese, English or both.")
    if len(text) > MAX_CHARACTERS:
        raise ValueError(
            f"The text has {len(text):,} characters; this page takes at most {MAX_CHARACTERS:,}. "
            "Shorten it, or use `decloak classify`, which has no such limit."
        )
    able = available_modalities(classifier)
    if modalities is None:
        return
    if not isinstance(modalities, (list, tuple)) or not modalities or not all(name in able for name in modalities):
        raise ValueError(
            f"The senses chosen are {modalities!r:.100}. Choose a list of at least one of those of this model: "
            f"{', '.join(able)}."
        )


def text_windows(classifier: Any, text: str, modalities: Sequence[str] | None) -> list[TextWindow]:
    """Return the windows of a text, with the characters of each token, as the pipeline's `preprocess` has them."""
    config, processor = classifier.model.config, classifier.processor
    length = min(window_length(processor.tokenizer, processor.window_tokens), config.max_position_embeddings)
    wanted = modalities or config.default_modalities or processor.default_modalities
    most = processor.max_glyphs if {"speech", "vision"} & set(wanted) else None
    return split_windows(processor.tokenizer, clean(text), None, length, processor.window_overlap, False, most)


def look_into(classifier: Any, row: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Run the model on one window.

    Returns:
        Logits (labels,), expert weights (expert layers, length, experts) and each token's modality (length,), -1
        for places that nothing reads.
    """
    batch = classifier.processor.pad([row]).to(classifier.device)
    with torch.inference_mode():
        output = classifier.model(**batch, output_router_logits=True)
    modality_ids = output.modality_ids[0].cpu().numpy()
    weights = [layer[0].float().softmax(dim=-1).cpu().numpy() for layer in output.router_logits or ()]
    stacked = np.stack(weights) if weights else np.zeros((0, len(modality_ids), len(MODALITIES)), dtype=np.float32)
    return output.logits[0].float().cpu().numpy(), stacked, modality_ids


def postprocess(classifier: Any, rows: list[dict[str, Any]], logits: list[np.ndarray]) -> dict[str, Any]:
    """Return the pipeline's answer to the windows of a text, with all scores.

    Raises:
        ValueError: A score is not a finite number.
    """
    answer = classifier.postprocess({"windows": rows, "logits": logits}, return_details=True)
    if not all(isfinite(score) for score in answer["scores"].values()):
        raise ValueError("The model's scores are not finite numbers; its weights may be damaged.")
    return answer


def _window(
    classifier: Any, row: dict[str, Any], window: TextWindow, output: tuple[np.ndarray, ...]
) -> WindowExplanation:
    logits, weights, modality_ids = output
    kept = modality_ids >= 0
    seen = glyphs(classifier.processor, window) if "vision_positions" in row else ()
    tokens = sequence(classifier, row, window, seen, modality_ids)
    return WindowExplanation(
        start=window.start,
        end=window.start + len(window.text),
        scores=postprocess(classifier, [row], [logits])["scores"],
        modalities=tuple(row["report"]["modalities"]),
        glyphs=seen,
        sounds=sounds(classifier.processor, row),
        words=tuple((word["written"], word["heard"]) for word in row["report"].get("heard", [])),
        tokens=tuple(token for token, keep in zip(tokens, kept, strict=True) if keep),
        weights=weights[:, kept],
    )


def _nearest(windows: list[dict[str, float]], answer: dict[str, float]) -> int:
    """Return the window with the answer's scores; windows computed together may differ in the last digit."""
    distances = [sum(abs(scores[label] - answer[label]) for label in answer) for scores in windows]
    return distances.index(min(distances))


def glyphs(processor: Any, window: TextWindow) -> tuple[Glyph, ...]:
    """Return the glyphs of a window, and which of them the bank has."""
    table = None
    if processor.glyph_characters is not None:
        table = {unit: row for row, unit in enumerate(processor.glyph_characters, start=1)}
    units, _ = glyph_units(window, table)
    return tuple(Glyph(unit, _seen_as(unit, table)) for unit in units)


def sounds(processor: Any, row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the units of the sound bank that a row has."""
    units = ["?", *(processor.sound_units or ())]
    return tuple(units[place] for place in row.get("sound_ids", ()))


def _seen_as(unit: str, table: Mapping[str, int] | None) -> str | None:
    if table is None:
        return unit
    return next((form for form in (unit, *simpler_forms(unit)) if form in table), None)


def sequence(
    classifier: Any, row: Mapping[str, Any], window: TextWindow, seen: Sequence[Glyph], modality_ids: np.ndarray
) -> list[Token]:
    """Name the places of a window's sequence: text tokens, then those of each sense where the model appends them."""
    tokenizer = classifier.processor.tokenizer
    words = [_word(tokenizer, window, index) for index in range(len(window.spans))]
    behind: list[Token] = []
    if classifier.model.config.fusion == "concat":
        heard = row.get("speech_positions", [])
        behind = [Token(words[place].text, "speech", special=False) for place in heard]
        behind += [Token(glyph.character, "vision", special=False) for glyph in seen]
        words_heard = row.get("transcript_ids", [])
        behind += [Token(name, "speech", special=False) for name in tokenizer.convert_ids_to_tokens(words_heard)]
    return [*words[: len(modality_ids) - len(behind)], *behind]


def _word(tokenizer: Any, window: TextWindow, index: int) -> Token:
    source, start, end = window.spans[index]
    name = tokenizer.convert_ids_to_tokens(window.input_ids[index])
    if source is None:
        return Token(name, "text", special=True)
    return Token(window.text[start - window.start : end - window.start] or name, "text", special=False)


__all__ = [
    "MAX_CHARACTERS",
    "Explanation",
    "Glyph",
    "Token",
    "WindowExplanation",
    "available_modalities",
    "explain",
    "load_classifier",
]
