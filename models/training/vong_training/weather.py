"""What light, weather and cameras do to a picture: none of it moves a box.

Fog and a warm light are here on purpose: they look like smoke and fire and are labelled as neither.
"""

from __future__ import annotations

import cv2
import numpy as np

LEVELS = np.arange(256, dtype=np.float32)


def spoil(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A picture as another camera at another hour would have seen it."""
    for chance, effect in EFFECTS:
        if rng.random() < chance:
            picture = effect(picture, rng)
    return picture


def _light(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exposure, contrast, gamma and white balance in one table a colour."""
    gain = rng.uniform(0.7, 1.3) * rng.uniform(0.92, 1.08, 3)
    shift, gamma = rng.uniform(-20, 20), np.exp(rng.uniform(-0.35, 0.35))
    curve = 255 * (LEVELS / 255) ** gamma
    tables = [np.clip((curve - 114) * g + 114 + shift, 0, 255) for g in gain]
    return cv2.LUT(picture, np.stack(tables, -1)[None].astype(np.uint8))


def _saturation(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    amount = rng.uniform(0.4, 1.5)
    return cv2.addWeighted(picture, amount, grey, 1 - amount, 0)


def _grey(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Infrared night vision has no colours."""
    return cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def dusk(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The whole picture warm, as at sunset or below sodium lamps: colours of fire where nothing burns."""
    tables = [np.clip(LEVELS * gain, 0, 255) for gain in (1.15, rng.uniform(0.7, 0.95), rng.uniform(0.35, 0.7))]
    return cv2.LUT(picture, np.stack(tables, -1)[None].astype(np.uint8))


def _night(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    gain, gamma = rng.uniform(0.3, 0.7), rng.uniform(1.2, 2.0)
    table = np.clip(255 * gain * (LEVELS / 255) ** gamma, 0, 255).astype(np.uint8)
    return _noise(cv2.LUT(picture, table), rng)


def _fog(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Haze over all of it, thicker towards the top."""
    height = picture.shape[0]
    veil = np.linspace(rng.uniform(0.3, 0.75), rng.uniform(0.05, 0.4), height, dtype=np.float32)
    level = rng.uniform(140, 235)
    return (picture * (1 - veil)[:, None, None] + (level * veil)[:, None, None]).astype(np.uint8)


def _rain(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    picture = np.ascontiguousarray(picture)
    height, width = picture.shape[:2]
    lean, level = rng.uniform(-0.3, 0.3), int(rng.integers(150, 230))
    overlay = picture.copy()
    for x, y, length in rng.integers((0, 0, 4), (width, height, 22), (int(rng.integers(40, 160)), 3)):
        cv2.line(overlay, (int(x), int(y)), (int(x + lean * length), int(y + length)), (level,) * 3, 1)
    return cv2.addWeighted(overlay, 0.5, picture, 0.5, 0)


def _blur(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.5:
        return cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 1.5))
    length = int(rng.integers(3, 8))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    return cv2.filter2D(picture, -1, kernel)


def _coarse(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A smaller picture enlarged again, as an old camera's."""
    height, width = picture.shape[:2]
    share = rng.uniform(0.4, 0.8)
    small = cv2.resize(picture, (int(width * share), int(height * share)))
    return cv2.resize(small, (width, height))


def _noise(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    grain = np.empty(picture.shape[:2], np.int16)
    cv2.setRNGSeed(int(rng.integers(2**31)))
    cv2.randn(grain, 0, float(rng.uniform(3, 14)))
    return np.clip(picture + grain[:, :, None], 0, 255).astype(np.uint8)


def _compress(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blocks and ringing as a camera's encoder makes them, by way of JPEG."""
    _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(12, 60))])
    return cv2.imdecode(coded, cv2.IMREAD_COLOR)


#: In the order of the light's way: scene, lens, sensor, encoder.
EFFECTS = (
    (0.8, _light),
    (0.3, _saturation),
    (0.06, dusk),
    (0.06, _fog),
    (0.04, _rain),
    (0.07, _night),
    (0.06, _grey),
    (0.08, _blur),
    (0.1, _coarse),
    (0.06, _noise),
    (0.15, _compress),
)
