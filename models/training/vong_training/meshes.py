"""Reads the animated meshes of 0 A.D. (formats PSMD and PSSA) and poses them.

Of the formats only what posing needs: positions, normals, the first texture coordinates, the weights
of four bones, triangles, and one rigid transform a bone for the rest pose and for each frame.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

NO_BONE = 0xFF
#: A bone's state in the file: where it is, and its turn as a quaternion x y z w.
STATE = np.dtype([("at", "<f4", 3), ("turn", "<f4", 4)])


@dataclass
class Mesh:
    """An animal in its rest pose; y is up, lengths are the game's (about a metre)."""

    positions: np.ndarray  # [n, 3]
    normals: np.ndarray  # [n, 3]
    coordinates: np.ndarray  # [n, 2], of the texture, v downwards
    bones: np.ndarray  # [n, 4]
    weights: np.ndarray  # [n, 4]
    triangles: np.ndarray  # [m, 3]
    rest: np.ndarray  # [bones, 4, 4]


def read_mesh(file: Path) -> Mesh:
    """A `.pmd` file of version 3 or 4."""
    data = file.read_bytes()
    magic, version, _, count, sets = struct.unpack_from("<4sIIII", data)
    if magic != b"PSMD" or version not in (3, 4):
        raise ValueError(f"{file}: not a mesh of version 3 or 4")
    if version == 3:
        raise ValueError(f"{file}: version 3 has no count of texture coordinates")
    vertex = np.dtype([("at", "<f4", 3), ("normal", "<f4", 3), ("uv", "<f4", (sets, 2)), ("bone", "u1", 4), ("weight", "<f4", 4)])
    vertices = np.frombuffer(data, vertex, count, 20)
    offset = 20 + vertices.nbytes
    (faces,) = struct.unpack_from("<I", data, offset)
    triangles = np.frombuffer(data, "<u2", 3 * faces, offset + 4).reshape(-1, 3)
    offset += 4 + triangles.nbytes
    (states,) = struct.unpack_from("<I", data, offset)
    rest = matrices(np.frombuffer(data, STATE, states, offset + 4))
    weights = np.where(vertices["bone"] == NO_BONE, 0, vertices["weight"])
    coordinates = vertices["uv"][:, 0] * (1, -1) + (0, 1)
    return Mesh(vertices["at"], vertices["normal"], coordinates, vertices["bone"], weights, triangles, rest)


def read_poses(file: Path) -> np.ndarray:
    """The frames of a `.psa` file: [frames, bones, 4, 4]."""
    data = file.read_bytes()
    magic, _, _, name = struct.unpack_from("<4sIII", data)
    if magic != b"PSSA":
        raise ValueError(f"{file}: not an animation")
    _, bones, frames = struct.unpack_from("<fII", data, 16 + name)
    states = np.frombuffer(data, STATE, bones * frames, 28 + name)
    return matrices(states).reshape(frames, bones, 4, 4)


def matrices(states: np.ndarray) -> np.ndarray:
    """Rigid transforms [n, 4, 4] of bones' states."""
    x, y, z, w = states["turn"].astype(np.float64).T
    out = np.zeros((len(states), 4, 4))
    out[:, 0, :3] = np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], 1)
    out[:, 1, :3] = np.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], 1)
    out[:, 2, :3] = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], 1)
    out[:, :3, 3], out[:, 3, 3] = states["at"], 1
    return out


def posed(mesh: Mesh, pose: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Positions and normals in a pose; the rest pose where there is none or it is another skeleton's."""
    if pose is None or len(pose) != len(mesh.rest):
        return mesh.positions, mesh.normals
    moves = pose @ np.linalg.inv(mesh.rest)
    moves = np.concatenate([moves, np.eye(4)[None]])  # a vertex may hang on nothing
    bones = np.minimum(mesh.bones, len(pose))
    total = mesh.weights.sum(1, keepdims=True)
    weights = np.where(total > 0, mesh.weights / np.maximum(total, 1e-6), (1, 0, 0, 0))
    blended = np.einsum("nb,nbij->nij", weights, moves[bones])
    positions = np.einsum("nij,nj->ni", blended[:, :3, :3], mesh.positions) + blended[:, :3, 3]
    return positions, np.einsum("nij,nj->ni", blended[:, :3, :3], mesh.normals)
