import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from crackpipe.errors import ParamsError
from crackpipe.params import yaml_edit

TEXT = """\
# heading
first:
  threads: 2 # how many
  # about the list
  names: # what they mean
    - name: a # the name
      limit: null # at most so many
    - name: b
  # about the flow
  steps: [1, 2] # in order
  rate: 1e-3   # per step
last: a photo of a {}
"""


def load(text: str):
    return YAML(typ="safe").load(text)


def test_equal_values_leave_the_text_as_it_is():
    assert yaml_edit.replace_values(TEXT, {"first.threads": 2, "first.rate": 0.001, "first.steps": [1, 2]}) == TEXT


def test_a_scalar_changes_and_its_comment_stays():
    changed = yaml_edit.replace_values(TEXT, {"first.threads": 16})
    assert changed == TEXT.replace("threads: 2 #", "threads: 16 #")


def test_a_list_changes_and_the_comments_around_it_stay():
    changed = yaml_edit.replace_values(TEXT, {"first.names": [{"name": "c", "limit": 3}, {"name": "d", "limit": None}]})
    expected = TEXT.replace(
        "    - name: a # the name\n      limit: null # at most so many\n    - name: b\n",
        "    - name: c # the name\n      limit: 3 # at most so many\n    - name: d\n      limit: null\n",
    )
    assert changed == expected


def test_a_flow_list_becomes_a_block_list_with_its_comment_on_the_key():
    changed = yaml_edit.replace_values(TEXT, {"first.steps": [3]})
    assert "  steps: # in order\n    - 3\n  rate: 1e-3" in changed


def test_one_and_true_are_different_values():
    assert "threads: true # how many" in yaml_edit.replace_values(TEXT.replace("2 #", "1 #"), {"first.threads": True})


def test_several_values_change_at_once():
    values = {"first.threads": 300, "first.names": [], "first.steps": [5, 6, 7], "first.rate": 1e-5, "last": "yes"}
    tree = load(yaml_edit.replace_values(TEXT, values))
    assert tree == {"first": {"threads": 300, "names": [], "steps": [5, 6, 7], "rate": 1e-5}, "last": "yes"}


def test_an_unknown_key_is_named():
    with pytest.raises(ParamsError, match=r"first\.thread: not in the text"):
        yaml_edit.replace_values(TEXT, {"first.thread": 1})


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")), max_size=12)
)
values = scalars | st.lists(scalars, max_size=4) | st.lists(st.fixed_dictionaries({"name": scalars, "limit": scalars}))


@given(threads=values, names=values, rate=values)
def test_any_value_reads_back_and_the_other_values_stay(threads, names, rate):
    text = yaml_edit.replace_values(TEXT, {"first.threads": threads, "first.names": names, "first.rate": rate})
    tree = load(text)
    assert tree["first"] == {"threads": threads, "names": names, "steps": [1, 2], "rate": rate}
    assert tree["last"] == "a photo of a {}"
    assert text.startswith("# heading\nfirst:\n")
    assert "  # about the flow\n  steps: [1, 2] # in order\n" in text
