"""One step: pairs of one batch, random draws for them, and chunks that change nothing."""

import dataclasses

import numpy as np
import pytest
import torch
from toy_pairs import TEXTS, alike, two_clusters, two_shades

from crackpipe.clip.encoders.dual_encoder import DualEncoder
from crackpipe.clip.training import alignment, contrastive_loss, freezing
from crackpipe.clip.training.alignment import PairBatch
from crackpipe.clip.training.pairing import Pairs
from crackpipe.compute.runtime import Runtime

CAPTION = "Crack is observed in the wall. The soundness rating is Ⅲ."


def drawn(pairs: Pairs, *, seed: int = 0, width: int = 4, feature: float = 0.0, sentence: float = 0.0) -> PairBatch:
    return alignment.draw(
        pairs,
        np.arange(len(pairs)),
        np.random.default_rng(seed),
        width=width,
        feature_dropout=feature,
        sentence_dropout=sentence,
    )


def of_captions(count: int) -> Pairs:
    return dataclasses.replace(two_clusters(width=4, count=count), texts=[[CAPTION]] * count)


def test_an_epoch_passes_over_the_last_set_once_and_takes_no_more_batches_of_the_others() -> None:
    small, large = two_clusters(width=4, count=7), two_clusters(width=4, count=30)
    planned = alignment.plan([large, small], batch=4, random=np.random.default_rng(0))
    of_small, of_large = ([index for pairs, index in planned if pairs is one] for one in (small, large))
    assert sorted(len(index) for index in of_small) == [3, 4]
    assert sorted(np.concatenate(of_small)) == list(range(7))
    assert [len(index) for index in of_large] == [4, 4]
    assert len(set(np.concatenate(of_large))) == 8
    assert len(planned) == 4
    assert len(alignment.plan([small, large], batch=4, random=np.random.default_rng(0))) == 2 + 8


def test_two_pairs_whose_drawn_texts_are_equal_are_no_negatives(encoder: DualEncoder, runtime: Runtime) -> None:
    """As when two captions are cut down to the sentence that they share."""
    pairs = two_clusters(width=encoder.feature_width, count=4)
    pairs = dataclasses.replace(pairs, texts=[["it is sound"]] * 4)
    values = []
    for keys in (np.arange(4), np.zeros(4, np.int64)):
        batch = drawn(dataclasses.replace(pairs, keys=keys), width=encoder.feature_width)
        values.append(alignment.backward(encoder, batch, chunk=4, runtime=runtime, scale=lambda loss: loss))
    assert values[0] == values[1]


def test_a_rest_of_one_pair_is_left_out() -> None:
    planned = alignment.plan([two_clusters(width=4, count=9)], batch=8, random=np.random.default_rng(0))
    assert [len(index) for _, index in planned] == [8]


def test_another_epoch_has_other_batches() -> None:
    pairs = two_clusters(width=4)
    plans = [alignment.plan([pairs], batch=24, random=np.random.default_rng(seed))[0][1] for seed in (0, 1)]
    assert not np.array_equal(*plans)


def test_one_of_an_images_texts_and_views_is_drawn() -> None:
    pairs = two_clusters(width=4, count=60, views=3)
    batch = drawn(pairs)
    drawn_texts = [batch.texts[index] for index in batch.text_index]
    assert all(text in choices for text, choices in zip(drawn_texts, pairs.texts, strict=True))
    assert batch.texts == sorted({*TEXTS[0], *TEXTS[1]})
    assert set(batch.view.tolist()) == {0, 1, 2}
    assert batch.feature_factors is None


def test_a_cut_caption_is_one_of_its_sentences() -> None:
    assert set(drawn(of_captions(40), sentence=1.0).texts) == {
        "Crack is observed in the wall.",
        "The soundness rating is Ⅲ.",
    }
    assert drawn(of_captions(40), sentence=0.0).texts == [CAPTION]
    assert len(drawn(of_captions(40), sentence=0.5).texts) == 3


def test_a_text_of_one_sentence_is_never_cut() -> None:
    assert set(drawn(two_clusters(width=4), sentence=1.0).texts) <= {*TEXTS[0], *TEXTS[1]}


def test_features_that_are_left_out_are_made_up_for_by_the_others() -> None:
    factors = drawn(two_clusters(width=4, count=200), width=50, feature=0.25).feature_factors
    assert factors is not None
    assert set(np.unique(factors)) == {np.float32(0), np.float32(1 / 0.75)}
    assert factors.mean() == pytest.approx(1.0, abs=0.02)


