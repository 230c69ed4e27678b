"""A photograph with a wrong ground truth is scored with the others, and the others without it too."""

from crackpipe.report.doubt import sources_of


def test_without_doubt_a_photograph_counts_under_its_source_alone() -> None:
    assert sources_of("cfd/001", "cfd", doubtful=[]) == ["cfd"]
    assert sources_of("demo/042", "demo", doubtful=["cfd/042"]) == ["demo"]


def test_a_doubtful_photograph_counts_under_its_source_alone() -> None:
    assert sources_of("cfd/042", "cfd", doubtful=["cfd/042"]) == ["cfd"]


def test_the_others_of_its_source_count_without_it_too() -> None:
    assert sources_of("cfd/001", "cfd", doubtful=["cfd/042"]) == ["cfd", "cfd_without_042"]


def test_several_doubtful_photographs_are_left_out_together_in_a_fixed_order() -> None:
    for doubtful in (["cfd/042", "cfd/007", "demo/1"], ["demo/1", "cfd/007", "cfd/042"]):
        assert sources_of("cfd/001", "cfd", doubtful=doubtful) == ["cfd", "cfd_without_007_042"]
        assert sources_of("cfd/007", "cfd", doubtful=doubtful) == ["cfd"]


def test_a_source_whose_name_begins_alike_is_another() -> None:
    assert sources_of("cfd2/001", "cfd2", doubtful=["cfd/042"]) == ["cfd2"]
    assert sources_of("cfd/001", "cfd", doubtful=["cfd2/042"]) == ["cfd"]


def test_a_photograph_in_a_folder_is_named_by_its_file() -> None:
    assert sources_of("wall/a/1", "wall", doubtful=["wall/b/2"]) == ["wall", "wall_without_2"]
