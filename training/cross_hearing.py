"""Training texts heard by language models that have not seen them, as the texts of users will be."""

import logging
import zlib
from collections.abc import Callable, Sequence

from decloak.processing import MultimodalHateProcessor

from .banks.installing import processor_settings
from .banks.transcript_tables import make_transcript_tables
from .data.mixture import LabelledText
from .recipe import TranscriptSettings

logger = logging.getLogger(__name__)


def cross_hearing(
    processor: MultimodalHateProcessor,
    rows: Sequence[LabelledText],
    settings: TranscriptSettings,
    language_texts: Sequence[str] = (),
) -> Callable[[int], MultimodalHateProcessor]:
    """Return the processor that a row is to be encoded with, by the number of the row.

    A text and its cloaked copies are in one part. Which one is a function of the text, so that a run that goes on after
    a kill encodes as it did before.

    Args:
        processor: of the model.
        rows: the training texts.
        settings: of the transcript.
        language_texts: what every language model reads beside them.
    """
    if settings.parts == 1 or processor.transcript_tables is None:
        return lambda number: processor
    parts = [zlib.crc32(row.written.encode("utf-8", "surrogatepass")) % settings.parts for row in rows]
    processors = []
    for part in range(settings.parts):
        others = [row.text for row, own in zip(rows, parts, strict=True) if own != part and not row.attack]
        processors.append(_with_model_of([*others, *language_texts], processor, settings))
    logger.info("transcripts: %d parts, each heard by a model of the others", settings.parts)
    return lambda number: processors[parts[number]]


def _with_model_of(
    texts: Sequence[str], processor: MultimodalHateProcessor, settings: TranscriptSettings
) -> MultimodalHateProcessor:
    """Return the processor with a language model of some texts; itself, where they are too few to have any words."""
    try:
        tables = make_transcript_tables(texts, settings.least_pair_count)
    except ValueError as error:
        logger.warning("A part of the texts is heard by the model of all: %s", error)
        return processor
    given = {name: getattr(processor, name) for name in processor_settings()} | {"transcript_tables": tables}
    return MultimodalHateProcessor(processor.tokenizer, processor.feature_extractor, processor.image_processor, **given)


__all__ = ["cross_hearing"]
