"""How close to the limit is reading? Each figure beside what cannot be avoided, in one run.

.venv/bin/python benchmarks/speed.py [--rounds N]

--rounds  of each pair, in turn (default 15); a table row is the median of the pairs' ratios

One thread each. Nothing else should run meanwhile; where something does, ratios still hold, as both
of a pair suffer. TensorFlow and LiteRT are compared where they are installed.
"""

import argparse
import compileall
import contextlib
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digits import Reader
from digits.io.picture import open_picture
from digits.model.session import cores
from digits.model.store import SHIPPED, keras_file
from digits.reading.page.greyscale import prepare

TILES = 256  # of a batch
IMPORTS = "import numpy, cv2, onnxruntime"
SINGLES = {
    "7_paint.png": ("clean", (16, 28, 80, 240, 1000)),
    "6_shadow.jpg": ("in a shadow", (28, 80, 240, 1000)),
    "1_pencil_squared.jpg": ("on squared paper", (240, 1000)),
}
"""Samples of one digit, what is written in what way, and the sides in pixels that they are read at;
1000 are those of a phone photo."""
GOALS = {16: "≤ 1 ms", 28: "≤ 1 ms", 80: "≤ 1 ms", 240: "≤ 4 ms", 1000: "≤ 15 ms"}
PAGE = (3000, 4000)  # pixels of a page as a phone takes it: 12 megapixels
ROOT = Path(__file__).parents[1]

Task = Callable[[], object]


@dataclass(frozen=True)
class Pair:
    """What is timed, what it is compared with, and the goal for the ratio in words."""

    name: str
    own: Task
    other_name: str
    other: Task
    goal: str = ""
    repeats: int = 1


def seconds(task: Task, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        task()
    return (time.perf_counter() - start) / repeats


def row(pair: Pair, rounds: int) -> str:
    """A row of the table: medians in milliseconds, and the median ratio with its quartiles."""
    seconds(pair.own, 1), seconds(pair.other, 1)
    times = [
        (seconds(pair.own, pair.repeats), seconds(pair.other, pair.repeats)) for _ in range(rounds)
    ]
    own, other = (1000 * statistics.median(each) for each in zip(*times, strict=True))
    low, middle, high = statistics.quantiles([mine / its for mine, its in times], n=4)
    return (
        f"| {pair.name} | {own:.3g} | {pair.other_name} | {other:.3g} "
        f"| {middle:.2f} ({low:.2f} to {high:.2f}) | {pair.goal} |"
    )


def process(*arguments: str) -> Task:
    command = [sys.executable, *arguments]
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)


def written(sample: str, side: int) -> NDArray[np.uint8]:
    """A sample of one digit as a picture (side, side, 3)."""
    pixels = cv2.imread(str(ROOT / "samples" / sample))[..., ::-1]
    return np.ascontiguousarray(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA))


def bare_session(reader: Reader) -> Callable[[NDArray[np.float32]], Any]:
    """The classifier's network on ready tensors."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        reader.classifier.model.network, options, providers=["CPUExecutionProvider"]
    )
    return lambda tiles: session.run(["logits"], {"tiles": tiles})


def keras_pairs(
    tiles: NDArray[np.uint8], ready: NDArray[np.float32], reader: Reader
) -> Iterator[Pair]:
    """Beside what TensorFlow offers for the same network in 32-bit floats."""
    try:
        import keras
        import tensorflow as tf
    except ImportError:
        return
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    network = keras.saving.load_model(keras_file(SHIPPED / "default" / "classifier"), compile=False)
    compiled = tf.function(network, jit_compile=True)
    name, own = f"classifier, {TILES} tiles", lambda: reader.classifier.probabilities(tiles)
    yield Pair(name, own, "keras.Model.predict", lambda: network.predict(ready, verbose=0))
    tensor = tf.constant(ready)
    yield Pair(name, own, "TensorFlow, compiled (XLA)", lambda: compiled(tensor).numpy())
    yield from litert_pair(name, own, network, ready)


def litert_pair(name: str, own: Task, network: Any, ready: NDArray[np.float32]) -> Iterator[Pair]:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        return
    import tensorflow as tf

    # `from_keras_model` is for Keras 2
    function = tf.function(lambda tiles: network(tiles, training=False)).get_concrete_function(
        tf.TensorSpec(ready.shape, tf.float32)
    )
    with contextlib.redirect_stdout(None):  # the converter tells much
        content = tf.lite.TFLiteConverter.from_concrete_functions([function], network).convert()
    interpreter = Interpreter(model_content=content, num_threads=1)
    index = interpreter.get_input_details()[0]["index"]
    interpreter.allocate_tensors()

    def run() -> Any:
        interpreter.set_tensor(index, ready)
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

    yield Pair(name, own, "LiteRT", run)


def pairs(reader: Reader) -> Iterator[Pair]:
    compileall.compile_dir(ROOT / "src", quiet=2)  # as pip does when it installs
    yield Pair(
        "digits read img_7.png, whole process",
        process("-m", "digits", "read", "img_7.png"),
        IMPORTS,
        process("-c", IMPORTS),
        "≤ 1.5",
    )
    rng = np.random.default_rng(0)
    tiles = rng.integers(0, 256, (TILES, 28, 28), np.uint8)
    ready = tiles.astype(np.float32) / 255
    bare = bare_session(reader)
    classify = reader.classifier.probabilities
    yield Pair(
        f"classifier, {TILES} tiles", lambda: classify(tiles), "bare session", lambda: bare(ready),
        "≤ 1.11",
    )  # fmt: skip
    yield Pair(
        "classifier, one tile", lambda: classify(tiles[:1]), "bare session",
        lambda: bare(ready[:1]), "≤ 0.3 ms", 20,
    )  # fmt: skip
    yield from single_pairs(reader, tiles[:1])
    encoded = page_of_12_megapixels()
    yield Pair(
        "a JPEG of 12 megapixels, opened and prepared",
        lambda: prepare(open_picture(encoded)),
        "cv2.imdecode",
        lambda: cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR),
        "≤ 3",
    )
    yield from keras_pairs(tiles, ready, reader)


def single_pairs(reader: Reader, tile: NDArray[np.uint8]) -> Iterator[Pair]:
    """Pictures of one digit beside the classifier alone."""
    for sample, (how, sides) in SINGLES.items():
        for side in sides:
            picture = written(sample, side)
            yield Pair(
                f"reader.digit, {how}, {side} pixels", lambda p=picture: reader.digit(p),
                "classifier, one tile", lambda: reader.classifier.probabilities(tile), GOALS[side],
                5,
            )  # fmt: skip


def page_of_12_megapixels() -> bytes:
    sample = cv2.imread(str(ROOT / "samples" / "42+1066-365+90-7041+8_page.jpg"))
    large = cv2.resize(sample, PAGE[::-1], interpolation=cv2.INTER_CUBIC)
    return cv2.imencode(".jpg", large, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    reader = Reader(threads=1).warm_up()
    print(f"{platform.machine()}, {cores()} cores, Python {platform.python_version()}\n")
    print(
        "| what | ms | beside | ms | ratio, median (quartiles) | goal |\n|---|---|---|---|---|---|"
    )
    for pair in pairs(reader):
        print(row(pair, options.rounds), flush=True)


if __name__ == "__main__":
    main()
