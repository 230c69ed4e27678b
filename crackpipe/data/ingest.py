"""From raw photographs to the table ``photos``: every photograph is either a row there or a reject with a reason.

Two passes: the first decodes and checks each photograph and keeps small facts; the second copies the accepted files'
bytes in the order of their ids, or their pixels as PNG where later stages would read the bytes otherwise. So memory is
bounded by what is in flight, whatever the number of photographs.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from crackpipe import console
from crackpipe.compute import parallel
from crackpipe.data import inspection, splits
from crackpipe.data.datasets import catalogue
from crackpipe.data.inspection import PhotoFacts
from crackpipe.data.photo import RawPhoto, Split
from crackpipe.errors import DatasetError, PhotoError
from crackpipe.files import folders
from crackpipe.files.parquet import Row
from crackpipe.imaging import images

UNASSIGNED = "unassigned"
"""Split under which rejects without one are counted."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A listed photograph with its split and group; ``split`` is ``None`` where its authors gave it none."""

    photo_id: str
    source: str
    split: Split | None
    group_id: str
    needs_mask: bool
    raw: RawPhoto


Accepted = tuple[Candidate, PhotoFacts]


@dataclass(frozen=True, slots=True)
class Reject:
    """A photograph that is left out, and why."""

    candidate: Candidate
    reason: str


@dataclass(frozen=True, slots=True)
class Survey:
    """Result of the first pass; both lists ascend in photo_id."""

    accepted: list[Accepted]
    rejects: list[Reject]


def gather(
    *,
    sources: Sequence[tuple[str, str, int | None]],
    raw: Path,
    seed: int,
    demo: Callable[[], Iterable[RawPhoto]],
) -> list[Candidate]:
    """List the photographs of all sources with their splits, ascending in photo_id; no picture is opened.

    Args:
        sources: name (see :func:`.catalogue.read`), split (see :func:`splits.assign`) and limit: at most so many
            photographs of each split, evenly spaced over the sorted list, ``None`` for all.
        raw: holds a folder for each source but ``demo``.
        seed: of splits by ratio.
        demo: lists the demo's photographs.

    Raises:
        DatasetError: a source is named twice, is not there, or is laid out otherwise than its authors' release.
    """
    folders = Counter(catalogue.dataset_and_folder(name)[1] for name, _, _ in sources)
    repeated = [folder for folder, times in folders.items() if times > 1]
    if repeated:
        raise DatasetError(f"ingest.sources: {repeated[0]} is named twice, expected once; remove one")
    candidates: list[Candidate] = []
    for listed, how, limit in sources:
        read = demo() if listed == "demo" else catalogue.read(listed, raw=raw)
        photos = sorted(map(_printable, read), key=lambda photo: photo.name)
        kind, name = catalogue.dataset_and_folder(listed)
        needs_mask = kind == "demo" or catalogue.every()[kind].has_masks
        by_split: dict[Split | None, list[RawPhoto]] = defaultdict(list)
        for photo, split in zip(photos, splits.assign(photos, source=name, how=how, seed=seed), strict=True):
            by_split[split].append(photo)
        for split, members in by_split.items():
            for photo in splits.thin(members, limit=limit):
                group_id = f"{name}/{photo.group}"
                candidates.append(Candidate(f"{name}/{photo.name}", name, split, group_id, needs_mask, photo))
    return sorted(candidates, key=lambda candidate: (candidate.photo_id, candidate.raw.path))


def _printable(photo: RawPhoto) -> RawPhoto:
    """Bring the names of a photograph to text that tables and terminals take; its files are read as before."""
    name, path, group = (folders.printable(text) for text in (photo.name, photo.path, photo.group))
    return replace(photo, name=name, path=path, group=group)


def survey(candidates: Sequence[Candidate], *, max_megapixels: float, workers: int) -> Survey:
    """Check every photograph alone, then against the others.

    Rejected are, in this order: a photograph of which another file has the same name but for its suffix; one that
    fails its inspection; one without a split; one whose group is also in a split of higher precedence (test, val,
    train); one whose decoded pixels equal those of another, of which the one in the split of higher precedence stays,
    and within a split the first by photo_id. So training never holds a test photograph, nor another photograph of a
    test group, nor a photograph twice.

    Args:
        candidates: of :func:`gather`.
        max_megapixels: largest photograph that is decoded, 10⁶ pixels.
        workers: threads that decode.
    """

    def check(candidate: Candidate) -> PhotoFacts | PhotoError:
        try:
            return inspection.inspect(candidate.raw, max_megapixels=max_megapixels, needs_mask=candidate.needs_mask)
        except PhotoError as error:
            return error

    unique, rejects = _uniquely_named(candidates)
    sound: list[Accepted] = []
    results = parallel.prefetch(check, unique, workers=workers, ahead=4 * workers)
    for candidate, result in console.bar(
        zip(unique, results, strict=True), what="check", total=len(unique), unit="photos"
    ):
        if isinstance(result, PhotoError):
            rejects.append(Reject(candidate, str(result)))
        elif candidate.split is None:
            rejects.append(Reject(candidate, "its dataset gives it no split; name one, or set the source's split"))
        else:
            sound.append((candidate, result))
    whole, crossing = _whole_groups(sound)
    accepted, repeated = _distinct(whole)
    rejects += crossing + repeated
    return Survey(accepted, sorted(rejects, key=lambda reject: (reject.candidate.photo_id, reject.candidate.raw.path)))


def _uniquely_named(candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Reject]]:
    first: dict[str, Candidate] = {}
    rejects = []
    for candidate in candidates:
        other = first.setdefault(candidate.photo_id, candidate)
        if other is not candidate:
            reason = (
                f"same name as {other.raw.path}, but for the suffix: both would be {candidate.photo_id}; rename one"
            )
            rejects.append(Reject(candidate, reason))
    return list(first.values()), rejects


