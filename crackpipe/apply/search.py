"""`crackpipe search`: a contact sheet and a table of the photographs that an encoder finds most like a text."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float, Float32, UInt8

from crackpipe import console
from crackpipe.apply import photo_files, photograph
from crackpipe.apply.encoder_folder import EncoderFolder
from crackpipe.clip import embedding, embedding_file
from crackpipe.clip.encoders import encoder_files
from crackpipe.clip.encoders.encoder import Encoder
from crackpipe.compute.runtime import Runtime
from crackpipe.errors import CrackpipeError, TableError
from crackpipe.files import atomic, fingerprint, own_results, parquet, schemas
from crackpipe.imaging import contact_sheet, images
from crackpipe.params import Params
from crackpipe.retrieval import nearest

MOST_PICTURES = 60  # of a contact sheet
COLUMNS = ["rank", "photo_id", "similarity", "caption"]
PHOTOS, EMBEDDINGS = "data/photos", "data/embeddings/tuned"


def find(text: str, *, model: EncoderFolder, top: int, out: Path) -> pd.DataFrame:
    """Find the photographs of all splits of a project that are most like a text.

    Args:
        text: what to look for.
        model: the encoder of a project whose pipeline has run; its ``data/embeddings/tuned`` are searched.
        top: so many photographs, at least 1; all where there are fewer.
        out: contact sheet to write (.png or .jpg); a CSV beside it gets the table.

    Returns:
        Columns ``COLUMNS``, the most similar first; similarity is the cosine, -1 to 1.

    Raises:
        CrackpipeError: the text is empty, ``top`` below 1, or ``out`` neither PNG nor JPEG; nothing is done then.
        ModelError, TableError: encoder, embeddings or photographs are missing, or do not belong to each other.
    """
    _check(text, top=top, out=out)
    project = model.project
    table = _ranked(text, model, top=top)
    wanted = table["photo_id"].tolist()
    photos = project.path(PHOTOS)
    rows = parquet.pick(photos, schemas.PHOTOS, values=wanted, columns=["photo_id", "image", "caption"])
    by_id = {row["photo_id"]: row for row in rows}
    if missing := [name for name in wanted if name not in by_id]:
        raise TableError(f"{photos}: has no {missing[0]}, but {project.path(EMBEDDINGS)} has; run `dvc repro` again")
    table["caption"] = [by_id[name]["caption"] or "" for name in wanted]
    pictures = [images.decode_rgb(by_id[name]["image"]) for name in wanted[:MOST_PICTURES]]
    return _write(table, pictures, wanted, text=text, out=out)


def find_among(
    photos: Sequence[Path], text: str, *, model: EncoderFolder, top: int, out: Path
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Find the photographs among files and folders that are most like a text.

    Args:
        photos: files, and folders whose pictures are taken.
        text, top, out: see :func:`find`.
        model: the encoder.

    Returns:
        The same table, a photograph by its path and without a caption; and the reasons against those that cannot be
        read, by path.

    Raises:
        CrackpipeError: see :func:`find`; a path is not there, or none can be read.
        ModelError: the encoder has not learned a word of the text, or its weights are damaged.
        ParamsError: ``embed.side_px`` does not suit the encoder.
    """
    _check(text, top=top, out=out)
    sentences = model.meant(text)
    listed = photo_files.listed(photos, leave_out=out)
    own_results.expect_none_of([one.path for one in listed], out=out)
    own_results.expect_none_of([one.path for one in listed], out=out.with_suffix(".csv"))
    readable = [one.path for one in listed if not one.reason]
    refused = {str(one.path): one.reason for one in listed if one.reason}
    if not readable:
        raise CrackpipeError(
            f"no picture in {', '.join(map(str, photos))}; name photographs, or folders that hold some"
        )
    runtime = model.project.start_runtime()
    encoder = encoder_files.load(model.path, runtime)
    wanted = _of_texts(sentences, encoder, runtime)
    vectors = dict(_embedded(readable, encoder, runtime, settings=model.params, refused=refused))
    if not vectors:
        path, reason = next(iter(refused.items()))
        raise CrackpipeError(f"no photograph can be read; the first of {len(listed)} is {path}: {reason}")
    similarity, index = nearest.top(wanted, np.stack(list(vectors.values())), k=top)
    found = [list(vectors)[row] for row in index[0]]
    table = _table([str(path) for path in found], similarity[0]).assign(caption="")
    shown = found[:MOST_PICTURES]
    pictures = [photograph.pixels(path, max_megapixels=model.params.ingest.max_megapixels) for path in shown]
    return _write(table, pictures, [path.name for path in found], text=text, out=out), refused


