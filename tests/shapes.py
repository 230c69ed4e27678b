"""Checks the shapes and types in the library's signatures while its tests run (see pyproject.toml)."""

from beartype import BeartypeConf, beartype

# an int may stand where a float is asked for, as type checkers have it
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
