"""Each training of a chapter has a file of its own, and only where the workflow names a folder."""

from musicrec import models, study


def test_models_of_other_settings_and_other_data_get_other_files(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSICREC_CHECKPOINTS", str(tmp_path))
    files = {
        study.checkpoint(models.GRU4Rec()),
        study.checkpoint(models.GRU4Rec(seed=1)),
        study.checkpoint(models.LSTMNext()),
        study.checkpoint(models.GRU4Rec(), "earlier"),
    }
    assert len(files) == 4 and {path.parent for path in files} == {tmp_path}
    assert study.checkpoint(models.GRU4Rec()) in files


def test_a_notebook_that_is_run_by_hand_has_none(monkeypatch):
    monkeypatch.delenv("MUSICREC_CHECKPOINTS", raising=False)
    assert study.checkpoint(models.GRU4Rec()) is None
