"""Labels from the pool are those made one by one."""

import numpy as np

from benchmarks import dense_crf
from benchmarks.photographs import Photograph
from crackpipe import params
from crackpipe.pseudo import labelling


def test_the_pool_labels_as_one_by_one_in_order(small: list[Photograph]) -> None:
    method = labelling.create_method("cam_crf", params.load().pseudo_label.cam_crf.model_dump())
    items = [dense_crf.item(number, one) for number, one in enumerate(small)]
    alone = dense_crf.one_by_one(items, method)
    pooled = dense_crf.pooled(items, method, workers=1)
    assert [np.array_equal(*pair) for pair in zip(alone, pooled, strict=True)] == [True, True]
    assert not np.array_equal(alone[0], alone[1])


def test_an_item_is_strongest_where_its_mask_is(small: list[Photograph]) -> None:
    method = labelling.create_method("cam", params.load().pseudo_label.cam.model_dump())
    levels = labelling.soft_mask(dense_crf.item(0, small[0]), method=method)
    assert levels[small[0].mask].mean() > 100 > 20 > levels[:, 120:].mean()
