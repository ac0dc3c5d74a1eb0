"""A run that was killed goes on as if it had not been, and a file that is no checkpoint of it is refused."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch

from musicrec.errors import CorruptData, DataUnavailable, InvalidArgument
from musicrec.training import train

EPOCHS = 5


def stopping(task, epoch_of_the_end, error):
    """The batches of the task, but in one epoch something happens after the third."""

    def batches(epoch, generator):
        for number, batch in enumerate(task.batches(epoch, generator)):
            if epoch == epoch_of_the_end and number == 3:
                raise error
            yield batch

    return batches


def fitted(task, **changed):
    module = changed.pop("module", None) or task.network()
    usual = {"loss": task.loss, "batches": task.batches, "validate": task.accuracy}
    usual |= {"epochs": EPOCHS, "lr": 0.02, "patience": 4, "seed": 1}
    return module, train(module, **(usual | changed))


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError("out of power")])
def test_a_killed_run_goes_on_bit_by_bit(task, same, tmp_path, precision, error):
    expected, history = fitted(task, precision=precision)
    file = tmp_path / "run.pt"
    with pytest.raises(type(error) if isinstance(error, Exception) else error):
        fitted(task, batches=stopping(task, 2, error), checkpoint=file, precision=precision)
    assert len(torch.load(file, weights_only=True)["rows"]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]

    module, resumed = fitted(task, module=task.network(seed=9), checkpoint=file, precision=precision)
    assert same(module, expected)
    pd.testing.assert_frame_equal(resumed.epochs, history.epochs, check_exact=True)
    assert (resumed.best_epoch, resumed.best, resumed.stopped_early) == (
        history.best_epoch,
        history.best,
        history.stopped_early,
    )


def test_a_run_that_had_ended_is_not_run_again(task, same, tmp_path):
    expected, history = fitted(task, checkpoint=tmp_path / "run.pt")

    def never(epoch, generator):
        raise AssertionError("it trained again")

    module, again = fitted(task, batches=never, checkpoint=str(tmp_path / "run.pt"))
    assert same(module, expected)
    pd.testing.assert_frame_equal(again.epochs, history.epochs, check_exact=True)


def test_settings_may_be_numbers_of_numpy(task, same, tmp_path):
    settings = {"epochs": np.int64(3), "lr": np.float32(0.02), "seed": np.int64(1), "patience": np.int64(4)}
    module, _ = fitted(task, checkpoint=tmp_path / "run.pt", **settings)
    again, _ = fitted(task, checkpoint=tmp_path / "run.pt", **settings)
    assert same(module, again)


def test_one_that_stopped_early_stays_stopped(task, tmp_path):
    falling = iter(range(0, -100, -1))
    settings = {"validate": lambda module: next(falling), "patience": 1, "checkpoint": tmp_path / "run.pt"}
    _, history = fitted(task, **settings)
    assert len(history.epochs) == 2
    _, again = fitted(task, **settings)
    assert len(again.epochs) == 2
    assert again.stopped_early


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lr": 0.5}, "lr is 0.02 there and 0.5 here"),
        ({"epochs": 7}, "epochs is 5 there and 7 here"),
        ({"seed": 2}, "seed is 1 there and 2 here"),
        ({"weight_decay": 0.1}, "weight_decay is 0.0 there and 0.1 here"),
        ({"precision": "bf16-mixed"}, "precision is 32-true there and bf16-mixed here"),
        ({"patience": None, "validate": None}, "validate is given there and None here"),
        ({"hidden": 8}, r"0.weight is \[16, 12\] there and \[8, 12\] here"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(task, same, tmp_path, changed, said):
    file = tmp_path / "run.pt"
    fitted(task, checkpoint=file)
    before = file.read_bytes()
    module = task.network(hidden=changed.pop("hidden", 16))
    untouched = task.network(hidden=module[0].out_features)
    with pytest.raises(InvalidArgument, match=said):
        fitted(task, module=module, checkpoint=file, **changed)
    assert file.read_bytes() == before
    assert same(module, untouched)


def test_a_network_with_another_layer_is_refused(task, tmp_path):
    fitted(task, checkpoint=tmp_path / "run.pt")
    deeper = torch.nn.Sequential(*task.network(), torch.nn.Linear(3, 3))
    with pytest.raises(InvalidArgument, match=r"5.weight is absent there"):
        fitted(task, module=deeper, checkpoint=tmp_path / "run.pt")


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.99])
def test_a_truncated_checkpoint_is_corrupt(task, tmp_path, kept):
    file = tmp_path / "run.pt"
    fitted(task, checkpoint=file)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(kept * len(whole)) if isinstance(kept, float) else kept])
    with pytest.raises(CorruptData, match=r"cannot be read.*Remove it to train from the start"):
        fitted(task, checkpoint=file)


@pytest.mark.parametrize("content", [{"weights": {}}, [1, 2], torch.ones(3)])
def test_a_file_of_something_else_is_no_checkpoint(task, tmp_path, content):
    torch.save(content, tmp_path / "run.pt")
    with pytest.raises(CorruptData, match="is no checkpoint of this library"):
        fitted(task, checkpoint=tmp_path / "run.pt")


PARTS = ["settings", "network", "weights", "optimizer", "best_weights", "best_epoch", "rows"]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("content", [None, 3, [1], {"weights": 3}])
def test_a_checkpoint_with_a_part_of_something_else_is_refused(task, same, tmp_path, part, content):
    file, module = tmp_path / "run.pt", task.network()
    fitted(task, epochs=1, patience=None, checkpoint=file)
    torch.save({**torch.load(file, weights_only=True), part: content}, file)
    with pytest.raises((CorruptData, InvalidArgument), match=r"[Rr]emove it to train from the start"):
        fitted(task, epochs=1, patience=None, module=module, checkpoint=file)
    assert same(module, task.network())


def test_a_checkpoint_of_a_network_of_which_less_was_trained_is_refused(task, tmp_path):
    module = task.network()
    module[0].requires_grad_(False)
    fitted(task, module=module, checkpoint=tmp_path / "run.pt")
    with pytest.raises(InvalidArgument, match="4 weights are trained there and 6 here"):
        fitted(task, checkpoint=tmp_path / "run.pt")


class Malicious:
    def __init__(self, mark) -> None:
        self.mark = mark

    def __reduce__(self):
        return (type(self.mark).touch, (self.mark,))


@pytest.mark.parametrize(
    "write", [torch.save, lambda thing, file: file.write_bytes(pickle.dumps(thing, protocol=2))]
)
def test_a_checkpoint_cannot_run_code(task, tmp_path, write):
    mark, file = tmp_path / "it ran", tmp_path / "run.pt"
    write({"weights": Malicious(mark)}, file)
    with pytest.raises(CorruptData, match="cannot be read"):
        fitted(task, checkpoint=file)
    assert not mark.exists()
    torch.load(file, weights_only=False) if write is torch.save else pickle.loads(file.read_bytes())
    assert mark.exists()  # it would have


def test_a_checkpoint_that_cannot_be_written(task, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataUnavailable, match="Cannot write"):
        fitted(task, checkpoint=tmp_path / "file" / "run.pt")
    with pytest.raises(CorruptData, match="cannot be read"):
        fitted(task, checkpoint=tmp_path)