def _embedded(
    paths: Sequence[Path], encoder: Encoder, runtime: Runtime, *, settings: Params, refused: dict[str, str]
) -> Iterator[tuple[Path, Float32[np.ndarray, "d"]]]:
    """Embeddings of photographs; ``refused`` gets the reasons against those that have none."""
    side_px = embedding.square_px(encoder, side_px=settings.embed.side_px, key="embed.side_px")
    for path in console.bar(paths, what="search", total=len(paths), unit="photos"):
        try:
            pixels = photograph.pixels(path, max_megapixels=settings.ingest.max_megapixels)
            yield path, embedding.of_photo(encoder, pixels, runtime, side_px=side_px, fit=settings.embed.fit)
        except CrackpipeError as error:
            refused[str(path)] = str(error).removeprefix(f"{path}: ")


def _of_texts(texts: Sequence[str], encoder: Encoder, runtime: Runtime) -> Float32[np.ndarray, "1 d"]:
    """Mean of the embeddings of texts, of length 1."""
    mean = embedding.encode_texts(encoder, texts, runtime).astype(np.float32).mean(axis=0, keepdims=True)
    return mean / np.linalg.norm(mean)


def _write(
    table: pd.DataFrame, pictures: Sequence[UInt8[np.ndarray, "_ _ 3"]], names: Sequence[str], *, text: str, out: Path
) -> pd.DataFrame:
    """Write the contact sheet, of ``MOST_PICTURES`` at most, and the table beside it."""
    rows = list(zip(table["rank"], table["similarity"], names, strict=True))[:MOST_PICTURES]
    contact_sheet.draw(
        out,
        pictures[:MOST_PICTURES],
        [f"{rank}   {similarity:.3f}   {name}" for rank, similarity, name in rows],
        table["caption"].tolist()[:MOST_PICTURES],
        heading=text,
    )
    atomic.write_text(out.with_suffix(".csv"), table[COLUMNS].to_csv(index=False))
    return table[COLUMNS]


def _check(text: str, *, top: int, out: Path) -> None:
    if not text.strip():
        raise CrackpipeError('the text is empty; say what to look for, e.g. "cracked wall"')
    if top < 1:
        raise CrackpipeError(f"top is {top}; at least 1 photograph can be asked for")
    if out.suffix.lower() not in contact_sheet.SUFFIXES:
        raise CrackpipeError(f"{out}: a contact sheet ends in {', '.join(contact_sheet.SUFFIXES)}")
    own_results.expect_own(out, table=out.with_suffix(".csv"), columns=COLUMNS)


def _ranked(text: str, model: EncoderFolder, *, top: int) -> pd.DataFrame:
    folder = model.project.path(EMBEDDINGS)
    runtime = model.project.start_runtime()
    encoder = encoder_files.load(model.path, runtime)
    embeddings = embedding_file.load(folder, kind="image", split=None)
    if embeddings.encoder != fingerprint.of(None, [model.path]):
        raise TableError(f"{folder}: made by another encoder than {model.path} holds now; run `dvc repro` again")
    similarity, index = nearest.top(_of_texts(model.meant(text), encoder, runtime), embeddings.vectors, k=top)
    return _table([embeddings.item_ids[row] for row in index[0]], similarity[0])


def _table(names: Sequence[str], similarity: Float[np.ndarray, "n"]) -> pd.DataFrame:
    rounded = similarity.round(4).astype(float).round(4)
    return pd.DataFrame({"rank": range(1, len(names) + 1), "photo_id": names, "similarity": rounded})
