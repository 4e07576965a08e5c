"""Forms as browsers and API clients send them: ``application/x-www-form-urlencoded``, in UTF-8."""

from urllib.parse import parse_qsl

from bitpail.errors import Invalid

MEDIA_TYPE = "application/x-www-form-urlencoded"
_MOST_FIELDS = 1000


def pairs(content: bytes) -> list[tuple[str, str]]:
    """Names and values in order, a name may come more than once; raises Invalid."""
    try:
        return parse_qsl(
            content.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise Invalid("the body is not a form of UTF-8 text") from None
