"""A sentence-transformers model of random weights, made in milliseconds."""

from pathlib import Path

from tests.tiny_text_classifiers import save_tiny_bert

WIDTH = 16


def save_sentence_encoder(folder: Path) -> Path:
    """Save a BERT that reads single characters, 32 tokens of them, under mean pooling."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    bert = save_tiny_bert(folder / "bert")
    transformer = Transformer(str(bert), max_seq_length=32)
    model = SentenceTransformer(modules=[transformer, Pooling(WIDTH, pooling_mode="mean")], device="cpu")
    model.save_pretrained(str(folder / "encoder"), create_model_card=False)
    return folder / "encoder"
