"""A linear layer that can be computed in integers: what it reads is rounded, row by row, to whole numbers.

The export computes such a layer, where its matrix too is of whole numbers, in 8-bit integers
(``emostream_export.integers``), in a third of the time.
"""

from torch import Tensor, nn

# A row is rounded to whole numbers from -127 to 127 times its step.
LARGEST = 127
# The largest number of a row counts as no less: a row of zeros has a step too.
LEAST = 1e-9


class IntegerLinear(nn.Linear):
    """As ``nn.Linear`` over rows (..., in) that are rounded first.

    Each row has a step of its own, so that no row depends on the others of a batch.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Rows (..., in) -> (..., out)."""
        step = input.abs().amax(dim=-1, keepdim=True).clamp_min(LEAST) / LARGEST
        return super().forward((input / step).round() * step)
