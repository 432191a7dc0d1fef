"""A mesh and its poses as the game's files hold them, made by hand."""

import struct
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from vong_training.meshes import matrices, posed, read_mesh, read_poses  # noqa: E402

HALF = 2**-0.5
#: Where a bone is, and its turn: none, and a quarter about y, which takes x to -z.
STILL, QUARTER = (0, 0, 0, 0, 0, 0, 1), (0, 0, 0, 0, HALF, 0, HALF)


def mesh_bytes(bones: list[tuple[int, ...]], weights: list[tuple[float, ...]], rest: list[tuple]) -> bytes:
    """Vertices at x = 1, 2, 3 with two sets of coordinates, and one triangle."""
    vertices = b"".join(
        struct.pack("<3f3f4f4B4f", n + 1, 0, 0, 1, 0, 0, 0.25, 0.75, 0, 0, *bone, *weight)
        for n, (bone, weight) in enumerate(zip(bones, weights))
    )
    states = b"".join(struct.pack("<7f", *state) for state in rest)
    body = struct.pack("<I", 1) + struct.pack("<3H", 0, 1, 2) + struct.pack("<I", len(rest)) + states
    return b"PSMD" + struct.pack("<4I", 4, 0, len(bones), 2) + vertices + body


def poses_bytes(frames: list[list[tuple]]) -> bytes:
    head = b"PSSA" + struct.pack("<III", 1, 0, 2) + b"ab" + struct.pack("<fII", 33.3, len(frames[0]), len(frames))
    return head + b"".join(struct.pack("<7f", *state) for frame in frames for state in frame)


class Meshes(unittest.TestCase):
    def read(self, content: bytes, reader):
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            return reader(Path(file.name))

    def setUp(self) -> None:
        bones = [(0, 255, 255, 255), (1, 255, 255, 255), (0, 1, 255, 255)]
        weights = [(1, 0, 0, 0), (1, 0, 0, 0), (0.5, 0.5, 0, 0)]
        self.mesh = self.read(mesh_bytes(bones, weights, [STILL, STILL]), read_mesh)

    def test_a_mesh_is_read_with_the_texture_the_right_way_up(self) -> None:
        np.testing.assert_allclose(self.mesh.positions[:, 0], [1, 2, 3])
        np.testing.assert_allclose(self.mesh.coordinates[0], [0.25, 0.25])
        np.testing.assert_array_equal(self.mesh.triangles, [[0, 1, 2]])

    def test_a_bone_that_turns_takes_its_vertices_along_by_their_weight(self) -> None:
        frames = self.read(poses_bytes([[STILL, STILL], [STILL, QUARTER]]), read_poses)
        at_rest, _ = posed(self.mesh, frames[0])
        np.testing.assert_allclose(at_rest, self.mesh.positions, atol=1e-6)
        turned, normals = posed(self.mesh, frames[1])
        np.testing.assert_allclose(turned, [[1, 0, 0], [0, 0, -2], [1.5, 0, -1.5]], atol=1e-6)
        np.testing.assert_allclose(normals[1], [0, 0, -1], atol=1e-6)

    def test_a_pose_of_another_skeleton_leaves_the_mesh_at_rest(self) -> None:
        frames = self.read(poses_bytes([[QUARTER]]), read_poses)
        np.testing.assert_allclose(posed(self.mesh, frames[0])[0], self.mesh.positions)

    def test_other_files_are_refused(self) -> None:
        for reader in (read_mesh, read_poses):
            with self.assertRaises(ValueError):
                self.read(b"RIFF" + bytes(64), reader)

    def test_a_turn_is_rigid(self) -> None:
        rng = np.random.default_rng(1)
        turns = rng.normal(size=(5, 4))
        turns /= np.linalg.norm(turns, axis=1, keepdims=True)
        states = np.zeros(5, [("at", "<f4", 3), ("turn", "<f4", 4)])
        states["turn"] = turns
        for matrix in matrices(states)[:, :3, :3]:
            np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-6)
            self.assertAlmostEqual(float(np.linalg.det(matrix)), 1.0, places=5)


if __name__ == "__main__":
    unittest.main()