def test_a_feature_that_is_left_out_cannot_be_learnt_from(encoder: DualEncoder, runtime: Runtime) -> None:
    width = encoder.feature_width
    freezing.thaw(encoder, freeze="image", train_blocks=0)
    batch = drawn(two_clusters(width=width), width=width)
    factors = np.ones((24, width), np.float32)
    factors[:, 3] = 0
    alignment.backward(
        encoder, dataclasses.replace(batch, feature_factors=factors), chunk=5, runtime=runtime, scale=lambda loss: loss
    )
    assert encoder.projection.weight.grad is not None
    silent = encoder.projection.weight.grad.abs().sum(dim=0) == 0
    assert silent.nonzero().flatten().tolist() == [3]


@pytest.mark.parametrize("chunk", [1, 3, 7])
def test_a_steps_gradients_do_not_depend_on_its_chunks(encoder: DualEncoder, runtime: Runtime, chunk: int) -> None:
    """Trained blocks, feature dropout and all: against the whole batch at once."""
    trained = freezing.thaw(encoder, freeze="blocks", train_blocks=2)
    batch = drawn(two_shades(count=7), width=encoder.feature_width, feature=0.3)
    values, gradients = [], []
    for size in (100, chunk):
        encoder.zero_grad(set_to_none=True)
        values.append(alignment.backward(encoder, batch, chunk=size, runtime=runtime, scale=lambda loss: loss))
        gradients.append({name: parameter.grad for name, parameter in trained.items()})
    assert values[0] == pytest.approx(values[1], rel=1e-6)
    for name, wanted in gradients[0].items():
        assert (gradients[1][name] - wanted).norm() <= 1e-4 * wanted.norm() + 1e-6, name


def test_the_mean_loss_is_that_of_its_batches(encoder: DualEncoder, runtime: Runtime) -> None:
    pairs = two_clusters(width=encoder.feature_width, count=6)
    found = alignment.mean_loss(encoder, pairs, batch=6, chunk=4, seed=0, runtime=runtime)
    with torch.no_grad():
        features = torch.from_numpy(pairs.images.values[:, 0].astype(np.float32))  # type: ignore[union-attr]
        images = torch.nn.functional.normalize(encoder.projection(features), dim=1)
        texts = encoder.text_embedding([choices[0] for choices in pairs.texts])
        wanted = contrastive_loss.loss(
            images, texts, alike(torch.from_numpy(pairs.keys)), scale=encoder.log_scale.exp()
        )
    assert found == pytest.approx(float(wanted), rel=1e-5)


def test_the_mean_loss_counts_each_pair_once(encoder: DualEncoder, runtime: Runtime) -> None:
    """Batches of 4 and 2 pairs, from their own losses; the same in every call."""
    pairs = two_clusters(width=encoder.feature_width, count=6)
    settings = {"chunk": 9, "seed": 3, "runtime": runtime}
    order = np.random.Generator(np.random.PCG64(np.random.SeedSequence((3,)))).permutation(6)
    total = 0.0
    for index in (order[:4], order[4:]):
        part = dataclasses.replace(
            pairs,
            images=dataclasses.replace(pairs.images, values=pairs.images.values[index]),  # type: ignore[union-attr]
            texts=[pairs.texts[i] for i in index],
            keys=pairs.keys[index],
        )
        total += len(index) * alignment.mean_loss(encoder, part, batch=9, **settings)
    found = [alignment.mean_loss(encoder, pairs, batch=4, **settings) for _ in range(2)]
    assert found[0] == found[1] == pytest.approx(total / 6, rel=1e-5)


def test_one_pair_has_no_loss(encoder: DualEncoder, runtime: Runtime) -> None:
    pairs = two_clusters(width=encoder.feature_width, count=1)
    with pytest.raises(ValueError, match=r"got 1 pair\(s\), but a contrast needs at least 2"):
        alignment.mean_loss(encoder, pairs, batch=4, chunk=4, seed=0, runtime=runtime)


def test_embeddings_are_those_of_the_encoder(encoder: DualEncoder, runtime: Runtime) -> None:
    pairs = two_shades(count=5)
    images, texts, sentences = alignment.embeddings(encoder, pairs, chunk=2, runtime=runtime)
    assert sentences == sorted({TEXTS[0][0], TEXTS[1][0]})
    pixels = torch.from_numpy(pairs.images.pixels).permute(0, 3, 1, 2)  # type: ignore[union-attr]
    with torch.no_grad():
        wanted = encoder.image_embedding(encoder.prepare(pixels, runtime)).numpy()
        np.testing.assert_allclose(texts, encoder.text_embedding(sentences).numpy(), atol=1e-5)
    np.testing.assert_allclose(images, wanted, atol=1e-4)
