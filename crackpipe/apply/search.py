"""Search photographs by words: a contact sheet and a table of those that an encoder finds most like a text."""

from pathlib import Path

import pandas as pd

from crackpipe import params
from crackpipe.clip import embedding, embedding_file
from crackpipe.clip.encoders import encoder_files
from crackpipe.compute.runtime import start_runtime
from crackpipe.errors import CrackpipeError, TableError
from crackpipe.files import atomic, fingerprint, parquet, schemas
from crackpipe.imaging import contact_sheet, images
from crackpipe.retrieval import nearest

COLUMNS = ["rank", "photo_id", "similarity", "caption"]


def find(
    text: str, *, top: int, parameters: Path, photos: Path, embeddings: Path, clip: Path, out: Path
) -> pd.DataFrame:
    """The ``top`` photographs of all splits that are most like ``text``: rank, photo_id, similarity and caption.

    ``out`` gets the contact sheet (.png or .jpg), a CSV beside it the table; similarity is the cosine, -1 to 1.

    Args:
        parameters: params.yaml, for the device.
        photos: the table of photographs.
        embeddings: folder of the embeddings of ``photos`` by the encoder in the folder ``clip``.

    Raises:
        CrackpipeError: the text is empty, ``top`` below 1, or ``out`` neither PNG nor JPEG; nothing is done then.
        ModelError, TableError: encoder, embeddings or photographs are missing, or do not belong to each other.
    """
    _check(text, top=top, out=out)
    found = _ranked(text, top=top, parameters=parameters, embeddings=embeddings, clip=clip)
    wanted = found["photo_id"].tolist()
    rows = parquet.pick(photos, schemas.PHOTOS, values=wanted, columns=["photo_id", "image", "caption"])
    by_id = {row["photo_id"]: row for row in rows}
    if missing := [name for name in wanted if name not in by_id]:
        raise TableError(f"{photos}: has no {missing[0]}, but {embeddings} has; run `dvc repro` again")
    found["caption"] = [by_id[name]["caption"] or "" for name in wanted]
    contact_sheet.draw(
        out,
        [images.decode_rgb(by_id[name]["image"]) for name in wanted],
        [f"{row.rank}   {row.similarity:.3f}   {row.photo_id}" for row in found.itertuples()],
        found["caption"].tolist(),
        heading=text,
    )
    _write_table(out.with_suffix(".csv"), found[COLUMNS])
    return found[COLUMNS]


def _check(text: str, *, top: int, out: Path) -> None:
    if not text.strip():
        raise CrackpipeError('the text is empty; say what to look for, e.g. "wide crack in a beam"')
    if top < 1:
        raise CrackpipeError(f"top is {top}; at least 1 photograph can be asked for")
    if out.suffix.lower() not in contact_sheet.SUFFIXES:
        raise CrackpipeError(f"{out}: a contact sheet ends in {', '.join(contact_sheet.SUFFIXES)}")


def _ranked(text: str, *, top: int, parameters: Path, embeddings: Path, clip: Path) -> pd.DataFrame:
    p = params.load(parameters)
    runtime = start_runtime(device=p.runtime.device, precision=p.runtime.precision, threads=p.runtime.threads)
    model = encoder_files.load(clip, runtime)
    seen = embedding_file.load(embeddings, kind="image", split=None)
    if seen.encoder != fingerprint.of(None, [clip]):
        raise TableError(f"{embeddings}: made by another encoder than {clip} holds now; run `dvc repro` again")
    similarity, index = nearest.top(embedding.encode_texts(model, [text], runtime), seen.vectors, k=top)
    return pd.DataFrame(
        {
            "rank": range(1, index.shape[1] + 1),
            "photo_id": [seen.item_ids[row] for row in index[0]],
            "similarity": similarity[0].round(4).astype(float).round(4),
        }
    )


def _write_table(path: Path, table: pd.DataFrame) -> None:
    atomic.write_text(path, table.to_csv(index=False))
