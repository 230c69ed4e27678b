"""Tasks from attributes: labelled items and their labels, and the reason of an absent task."""

from typing import Any

from crackpipe.retrieval import tasks


def item(**changed: Any) -> dict[str, Any]:
    return {"damage": [], "location": [], "soundness": None, "measure": None} | changed


def test_a_task_holds_the_labelled_items_of_both_splits() -> None:
    train = [item(soundness="Ⅱ"), None, item(), item(soundness="Ⅰ")]
    found, absent = tasks.collect(train, [item(), item(soundness="Ⅲ")])
    assert [task.name for task in found] == ["soundness"]
    task = found[0]
    assert not task.several
    assert task.classes == ("Ⅰ", "Ⅱ", "Ⅲ")  # one that train does not know can only be missed, but it is counted
    assert (task.train_rows.tolist(), task.test_rows.tolist()) == ([0, 3], [1])
    assert task.train_labels.astype(int).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert task.test_labels.astype(int).tolist() == [[0, 0, 1]]
    assert set(absent) == {"measure", "damage", "location"}


def test_damage_and_location_may_be_several() -> None:
    train = [item(damage=["rust", "crack"], location=["wall"]), item(damage=["crack"], location=["beam"])]
    found, _ = tasks.collect(train, [item(damage=["rust"], location=["wall", "beam"])])
    assert [(task.name, task.several) for task in found] == [("damage", True), ("location", True)]
    assert found[0].classes == ("crack", "rust")
    assert found[0].train_labels.astype(int).tolist() == [[1, 1], [1, 0]]
    assert found[1].test_labels.astype(int).tolist() == [[1, 1]]


def test_complete_items_have_a_label_of_every_attribute_that_any_has() -> None:
    whole, half = item(soundness="Ⅱ", damage=["crack"]), item(damage=["crack"])
    assert tasks.complete([whole, half, None, item()]) == [whole, None, None, None]
    assert tasks.complete([half, None]) == [half, None]  # no soundness is told of any
    assert tasks.complete([None]) == [None]


def test_an_absent_task_has_a_reason() -> None:
    train = [
        item(damage=["crack", "rust"], soundness="Ⅱ", location=["wall"]),
        item(damage=["rust", "crack"], location=["beam"]),
    ]
    found, absent = tasks.collect(train, [item(damage=["rust"], soundness="Ⅰ", measure="B")])
    assert found == []
    assert absent == {
        "soundness": "every photograph of train that has one has the same: Ⅱ",
        "measure": "no photograph of train has one",
        "damage": "every photograph of train that has one has the same: crack, rust",
        "location": "no photograph of test has one",
    }


def test_without_photographs_every_task_is_absent() -> None:
    found, absent = tasks.collect([], [])
    assert (found, list(absent)) == ([], list(tasks.SEVERAL))
