"""`crackpipe search`: a contact sheet and a table of the photographs that an encoder finds most like a text."""

from pathlib import Path

import pandas as pd

from crackpipe.clip import embedding, embedding_file
from crackpipe.clip.encoders import encoder_files
from crackpipe.errors import CrackpipeError, TableError
from crackpipe.files import atomic, fingerprint, parquet, schemas
from crackpipe.imaging import contact_sheet, images
from crackpipe.params.project import Project
from crackpipe.retrieval import nearest

COLUMNS = ["rank", "photo_id", "similarity", "caption"]
PHOTOS, EMBEDDINGS, ENCODER = "data/photos", "data/embeddings/tuned", "models/clip"


def find(text: str, *, project: Project, top: int, out: Path) -> pd.DataFrame:
    """Find the photographs of all splits that are most like a text.

    Args:
        text: what to look for.
        project: where the pipeline has run; its ``data/embeddings/tuned`` are searched, by ``models/clip``.
        top: so many photographs, at least 1; all where there are fewer.
        out: contact sheet to write (.png or .jpg); a CSV beside it gets the table.

    Returns:
        Columns ``COLUMNS``, the most similar first; similarity is the cosine, -1 to 1.

    Raises:
        CrackpipeError: the text is empty, ``top`` below 1, or ``out`` neither PNG nor JPEG; nothing is done then.
        ModelError, TableError: encoder, embeddings or photographs are missing, or do not belong to each other.
    """
    _check(text, top=top, out=out)
    table = _ranked(text, project=project, top=top)
    wanted = table["photo_id"].tolist()
    photos = project.path(PHOTOS)
    rows = parquet.pick(photos, schemas.PHOTOS, values=wanted, columns=["photo_id", "image", "caption"])
    by_id = {row["photo_id"]: row for row in rows}
    if missing := [name for name in wanted if name not in by_id]:
        raise TableError(f"{photos}: has no {missing[0]}, but {project.path(EMBEDDINGS)} has; run `dvc repro` again")
    table["caption"] = [by_id[name]["caption"] or "" for name in wanted]
    contact_sheet.draw(
        out,
        [images.decode_rgb(by_id[name]["image"]) for name in wanted],
        [f"{row.rank}   {row.similarity:.3f}   {row.photo_id}" for row in table.itertuples()],
        table["caption"].tolist(),
        heading=text,
    )
    atomic.write_text(out.with_suffix(".csv"), table[COLUMNS].to_csv(index=False))
    return table[COLUMNS]


def _check(text: str, *, top: int, out: Path) -> None:
    if not text.strip():
        raise CrackpipeError('the text is empty; say what to look for, e.g. "wide crack in a beam"')
    if top < 1:
        raise CrackpipeError(f"top is {top}; at least 1 photograph can be asked for")
    if out.suffix.lower() not in contact_sheet.SUFFIXES:
        raise CrackpipeError(f"{out}: a contact sheet ends in {', '.join(contact_sheet.SUFFIXES)}")


def _ranked(text: str, *, project: Project, top: int) -> pd.DataFrame:
    folder, clip = project.path(EMBEDDINGS), project.path(ENCODER)
    runtime = project.start_runtime()
    encoder = encoder_files.load(clip, runtime)
    embeddings = embedding_file.load(folder, kind="image", split=None)
    if embeddings.encoder != fingerprint.of(None, [clip]):
        raise TableError(f"{folder}: made by another encoder than {clip} holds now; run `dvc repro` again")
    similarity, index = nearest.top(embedding.encode_texts(encoder, [text], runtime), embeddings.vectors, k=top)
    return pd.DataFrame(
        {
            "rank": range(1, index.shape[1] + 1),
            "photo_id": [embeddings.item_ids[row] for row in index[0]],
            "similarity": similarity[0].round(4).astype(float).round(4),
        }
    )
