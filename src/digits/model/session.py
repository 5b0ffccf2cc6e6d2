"""A model's network, ready to be asked."""

from __future__ import annotations

import os

from digits.errors import ModelError
from digits.model.store import Model

# ONNX Runtime's wheel looks up a host of its maker and leaves a device id in the user's cache, from
# threads of its own. It looks at this variable when it is imported; its API comes too late.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime

CORES = os.cpu_count() or 1


def open_session(model: Model, names: list[str], *, threads: int) -> onnxruntime.InferenceSession:
    """Open a network whose inputs and outputs have these names.

    threads: that share each layer. Raises ModelError if it cannot be run or is another network.
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
    return session
