"""Comments that a program loses with the lists that it replaces stand where they last."""

from crackpipe.params import lasting_comments


def test_comments_of_lists_that_follow_each_other_stand_before_the_first_with_their_keys() -> None:
    text = "a: 1 # one\n# what l is\nl:\n- x\n# what m is\nm:\n- y\nb: 2 # two\n"
    wanted = "a: 1 # one\n# what l is\n# m: what m is\nl:\n- x\nm:\n- y\nb: 2 # two\n"
    assert lasting_comments.moved(text) == wanted


def test_comments_within_a_list_say_what_its_keys_mean() -> None:
    before, after = "s:\n  # sources\n", "  - name: b\n  k: 1 # last\n"
    text = f"{before}  l:\n  - name: demo   # any\n    limit:   # at most\n{after}"
    wanted = f"{before}  # name: any\n  # limit: at most\n  l:\n  - name: demo\n    limit:\n{after}"
    assert lasting_comments.moved(text) == wanted


def test_a_heading_after_a_list_stands_beside_its_key() -> None:
    text = "a:\n  l: []\n\n# ── more ──\nb: # of b\n  c: 1\n\n# ── end ──\nd:\n  e: 2\n"
    wanted = "a:\n  l: []\nb: # ── more ── of b\n  c: 1\n\n# ── end ──\nd:\n  e: 2\n"
    assert lasting_comments.moved(text) == wanted


def test_comments_deeper_and_shallower_than_a_list_find_their_place() -> None:
    text = "o: # by\n  # first\n  p:\n  - 1\n  # second\n  q:\n  - 2\n# third\nr:\n- 3\nz: 0 # end\n"
    wanted = "o: # by\n  # first\n  # q: second\n  # r: third\n  p:\n  - 1\n  q:\n  - 2\nr:\n- 3\nz: 0 # end\n"
    assert lasting_comments.moved(text) == wanted


def test_what_lasts_stays_as_it_is() -> None:
    text = "# first\na: 1 # one\n\n# ── b ──\nb:\n  # why\n  c: true\n  # list\n  l:\n  - '#1'\n  d: x # y\n"
    assert lasting_comments.moved(text) == text
    assert lasting_comments.moved(lasting_comments.moved(text)) == text
