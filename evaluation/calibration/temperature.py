"""Temperature scaling: one number that divides all logits (Guo et al. 2017, arXiv 1706.04599)."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Perfectly separable scores want a temperature of 0, scores that rank backwards an infinite one.
LOWEST, HIGHEST = 0.05, 20.0
_NO_GAIN = 1e-12  # nats a row


def positive_log_odds(logits: Floats, positive: NDArray[np.bool_], temperature: float = 1.0) -> Floats:
    """Return the log odds of a positive label against the others after softmax.

    Args:
        logits: `(n, labels)`.
        positive: `(labels,)`, which labels are positive; some are, some are not.
        temperature: Divides the logits.

    Returns:
        `(n,)`.
    """
    from scipy.special import logsumexp

    scaled = logits / temperature
    return np.asarray(logsumexp(scaled[:, positive], axis=1) - logsumexp(scaled[:, ~positive], axis=1))


def negative_log_likelihood(labels: NDArray[np.int64], log_odds: Floats) -> float:
    """Return the mean negative log-likelihood in nats of labels `(n,)`, 0 or 1, under log odds `(n,)`."""
    return float(np.logaddexp(0, np.where(labels == 1, -log_odds, log_odds)).mean())


def fit_temperature(labels: NDArray[np.int64], logits: Floats, positive: NDArray[np.bool_]) -> float:
    """Find the temperature with the least negative log-likelihood of "positive or not".

    Args:
        labels: `(n,)`, 1 for a positive text, else 0.
        logits: `(n, labels)`.
        positive: `(labels,)`, which labels are positive.

    Returns:
        A temperature between `LOWEST` and `HIGHEST`; 1 where none is better.
    """
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        return negative_log_likelihood(labels, positive_log_odds(logits, positive, float(np.exp(log_temperature))))

    # The logarithm makes halving and doubling equal steps; of two labels the loss has one minimum.
    found = minimize_scalar(loss, bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded", options={"xatol": 1e-8})
    return float(np.exp(found.x)) if found.fun < loss(0.0) - _NO_GAIN else 1.0


def at_its_bound(temperature: float) -> bool:
    """Tell whether a fitted temperature would have gone further."""
    return not LOWEST * 1.001 < temperature < HIGHEST / 1.001


__all__ = ["HIGHEST", "LOWEST", "at_its_bound", "fit_temperature", "negative_log_likelihood", "positive_log_odds"]
