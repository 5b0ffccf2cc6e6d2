"""A model's network on ONNX Runtime, and how many cores it may use."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from digits.errors import ModelError
from digits.model.store import Model

# ONNX Runtime's wheel looks up a host of its maker and leaves a device id in the user's cache, from
# threads of its own. It looks at this variable when it is imported; its API comes too late.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime

QUOTA = Path("/sys/fs/cgroup/cpu.max")  # control groups v2: "quota period" in microseconds


@cache
def cores() -> int:
    """How many cores this process may use: its affinity, and the limit of its container."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(count or 1, _quota(QUOTA)))


def _quota(path: Path) -> int:
    """Whole cores that a container may use; very many where it has no limit."""
    try:
        quota, period = path.read_text("ascii").split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):  # no control groups, or "max"
        return 1 << 16


def open_session(
    model: Model, names: list[str], channels: int, threads: int
) -> onnxruntime.InferenceSession:
    """Open a network.

    names: of its input and its output. channels: of the output, its last dimension. threads: that
    share each layer. Raises ModelError if it cannot be run or is another network.
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
    shape = session.get_outputs()[0].shape
    if shape[-1] != channels:
        raise ModelError(
            f"model {model.name!r} gives {names[1]} of shape {shape}; expected {channels} in the "
            "last place; export it again"
        )
    return session
