"""A file with the commit that each line is from."""

from markupsafe import Markup
from starlette.responses import Response

from bitpail.errors import GitError, NotFound
from bitpail.model.access import Access
from bitpail.services import blame, file_windows, source
from bitpail.services.blame import Blame
from bitpail.services.file_windows import Window
from bitpail.services.git_slots import Busy
from bitpail.web import ref_chooser
from bitpail.web.commits import title_of
from bitpail.web.file import line_of, page_at, where
from bitpail.web.pages import moment
from bitpail.web.repository import SOURCE, below, render_in
from bitpail.web.request import WebRequest, see_other
from bitpail.wire.text import clean

_MOST_LINES = 300
_LONGEST_TITLE = 200
_AGES = 6


async def page(request: WebRequest, access: Access) -> Response:
    """``GET .../annotate/{commit}/{path}``."""
    revision, path = request.parameters["commit"], request.parameters["path"].strip("/")
    if leads_to := await ref_chooser.named(request, access, "annotate", path):
        return see_other(leads_to)
    found = await source.find(request.site, access, revision, path)
    file = found.file
    if file is None:
        raise NotFound(f"{path} is a directory")
    window = known = None
    is_text = not {"binary", "link", "subrepository"}.intersection(file.attributes)
    if is_text and (file.size or 0) <= source.HELD:
        line = line_of(request.query.get("from", "")).partition(":")[0]
        window = await file_windows.window(request.site, access, file, int(line or 1), _MOST_LINES)
    if window is not None and window.lines:
        try:
            known = await blame.of_lines(request.site, access, found, window.first, window.last)
        except (Busy, GitError):
            # The lines alone are still worth something.
            known = Blame([], {}, {}, is_whole=False)
    return render_in(
        request,
        access,
        "blame.html",
        SOURCE,
        **where(access, revision, path),
        chooser=await ref_chooser.chooser(request, access, "annotate", revision, path),
        window=window,
        lines=_rows(access, window, known) if window and known else None,
        is_whole=known is None or known.is_whole,
        permalink=below(access, "annotate", found.commit, path) if revision != found.commit else None,
        previous=page_at(request, window.previous) if window else None,
        following=page_at(request, window.following) if window else None,
    )


def _rows(access: Access, window: Window, known: Blame) -> Markup:
    """Rows of a table: beside each line its number, beside the first of a part the commit that it is from."""
    begin = {part.first: part for part in known.parts}
    times = [one.author.time for one in known.commits.values()]
    oldest, newest = min(times, default=0), max(times, default=0)
    rows, left = [], 0
    for number, line in enumerate(window.lines, window.first):
        cell = ""
        if number in begin:
            part = begin[number]
            left = part.count
            commit = known.commits[part.commit]
            age = _AGES - 1 - (commit.author.time - oldest) * (_AGES - 1) // max(1, newest - oldest)
            author = known.people.get(commit.author.email.lower())
            name = author.display_name if author else commit.author.name or commit.author.email or "nobody"
            before = ""
            if part.previous is not None:
                address = f"{below(access, 'annotate', *part.previous)}?from={number}"
                before = Markup(
                    ' <a href="{}" title="Before this change" aria-label="Before this change">«</a>'
                ).format(address)
            cell = Markup('<td class="by age-{}" rowspan={}><a href="{}" title="{}">{}</a> {} {}{}').format(
                age,
                part.count,
                below(access, "commits", part.commit),
                clean(title_of(commit.message[:4000])[0][:_LONGEST_TITLE]),
                part.commit[:7],
                clean(name[:40]),
                moment(commit.author.time * 1_000_000, only_day=True),
                before,
            )
        elif left <= 0:
            cell = "<td class=by>"
        left -= 1
        rows.append(
            f"<tr id=lines-{number}>{cell}<th><a href=#lines-{number} tabindex=-1>{number}</a><td>{line}"
        )
    # Each line was escaped where it was made, each cell here.
    return Markup("\n".join(rows))  # noqa: S704
