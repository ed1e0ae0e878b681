"""A frozen sentence encoder and a linear head: the baseline that is trained in seconds."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from decloak.evaluation.answers import well_formed
from decloak.evaluation.classifiers.classification_head import ClassificationHead, linear_head
from decloak.evaluation.classifiers.embedding_classifier import embed, truncated
from decloak.evaluation.classifiers.sentence_encoder import encoder_folder, load_sentence_encoder

from .training_texts import RECORD, TrainingTexts, check_output, public_name

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# C of the logistic regression, over features of unit variance; the best by out-of-fold log loss is taken.
STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
FOLDS = 3


def train_frozen_encoder(
    encoder: str,
    data: TrainingTexts,
    output: Path,
    prompt: str | None = None,
    batch_size: int = 32,
    max_length: int | None = None,
) -> Path:
    """Fit a logistic regression on sentence embeddings, which are computed once, and save both.

    Args:
        encoder: A sentence-transformers folder or Hub id, or any encoder of transformers, which is then read under
            mean pooling.
        data: What to train on.
        output: Where to; empty or not there.
        prompt: Put before every text, such as "query: " for E5 models.
        batch_size: Texts that go through the encoder at once.
        max_length: Tokens that texts are cut to, in use too; None is what the encoder reads.

    Returns:
        The folder: the encoder with a head, and `training_record.json`.

    Raises:
        FileNotFoundError: There is no such folder.
        ImportError: sentence-transformers is missing.
        ValueError: The encoder cannot be loaded, a class has too few texts, or the folder is not empty.
    """
    started = time.monotonic()
    check_output(output)
    model = load_sentence_encoder(encoder_folder(encoder))
    if max_length is not None and max_length < (model.max_seq_length or max_length + 1):
        model.max_seq_length = max_length
    texts = [well_formed(text) for text in data.texts]
    embeddings = embed(model, texts, prompt, batch_size)
    embedded = time.monotonic()
    head, strength = fit_head(embeddings, data, prompt)
    name, limit = public_name(encoder), model.max_seq_length
    facts = {"encoder": name, "frozen": True, "prompt": prompt, "max_length": limit, "C": strength}
    record = data.record(started, **facts, texts_cut=sum(truncated(model, texts, prompt)))
    return _save(model, head, output, record | {"texts_a_second": round(len(texts) / (embedded - started), 1)})


def fit_head(
    embeddings: NDArray[np.float32], data: TrainingTexts, prompt: str | None = None
) -> tuple[ClassificationHead, float]:
    """Fit a logistic regression, with its C chosen by cross-validation.

    Features are brought to unit variance, because embeddings of one encoder lie in a narrow cone and the penalty would
    meet all of them alike; the scaling is folded into the weights.

    Args:
        embeddings: `(texts, width)`.
        data: Their classes and the names of these.
        prompt: What stood before the texts.

    Returns:
        The head, and the C.

    Raises:
        ValueError: A class has one text only.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    fewest = min(data.classes.count(index) for index in range(len(data.labels)))
    if fewest < 2:
        raise ValueError("a class has one training text only: two are needed")
    vectors = np.asarray(embeddings, dtype=np.float64)
    mean, spread = vectors.mean(axis=0), np.maximum(vectors.std(axis=0), 1e-6)
    folds = StratifiedKFold(min(FOLDS, fewest), shuffle=True, random_state=data.seed)
    search = GridSearchCV(LogisticRegression(max_iter=1000), {"C": STRENGTHS}, scoring="neg_log_loss", cv=folds)
    best: Any = search.fit((vectors - mean) / spread, data.classes).best_estimator_
    weight = best.coef_ / spread
    return linear_head(weight, best.intercept_ - weight @ mean, data.labels, prompt=prompt), float(best.C)


def _save(model: "SentenceTransformer", head: ClassificationHead, output: Path, record: dict[str, Any]) -> Path:
    output.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(str(output), create_model_card=False)
    for file in output.rglob("*.safetensors"):
        file.chmod(0o644)  # safetensors leaves it to the owner alone
    head.save(output)
    (output / RECORD).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return output


__all__ = ["fit_head", "train_frozen_encoder"]
