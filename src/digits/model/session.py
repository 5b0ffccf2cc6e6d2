"""Opening a model's network on ONNX Runtime, and how many cores it may use."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np

from digits.errors import ModelError
from digits.model import spec
from digits.model.store import Model

# ONNX Runtime's wheel looks up a host of its maker and leaves a device id in the user's cache, from
# threads of its own. It looks at this variable when it is imported; its API comes too late.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime

QUOTA = Path("/sys/fs/cgroup/cpu.max")  # control groups v2: "quota period" in microseconds
PROBES = {
    "tiles": ((1, spec.TILE, spec.TILE), (1, spec.CLASSES)),
    "page": (
        (1, spec.DETECTOR_SIZE_MULTIPLE, spec.DETECTOR_SIZE_MULTIPLE, spec.CHANNELS),
        (1, *[spec.DETECTOR_SIZE_MULTIPLE // spec.DETECTOR_STRIDE] * 2, spec.DETECTOR_MAPS),
    ),
    "lines": (
        (1, spec.LINE_HEIGHT, spec.LINE_SIZE_MULTIPLE, spec.CHANNELS),
        (1, spec.LINE_SIZE_MULTIPLE // spec.LINE_STRIDE, spec.TOKENS),
    ),
}
"""By the name of the input: shapes of a smallest input and of its output."""


@cache
def cores() -> int:
    """How many cores this process may use: its affinity, and the limit of its container."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(count or 1, _quota(QUOTA)))


def providers() -> list[str]:
    """What this ONNX Runtime could compute on; networks are opened on the processor."""
    return list(onnxruntime.get_available_providers())


def _quota(path: Path) -> int:
    """Whole cores that a container may use; very many where it has no limit."""
    try:
        quota, period = path.read_text("ascii").split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):  # no control groups, or "max"
        return 1 << 16


def open_session(model: Model, names: list[str], *, threads: int) -> onnxruntime.InferenceSession:
    """Open a network whose inputs and outputs have these names: its input, its output, and inner
    tensors that were made outputs (`digits.model.graph`).

    threads: that share each layer. Raises ModelError if the network cannot be run, or if its inputs
    and outputs have other names or shapes, or if its output for a blank input is not finite.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # threads that wait for the next call would keep OpenCV's from the cores
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            model.network, options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # ONNX Runtime's own errors share no base but Exception
        raise ModelError(
            f"the weights of model {model.name!r} are no network that ONNX Runtime "
            f"{onnxruntime.__version__} can run ({type(error).__name__}); export it again"
        ) from error
    found = [node.name for node in (*session.get_inputs(), *session.get_outputs())]
    if found != names:
        raise ModelError(
            f"model {model.name!r} has inputs and outputs {found}; "
            f"expected {' and '.join(names)}; export it again"
        )
    _probe(session, model.name, names)
    return session


def _probe(session: onnxruntime.InferenceSession, model: str, names: list[str]) -> None:
    """Run the network on a smallest blank input and check the shape and values of its output."""
    source, target, *_ = names
    shape, expected = PROBES[source]
    try:
        (output,) = session.run([target], {source: np.zeros(shape, np.float32)})
    except Exception as error:  # ONNX Runtime's own errors share no base but Exception
        raise ModelError(
            f"model {model!r} cannot be run on {source} of shape {shape} "
            f"({type(error).__name__}); export it again"
        ) from error
    if output.shape != expected:
        raise ModelError(
            f"model {model!r} gives {target} of shape {output.shape} for {source} of {shape}; "
            f"expected {expected}; export it again"
        )
    if not np.isfinite(output).all():
        raise ModelError(
            f"model {model!r} gives NaN or infinity for blank {source}: its weights are damaged; "
            "export it again"
        )
