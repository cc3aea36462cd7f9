"""Whether a model does what its card says: runs on windows of noise, of all lengths and in batches."""

import numpy as np

from emostream.errors import ModelError
from emostream.inference.model import EmotionModel

# A batch adds up in another order than a window alone; whole numbers (8-bit integers) round once more.
TOLERANCE = 0.02


def verify(model: EmotionModel) -> None:
    """Run the model on noise.

    Raises ``ModelError`` where it fails, gives another shape, or gives a window other probabilities in a batch.
    """
    card, grid = model.card, model.card.grid()
    rng = np.random.default_rng(0)
    shortest, longest = card.features.n_frames(grid.first_end_sample), grid.rows
    for rows in (shortest, longest):
        windows = rng.normal(0, 10, (3, rows, card.features.dim)).astype(np.float32)
        logits, summaries = model.run(windows)
        if logits.shape != (3, len(card.labels)) or summaries.shape != (3, model.summary_size):
            raise ModelError(
                f"the model {card.name} gave logits of shape {logits.shape} and summaries of {summaries.shape} for 3 "
                f"windows, expected {(3, len(card.labels))} and {(3, model.summary_size)}: export it again"
            )
        alone = np.concatenate([model.run(windows[index : index + 1])[0] for index in range(3)])
        apart = float(np.abs(model.calibrated(alone) - model.calibrated(logits)).max())
        if apart > TOLERANCE:
            raise ModelError(
                f"the model {card.name} gives a window another probability in a batch than alone ({apart:.3f} apart, "
                f"expected {TOLERANCE} at most): its windows depend on one another; export it without batch statistics"
            )
