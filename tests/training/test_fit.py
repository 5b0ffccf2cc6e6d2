from __future__ import annotations

import errno
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from digits.errors import DigitsError, TrainingError
from digits.model.classifier import Classifier
from digits.training import fit as fitting
from digits.training import networks
from digits.training.calibrate import temperature
from digits.training.callbacks import CHECKPOINT, COLUMNS, Checkpoint, Progress
from digits.training.datasets.tiles import CLUTTER, Digits
from digits.training.export import logits, save_keras
from digits.training.fit import RUN, train
from digits.training.recipe import (
    Augmentation,
    Dataset,
    Ensemble,
    Finish,
    Fit,
    Network,
    Recipe,
    load_recipe,
)
from digits.training.tasks import tiles

DENSE = Recipe(
    "tiny",
    Network("dense", (32,)),
    Fit(epochs=3, batch_size=128, learning_rate=4e-3, steps_per_execution=5),
)
RESIDUAL = Recipe(
    "tiny-residual",
    Network("residual", (4, 8)),
    Fit(epochs=3, batch_size=100, learning_rate=4e-3, label_smoothing=0.03),
    augmentation=replace(load_recipe("default").augmentation, clean_epochs=1),
)

Weights = list[NDArray[np.float32]]


def fit(
    recipe: Recipe, training: Digits, validation: Digits, out: Path, seed: int = 0
) -> tuple[Weights, Checkpoint, keras.Model]:
    """The part of `train` after loading the data."""
    out.mkdir(exist_ok=True)
    keras.utils.set_random_seed(seed)
    network = networks.build(recipe.network)
    history = fitting.fit(network, recipe, tiles.task(recipe, seed, training, validation), out)
    return network.get_weights(), history, network


def equal(some: Weights, others: Weights) -> bool:
    return all((one == other).all() for one, other in zip(some, others, strict=True))


def interrupt(monkeypatch: pytest.MonkeyPatch, after_epochs: int) -> None:
    """Let Ctrl-C come within the epoch that follows."""

    class Interrupted(Progress):
        def on_epoch_begin(self, epoch: int, logs: dict[str, object] | None = None) -> None:
            self.epoch = epoch
            super().on_epoch_begin(epoch, logs)

        def on_train_batch_end(self, batch: int, logs: dict[str, object] | None = None) -> None:
            if self.epoch == after_epochs and batch >= 2:
                raise KeyboardInterrupt
            super().on_train_batch_end(batch, logs)

    monkeypatch.setattr(fitting, "Progress", Interrupted)


@contextmanager
def copied(folder: Path, after_epochs: dict[int, Path]) -> Iterator[None]:
    """Let a run leave in other folders what it would leave, were it killed in the next epoch."""

    class Copied(Progress):
        def on_epoch_begin(self, epoch: int, logs: dict[str, object] | None = None) -> None:
            super().on_epoch_begin(epoch, logs)
            if epoch in after_epochs:
                shutil.copytree(folder, after_epochs[epoch])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fitting, "Progress", Copied)
        yield


@pytest.fixture(scope="module")
def whole(
    training: Digits, validation: Digits, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Weights, Checkpoint]:
    """The dense network, trained without a break."""
    weights, history, _ = fit(DENSE, training, validation, tmp_path_factory.mktemp("whole"))
    return weights, history


