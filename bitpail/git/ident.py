"""Whoever wrote a commit or a tag, as Git writes them inside an object."""


def plain(text: str) -> str:
    """Without what would end a name or an address there."""
    return "".join(
        character for character in text if character.isprintable() and character not in "<>"
    ).strip()
