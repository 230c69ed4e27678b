"""Errors that a user can act on: each says where, what was found, what was expected and what to do next."""

import difflib
from collections.abc import Iterable


class CrackpipeError(Exception):
    """Base of every error that the user's input can cause; the command line prints it without a traceback."""


class ParamsError(CrackpipeError):
    """A key, type or range in ``params.yaml`` is wrong."""


class DatasetError(CrackpipeError):
    """A dataset folder is missing or is not laid out as its authors lay it out."""


class PhotoError(CrackpipeError):
    """One photograph or mask cannot be used; ingest turns it into a row of ``photos_rejected``."""


class TableError(CrackpipeError):
    """A Parquet table is missing or does not match its schema."""


class ModelError(CrackpipeError):
    """A model's weights are missing, cannot be fetched, or belong to another architecture."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of an error about an unknown name: the nearest known one as a question, or nothing where none is near.

    Args:
        name: what was given.
        known: names that would have been right.
    """
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
