"""Each network of models/ on a 3 s window: onnxruntime on one thread against the framework that it comes from.

The frameworks' networks have weights of no training, which cost the same. 8-bit integers are onnxruntime's dynamic
quantisation of the files, where they are not integers already.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic

from bench.side_by_side import Comparison, compare
from emostream import assets
from emostream.inference.model import EmotionModel
from emostream_trainer.recipes import RECIPES
from emostream_trainer.training.learner import new_learner

F32 = NDArray[np.float32]
TIMES = 20


def networks(runs: int) -> list[Comparison]:
    """Each network by itself."""
    torch.set_num_threads(1)
    found = []
    for path in sorted(set(assets.MODELS.glob("*.onnx")).difference(assets.vad_paths())):
        model = EmotionModel.load(path)
        rng = np.random.default_rng(0)
        shape = (1, model.card.grid().rows, model.card.features.dim)
        window = rng.normal(-40, 10, shape).astype(np.float32)
        ways = {"onnxruntime, one thread": _times(lambda model=model, window=window: model.run(window))}
        ways |= _of_framework(model, window)
        with tempfile.TemporaryDirectory() as folder:
            if not _is_of_integers(path):
                ways["onnxruntime, 8-bit integers"] = _eight_bit(path, Path(folder), window)
            title = f"{model.card.name}, {path.stat().st_size / 1e6:.2f} MB"
            found.append(compare(title, "window", "onnxruntime, one thread", ways, units=TIMES, runs=runs))
    return found


def _of_framework(model: EmotionModel, window: F32) -> dict[str, Callable[[], object]]:
    card = model.card
    learner = new_learner(RECIPES[f"{card.name}/{card.variant}"], len(card.labels), window[0])
    network = learner.network
    if not isinstance(network, torch.nn.Module):
        offset = np.zeros((1, learner.summary_size), np.float32)
        return {"Keras predict": _times(lambda: network.predict([window, offset], verbose=0))}
    network.eval()
    tensors = torch.from_numpy(window), torch.zeros(1, learner.summary_size)
    compiled = torch.compile(network)

    def forward(network: Callable[..., object]) -> None:
        with torch.inference_mode():
            network(*tensors)

    return {"torch, eager": _times(lambda: forward(network)), "torch, compiled": _times(lambda: forward(compiled))}


def _is_of_integers(path: Path) -> bool:
    return any(node.op_type == "MatMulInteger" for node in onnx.load(path).graph.node)


def _eight_bit(path: Path, folder: Path, window: F32) -> Callable[[], object]:
    to = folder / path.name
    quantize_dynamic(path, to, weight_type=QuantType.QInt8)
    model = EmotionModel.load(to)
    return _times(lambda: model.run(window))


def _times(work: Callable[[], object]) -> Callable[[], object]:
    return lambda: [work() for _ in range(TIMES)]
