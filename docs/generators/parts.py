"""Parts of a page that are written by a program, between marks that Markdown does not show."""

import re


def replaced(text: str, name: str, content: str, *, where: str) -> str:
    """The text with its part between ``<!-- name -->`` and ``<!-- /name -->`` replaced; the rest is left alone.

    Raises:
        ValueError: the text has no such part, or several.
    """
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    part = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if len(part.findall(text)) != 1:
        raise ValueError(f"{where}: expected one part between {begin} and {end}; add the two lines")
    return part.sub(lambda _: f"{begin}\n\n{content.strip()}\n\n{end}", text)
