"""How long does `digits read img_7.png` take as a whole process, beside the bare imports?

.venv/bin/python benchmarks/start.py [PAIRS]

Both are run in turn, PAIRS times (default 10), after one run of each that is not counted; the
table gives the medians and the median of the ratios of the pairs.
"""

import platform
import statistics
import subprocess
import sys
import time

BARE = [sys.executable, "-c", "import numpy, cv2, onnxruntime"]
READ = [sys.executable, "-m", "digits", "read", "img_7.png"]


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    for command in (BARE, READ):
        seconds(command)
    taken = [(seconds(BARE), seconds(READ)) for _ in range(pairs)]
    bare, read = (statistics.median(column) for column in zip(*taken, strict=True))
    ratio = statistics.median(second / first for first, second in taken)
    print(
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, n={pairs}"
    )
    print(f"import numpy, cv2, onnxruntime   {bare:.3f} s")
    print(f"digits read img_7.png            {read:.3f} s   {ratio:.2f} times")


if __name__ == "__main__":
    main()
