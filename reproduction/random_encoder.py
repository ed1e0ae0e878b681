"""A text encoder of the same shape whose weights are drawn anew: training from scratch."""

import shutil
from pathlib import Path

COMPLETE = "tokenizer_config.json"


def random_encoder(encoder: str, seed: int, folder: Path) -> Path:
    """Save an encoder with the shape and tokenizer of another, and random weights.

    Args:
        encoder: a BERT: folder or Hub id.
        seed: of the weights.
        folder: where it is saved; one that is there already is taken as it is.

    Returns:
        The folder.
    """
    import torch
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    if (folder / COMPLETE).is_file():
        return folder
    # Beside its place first: a killed run leaves no half of an encoder there.
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AutoModel.from_config(AutoConfig.from_pretrained(encoder), dtype=torch.float32)
    model.save_pretrained(partial)
    AutoTokenizer.from_pretrained(encoder).save_pretrained(partial)
    shutil.rmtree(folder, ignore_errors=True)
    partial.replace(folder)
    return folder


__all__ = ["random_encoder"]
