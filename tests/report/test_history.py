"""Training curves of several models in one table."""

from pathlib import Path

from crackpipe.report import history


def test_runs_are_joined_in_the_order_of_the_folders(tmp_path: Path) -> None:
    for name, text in (
        ("classifier", "epoch,train_loss,f1\n1,0.5,0.1\n2,0.25,0.2\n"),
        ("clip", "epoch,train_loss,scale\n1,4.0,14.3\n"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "history.csv").write_text(text)
    found = history.collect([tmp_path / "clip", tmp_path / "classifier"])
    assert found.to_dict("list") == {
        "run": ["clip", "classifier", "classifier"],
        "epoch": [1, 1, 2],
        "train_loss": [4.0, 0.5, 0.25],
    }


def test_a_model_that_was_not_trained_here_has_no_curve(tmp_path: Path) -> None:
    """A named open_clip encoder comes without a history."""
    (tmp_path / "clip").mkdir()
    found = history.collect([tmp_path / "clip", tmp_path / "gone"])
    assert found.empty
    assert found.columns.tolist() == ["run", "epoch", "train_loss"]