@pytest.mark.parametrize("done", [0, 1, 2])
def test_a_resumed_run_ends_bit_for_bit_like_one_that_never_stopped(
    done: int,
    whole: tuple[Weights, Checkpoint],
    training: Digits,
    validation: Digits,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        interrupt(patch, done)
        with pytest.raises(KeyboardInterrupt):
            fit(DENSE, training, validation, tmp_path)
    assert (tmp_path / CHECKPOINT).exists() == (done > 0)

    weights, history, _ = fit(DENSE, training, validation, tmp_path)

    assert equal(weights, whole[0])
    for row, expected in zip(history.rows, whole[1].rows, strict=True):
        assert row | {"seconds": 0} == expected | {"seconds": 0}


@pytest.fixture
def with_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that computes in bfloat16, if more slowly."""
    monkeypatch.setattr(networks, "has_bfloat16", lambda: True)


@pytest.mark.usefixtures("with_bfloat16")
@pytest.mark.parametrize("bfloat16", [False, True])
def test_so_does_an_augmented_one_with_clutter_and_clean_last_epochs(
    bfloat16: bool,
    training: Digits,
    validation: Digits,
    tmp_path: Path,
) -> None:
    labels = training.labels[:450].copy()
    labels[400:] = CLUTTER
    few = Digits(training.images[:450], labels)
    recipe = replace(RESIDUAL, fit=replace(RESIDUAL.fit, bfloat16=bfloat16))
    with copied(tmp_path / "whole", {2: tmp_path / "broken"}):
        weights, _, network = fit(recipe, few, validation, tmp_path / "whole")
    assert network.compute_dtype == "float32"

    resumed, _, _ = fit(recipe, few, validation, tmp_path / "broken")

    assert equal(weights, resumed)


FIRST = replace(DENSE, fit=replace(DENSE.fit, steps_per_execution=1, label_smoothing=0.1))
FINISHED = replace(FIRST, finish=Finish(epochs=2, learning_rate=1e-3))


@pytest.fixture(scope="module")
def few(training: Digits) -> Digits:
    return Digits(training.images[:600], training.labels[:600])


@pytest.fixture(scope="module")
def finished(
    few: Digits, validation: Digits, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Weights, Checkpoint]:
    """A run with a finish; beside it, as folders 1, 3 and 4, what it left after so many epochs."""
    folder = tmp_path_factory.mktemp("finished")
    with copied(folder / "whole", {after: folder / str(after) for after in (1, 3, 4)}):
        weights, history, _ = fit(FINISHED, few, validation, folder / "whole")
    return weights, history


@pytest.mark.parametrize("after", [1, 3, 4])
def test_a_finish_goes_on_also_when_interrupted(
    after: int, finished: tuple[Weights, Checkpoint], few: Digits, validation: Digits
) -> None:
    weights, history = finished
    resumed, _, _ = fit(FINISHED, few, validation, history.folder.with_name(str(after)))
    assert equal(weights, resumed)


def test_a_finish_goes_on_from_the_first_training(
    finished: tuple[Weights, Checkpoint], few: Digits, validation: Digits, tmp_path: Path
) -> None:
    weights, history = finished
    before, _, _ = fit(FIRST, few, validation, tmp_path)
    assert history.epoch == 5
    # steps of 1e-3 at most, down to zero: near where the first training ended, and not there
    moved = max(
        float(np.abs(one - other).max()) for one, other in zip(weights, before, strict=True)
    )
    assert 1e-4 < moved < 0.02


def undecided_network(path: Path, *, softmax: bool) -> str:
    """A network that gives 3 and 5 the same high probability for any tile."""
    source = networks.build(Network("residual", (4, 8)))
    *weights, scores, bias = source.get_weights()
    bias[[3, 5]] = 6
    source.set_weights([*weights, 0 * scores, bias])
    if softmax:
        source = keras.Model(source.input, keras.layers.Softmax()(source.output))
    source.save(path)
    return str(path)


@pytest.mark.usefixtures("with_bfloat16")
@pytest.mark.parametrize("softmax", [False, True])
def test_a_network_is_distilled_from_another_and_resumes(
    softmax: bool, few: Digits, validation: Digits, tmp_path: Path
) -> None:
    source = undecided_network(tmp_path / "source.keras", softmax=softmax)
    before = (tmp_path / "source.keras").read_bytes()
    finish = Finish(epochs=6, learning_rate=1e-2, distil_from=source, distil_weight=0.95)
    recipe = replace(RESIDUAL, fit=replace(RESIDUAL.fit, epochs=1, bfloat16=True), finish=finish)

    with copied(tmp_path / "whole", {4: tmp_path / "broken"}):
        whole, history, network = fit(recipe, few, validation, tmp_path / "whole")

    assert sum(each.size for each in whole) == networks.build(recipe.network).count_params()
    probabilities = np.asarray(keras.ops.softmax(logits(network, validation.images)))
    assert set(probabilities.mean(axis=0).argsort()[-2:]) == {3, 5}
    assert probabilities.mean(axis=0)[[3, 5]].sum() > 0.5
    label_loss = -np.log(probabilities[np.arange(500), validation.labels]).mean()
    assert history.rows[-1]["val_loss"] == pytest.approx(label_loss, rel=0.02)
    assert (tmp_path / "source.keras").read_bytes() == before

    resumed, _, _ = fit(recipe, few, validation, tmp_path / "broken")
    assert equal(whole, resumed)


def test_a_wider_network_starts_with_the_outputs_of_a_narrower_one(tmp_path: Path) -> None:
    narrow = networks.detector(4, 6, 8, 10)
    for weights in narrow.weights:  # as of a network that learned something
        weights.assign(weights + 0.1 * np.abs(np.random.default_rng(0).normal(size=weights.shape)))
    narrow.save(tmp_path / "initial.keras")
    wide = networks.detector(4, 8, 12, 16)
    seen = np.random.default_rng(1).normal(size=(2, 32, 48, 3)).astype(np.float32)
    wanted = np.asarray(narrow(seen, training=False))
    assert not np.allclose(np.asarray(wide(seen, training=False)), wanted, atol=1e-3)
    fitting.initialise(wide, str(tmp_path / "initial.keras"))
    np.testing.assert_allclose(np.asarray(wide(seen, training=False)), wanted, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody", r"'nobody' has no model\.keras"),
        ("nobody.keras", "cannot be opened as a Keras model"),
    ],
)
def test_a_missing_network_to_distil_from_is_refused_at_once(
    name: str, message: str, tmp_path: Path
) -> None:
    finish = Finish(epochs=1, learning_rate=1e-3, distil_from=name)
    with pytest.raises(DigitsError, match=message):
        train(replace(RESIDUAL, finish=finish), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_sum_of_a_network_to_distil_from_is_kept(tmp_path: Path) -> None:
    source = undecided_network(tmp_path / "source.keras", softmax=False)
    finish = Finish(epochs=1, learning_rate=1e-3, distil_from=source)
    recipe = replace(RESIDUAL, finish=finish)
    one = fitting._pretrained(recipe)
    other = undecided_network(tmp_path / "source.keras", softmax=True)
    assert other == source
    assert fitting._pretrained(recipe).keys() == one.keys() == {"pretrained"}
    assert fitting._pretrained(recipe) != one
    assert fitting._pretrained(DENSE) == {}


def test_init_from_gives_the_initial_weights(tmp_path: Path) -> None:
    initial, network = networks.build(RESIDUAL.network), networks.build(RESIDUAL.network)
    initial.save(tmp_path / "initial.keras")
    assert not equal(initial.get_weights(), network.get_weights())
    fitting.initialise(network, str(tmp_path / "initial.keras"))
    assert equal(initial.get_weights(), network.get_weights())
    recipe = replace(RESIDUAL, fit=replace(RESIDUAL.fit, init_from=str(tmp_path / "initial.keras")))
    assert fitting._pretrained(recipe).keys() == {"pretrained"}
    assert fitting._pretrained(RESIDUAL) == {}


def test_final_weights_are_averaged_with_the_initial_ones() -> None:
    first, second = [np.array([2.0, -4.0], np.float32)], [np.array([4.0, 0.1], np.float32)]
    assert equal(fitting._average(first, second, 0.0), second)
    assert equal(fitting._average(first, second, 1.0), first)
    np.testing.assert_allclose(fitting._average(first, second, 0.25)[0], [3.5, -0.925])
    wider = [np.array([4.0, 0.1, 7.0], np.float32)]  # what the initial ones lack stays as trained
    np.testing.assert_allclose(fitting._average(first, wider, 0.25)[0], [3.5, -0.925, 7.0])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody", r"'nobody' has no model\.keras"),
        ("default", "does not fit the recipe's network: .*; name another init_from"),
    ],
)
def test_initial_weights_that_do_not_fit_are_refused_at_once(
    name: str, message: str, tmp_path: Path
) -> None:
    fit = replace(RESIDUAL.fit, init_from=name)
    with pytest.raises(DigitsError, match=message):
        train(replace(RESIDUAL, fit=fit), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_finish_has_no_label_smoothing_and_a_clean_fraction() -> None:
    recipe = replace(RESIDUAL, finish=Finish(epochs=2, learning_rate=1e-3, clean=0.25))

    assert [stage.label_smoothing for stage in recipe.stages] == [0.03, 0]
    assert [stage.learning_rate for stage in recipe.stages] == [4e-3, 1e-3]
    assert recipe.clean == [0, 0, 1, 0.25, 0.25]


def test_a_finished_run_is_found_as_it_is(
    whole: tuple[Weights, Checkpoint], training: Digits, validation: Digits
) -> None:
    folder = whole[1].folder
    before = (folder / CHECKPOINT).read_bytes()

    weights, history, _ = fit(DENSE, training, validation, folder)

    assert equal(weights, whole[0])
    assert history.rows == whole[1].rows
    assert (folder / CHECKPOINT).read_bytes() == before


def test_the_seed_decides_all(
    whole: tuple[Weights, Checkpoint], training: Digits, validation: Digits, tmp_path: Path
) -> None:
    same, _, _ = fit(DENSE, training, validation, tmp_path / "same")
    other, _, _ = fit(DENSE, training, validation, tmp_path / "other", seed=1)

    assert equal(same, whole[0])
    assert not equal(other, whole[0])


def test_a_tiny_training_clears_a_floor(
    training: Digits, validation: Digits, tmp_path: Path
) -> None:
    recipe = replace(DENSE, fit=replace(DENSE.fit, epochs=2))
    _, history, network = fit(recipe, training, validation, tmp_path)

    right = logits(network, validation.images).argmax(axis=1) == validation.labels
    assert right.mean() > 0.8  # 0.85 to 0.89 over six seeds
    assert history.rows[-1]["val_accuracy"] == pytest.approx(right.mean(), abs=1e-6)
    assert history.rows[1]["loss"] < history.rows[0]["loss"]


def test_clean_epochs_show_digits_as_they_are(
    whole: tuple[Weights, Checkpoint], training: Digits, validation: Digits, tmp_path: Path
) -> None:
    recipe = replace(DENSE, augmentation=Augmentation(rotation=30, noise=0.3, clean_epochs=3))
    weights, _, _ = fit(recipe, training, validation, tmp_path)

    for one, other in zip(weights, whole[0], strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def test_curves_have_one_row_an_epoch(whole: tuple[Weights, Checkpoint]) -> None:
    header, *rows = (whole[1].folder / "curves.csv").read_text().splitlines()

    assert header.split(",") == list(COLUMNS)
    values = np.array([[float(value) for value in row.split(",")] for row in rows])
    assert values[:, 0].tolist() == [1, 2, 3]
    assert (values[:, 5] > 0).all()
    assert ((values[:, [2, 4]] > 0) & (values[:, [2, 4]] <= 1)).all()


def test_one_step_alone_is_a_training_too(
    training: Digits, validation: Digits, tmp_path: Path
) -> None:
    one = replace(DENSE, fit=replace(DENSE.fit, epochs=1, batch_size=5000, steps_per_execution=1))
    _, history, _ = fit(one, training, validation, tmp_path)
    assert history.epoch == 1


def test_a_training_that_diverges_says_so(
    training: Digits, validation: Digits, tmp_path: Path
) -> None:
    wild = replace(DENSE, fit=replace(DENSE.fit, learning_rate=1e30))
    with pytest.raises(TrainingError, match=r"diverged: the loss is .* after epoch 1; lower"):
        fit(wild, training, validation, tmp_path)
    assert not (tmp_path / CHECKPOINT).exists()


def test_a_checkpoint_of_another_network_or_a_damaged_one_is_refused(
    whole: tuple[Weights, Checkpoint], training: Digits, validation: Digits, tmp_path: Path
) -> None:
    content = (whole[1].folder / CHECKPOINT).read_bytes()
    (tmp_path / CHECKPOINT).write_bytes(content)
    with pytest.raises(TrainingError, match="another network than the recipe describes"):
        fit(replace(DENSE, network=Network("dense", (31,))), training, validation, tmp_path)

    (tmp_path / CHECKPOINT).write_bytes(content[: len(content) // 2])
    with pytest.raises(TrainingError, match=r"is damaged .* delete it"):
        fit(DENSE, training, validation, tmp_path)


def test_a_tensorboard_log_is_written_when_asked(
    training: Digits, validation: Digits, tmp_path: Path
) -> None:
    pytest.importorskip("tensorboard")
    network = networks.build(DENSE.network)
    task = tiles.task(DENSE, 0, training, validation)
    fitting.fit(network, DENSE, task, tmp_path, tensorboard=True)
    assert list((tmp_path / "tensorboard").rglob("events.*"))


def test_a_full_disk_leaves_no_half_network_and_names_the_file(tmp_path: Path) -> None:
    network = networks.build(DENSE.network)
    save_keras(network, tmp_path / "model.keras")
    before = (tmp_path / "model.keras").read_bytes()

    class Full:
        def save(self, path: Path) -> None:
            path.write_bytes(before[: len(before) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("model.keras", "other.keras"):
        message = rf"cannot write .*{name}: No space left on device"
        with pytest.raises(DigitsError, match=message):
            save_keras(Full(), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    assert (tmp_path / "model.keras").read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="has no limit of file sizes")
def test_keras_itself_reports_a_file_that_cannot_grow(tmp_path: Path) -> None:
    import resource
    import signal

    network = networks.build(Network("dense", (400,)))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(DigitsError, match=r"cannot write .*model\.keras: File too large"):
            save_keras(network, tmp_path / "model.keras")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []


def begin(folder: Path, recipe: Recipe = DENSE, seed: int = 0) -> bytes:
    """A run folder as it is after the first moments; returns its run.json."""
    fitting._enter(folder, {"recipe": recipe.to_dict(), "seed": seed}, resume=False)
    fitting.write_json(folder / RUN, {"recipe": recipe.to_dict(), "seed": seed})
    return (folder / RUN).read_bytes()


@pytest.mark.parametrize(
    ("recipe", "seed", "resume", "message"),
    [
        (DENSE, 0, False, "holds a run already; go on with --resume"),
        (DENSE, 1, True, "holds a run of recipe 'tiny' with seed 0, not of this"),
        (RESIDUAL, 0, True, "holds a run of recipe 'tiny' with seed 0, not of this"),
        (replace(DENSE, fit=replace(DENSE.fit, epochs=4)), 0, True, "recipe and seed as they are"),
        (DENSE, -1, True, "the seed is -1; expected 0 to"),
        (DENSE, 2**32, True, "the seed is 4294967296; expected 0 to"),
    ],
)
def test_a_run_that_is_not_the_same_is_left_alone(
    recipe: Recipe, seed: int, resume: bool, message: str, tmp_path: Path
) -> None:
    before = begin(tmp_path)
    with pytest.raises(TrainingError, match=message):
        train(recipe, tmp_path, seed=seed, resume=resume)
    assert (tmp_path / RUN).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [RUN]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"recipe": 1, "seed": 0}',
        "\x00",
        pytest.param("[" * 100_000, id="brackets"),
    ],
)
@pytest.mark.parametrize("resume", [False, True])
def test_a_damaged_run_json_is_refused(content: str, resume: bool, tmp_path: Path) -> None:
    (tmp_path / RUN).write_text(content)
    with pytest.raises(TrainingError, match=r"run\.json does not describe a run"):
        train(DENSE, tmp_path, resume=resume)


def test_other_peoples_folders_and_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(TrainingError, match=r"holds thesis.tex and no run.json"):
        train(DENSE, tmp_path)
    with pytest.raises(TrainingError, match="cannot be a run folder"):
        train(DENSE, tmp_path / "thesis.tex")
    with pytest.raises(TrainingError, match="cannot be a run folder"):
        train(DENSE, tmp_path / "thesis.tex" / "run")


def test_a_run_that_never_began_leaves_nothing_to_resume(tmp_path: Path) -> None:
    (tmp_path / "no folder").write_text("")
    for _ in range(2):
        with pytest.raises(DigitsError):
            train(DENSE, tmp_path / "run", data=tmp_path / "no folder")
    impossible = replace(DENSE, dataset=Dataset(validation=60_000))
    with pytest.raises(TrainingError, match="lower `validation`"):
        train(impossible, tmp_path / "run")
    assert list((tmp_path / "run").iterdir()) == []


def test_an_ensemble_gives_the_mean_of_calibrated_logits(
    training: Digits, validation: Digits, tmp_path: Path
) -> None:
    one, other = (networks.build(RESIDUAL.network) for _ in range(2))
    other.save(tmp_path / "other.keras")
    recipe = replace(RESIDUAL, ensemble=Ensemble((str(tmp_path / "other.keras"),)))
    task = tiles.task(recipe, 0, training, validation)
    facts = {"recipe": recipe.to_dict(), "seed": 0, "data": task.data} | {
        "fit_seconds": 1.0, "machine": {"cores": 1},
    }  # fmt: skip
    (tmp_path / "ensemble").mkdir()
    task.finish(one, facts, tmp_path / "ensemble")

    shown = validation.images[:50]
    together = Classifier(tmp_path / "ensemble").logits(shown)
    temperatures = [
        temperature(logits(each, validation.images), validation.labels) for each in (one, other)
    ]
    mean = (logits(one, shown) / temperatures[0] + logits(other, shown) / temperatures[1]) / 2
    assert together == pytest.approx(mean, abs=1e-3)
    assert "Its logits are averaged with" in (tmp_path / "ensemble" / "README.md").read_text(
        "utf-8"
    )
    again = logits(keras.models.load_model(tmp_path / "ensemble" / "model.keras"), shown)
    assert again == pytest.approx(mean, abs=1e-3)


def test_a_resumed_run_tells_on_what_machine_it_began(tmp_path: Path) -> None:
    identity = {"recipe": DENSE.to_dict(), "seed": 0}
    first = fitting._described(tmp_path, identity, {"machine": {"cores": 16}})
    assert first == identity | {"machine": {"cores": 16}}
    assert fitting._described(tmp_path, identity, {"machine": {"cores": 2}, "data": 1}) == (
        first | {"data": 1}
    )