def _whole_groups(sound: list[Accepted]) -> tuple[list[Accepted], list[Reject]]:
    claims: dict[str, set[Split]] = defaultdict(set)
    for candidate, _ in sound:
        if candidate.split is not None:
            claims[candidate.group_id].add(candidate.split)
    accepted, rejects = [], []
    for candidate, facts in sound:
        keeper = splits.kept_of_group(claims[candidate.group_id])
        if candidate.split == keeper:
            accepted.append((candidate, facts))
        else:
            reason = (
                f"in {candidate.split}, but its group {candidate.group_id} is also in {keeper}, which keeps the group"
            )
            rejects.append(Reject(candidate, reason))
    return accepted, rejects


def _distinct(sound: list[Accepted]) -> tuple[list[Accepted], list[Reject]]:
    rank = {split: number for number, split in enumerate(splits.PRECEDENCE)}
    first: dict[bytes, Candidate] = {}
    for candidate, facts in sorted(sound, key=lambda pair: (rank[pair[0].split or "train"], pair[0].photo_id)):
        first.setdefault(facts.pixel_hash, candidate)
    accepted, rejects = [], []
    for candidate, facts in sound:
        other = first[facts.pixel_hash]
        if other is candidate:
            accepted.append((candidate, facts))
        else:
            reason = f"in {candidate.split}, but has the same pixels as {other.photo_id} in {other.split}, which stays"
            rejects.append(Reject(candidate, reason))
    return accepted, rejects


def require_training(surveyed: Survey) -> None:
    """Check that there is something to learn from.

    Raises:
        DatasetError: no photograph was accepted, or none is in train.
    """
    counted = Counter(candidate.split for candidate, _ in surveyed.accepted)
    if not counted:
        reasons = "".join(f"\n  {reject.candidate.raw.path}: {reject.reason}" for reject in surveyed.rejects[:5])
        raise DatasetError(f"no photograph can be used: all {len(surveyed.rejects)} were rejected, such as{reasons}")
    if not counted["train"]:
        here = ", ".join(f"{split} {number}" for split, number in counted.items())
        raise DatasetError(
            f"no photograph is in train (there are: {here}), expected at least one; in ingest.sources, set the split "
            "of a source to train or to a ratio such as 3:1:1"
        )


def rows(surveyed: Survey, *, workers: int) -> Iterator[Row]:
    """Yield the accepted photographs as rows of ``schemas.PHOTOS``, ascending in photo_id.

    Args:
        surveyed: of :func:`survey`.
        workers: threads that read files and encode masks.

    Raises:
        PhotoError: a file has changed since the survey.
    """
    written = parallel.prefetch(_row, surveyed.accepted, workers=workers, ahead=4 * workers)
    yield from console.bar(written, what="write", total=len(surveyed.accepted), unit="photos")


def _row(pair: Accepted) -> Row:
    candidate, facts = pair
    raw = candidate.raw
    picture = None
    if not facts.plain or (facts.has_mask and facts.has_outside):
        picture = inspection.read(raw.read_image, max_megapixels=math.inf)  # the survey has looked at its size
    mask = None
    if facts.has_mask:
        drawn = inspection.read_mask(raw, height_px=facts.height_px, width_px=facts.width_px)
        mask = images.encode_mask(drawn if picture is None or picture.inside is None else drawn & picture.inside)
    reported = raw.attributes.damage or raw.attributes.location or raw.attributes.soundness or raw.attributes.measure
    return {
        "photo_id": candidate.photo_id,
        "source": candidate.source,
        "split": candidate.split,
        "group_id": candidate.group_id,
        "height_px": facts.height_px,
        "width_px": facts.width_px,
        "image": raw.read_image() if facts.plain or picture is None else images.encode_rgb(picture.rgb),
        "mask": mask,
        "label": facts.label,
        "caption": raw.caption,
        "attributes": asdict(raw.attributes) if reported else None,
        "mm_per_px": raw.mm_per_px,
    }


def reject_rows(surveyed: Survey) -> list[Row]:
    """Return the rejects as rows of ``schemas.PHOTOS_REJECTED``."""
    keys = {(reject.candidate.source, reject.candidate.raw.path, reject.reason) for reject in surveyed.rejects}
    return [{"source": source, "path": path, "reason": reason} for source, path, reason in sorted(keys)]


def warned_rows(surveyed: Survey) -> list[Row]:
    """Return what is doubtful about accepted photographs as rows of ``schemas.PHOTOS_WARNED``."""
    keys = {
        (candidate.source, candidate.raw.path, note) for candidate, facts in surveyed.accepted for note in facts.notes
    }
    return [{"source": source, "path": path, "note": note} for source, path, note in sorted(keys)]


def counts(surveyed: Survey) -> dict[str, dict[str, dict[str, int]]]:
    """Count ``{source: {split: {photos, masks, rejected}}}``; a split with nothing in it is left out."""
    tree: dict[str, dict[str, dict[str, int]]] = defaultdict(
        lambda: defaultdict(lambda: {"photos": 0, "masks": 0, "rejected": 0})
    )
    for candidate, facts in surveyed.accepted:
        tree[candidate.source][candidate.split or UNASSIGNED]["photos"] += 1
        tree[candidate.source][candidate.split or UNASSIGNED]["masks"] += int(facts.has_mask)
    for reject in surveyed.rejects:
        tree[reject.candidate.source][reject.candidate.split or UNASSIGNED]["rejected"] += 1
    return {source: dict(sorted(by_split.items())) for source, by_split in sorted(tree.items())}
