"""What may lie behind an overlay: plain colours, and a made-up frame of a video, as values of CSS ``background``."""

import base64
import io

import matplotlib.image
import numpy as np


def _video_frame(width: int = 640, height: int = 360) -> str:
    """Bright and dark shapes, gradients and noise: sky, ground, lights, faces of houses."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1)
    frame = np.stack((0.95 - 0.3 * y, 0.9 - 0.2 * y, 0.98 - 0.1 * y), axis=-1)
    frame[y > 0.55 + 0.05 * np.sin(9 * x)] = (0.2, 0.32, 0.12)
    for _ in range(60):
        left, top = rng.integers(0, width - 60), rng.integers(0, height - 60)
        wide, high = rng.integers(8, 90, 2)
        frame[top : top + high, left : left + wide] = rng.random(3)
    frame = np.clip(frame + rng.normal(0, 0.06, frame.shape), 0, 1)
    buffer = io.BytesIO()
    matplotlib.image.imsave(buffer, frame, format="png")
    return f"url(data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}) 0 0 / cover no-repeat"


BACKGROUNDS = {"white": "#ffffff", "black": "#000000", "green": "#00b140", "video": _video_frame()}
