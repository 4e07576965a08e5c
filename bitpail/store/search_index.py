"""The index of one workspace's code: a SQLite file of its own, whatever the database is, that can be made again.

It knows which three letters follow each other in some thousand letters of a file, and
not where: what is found may match, and the caller looks at the text itself, which lies
here too. A file for each workspace, so that a search costs nothing of the others.

Nothing here waits: use it in a thread.
"""

import json
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from bitpail.errors import Invalid, NotFound, Unavailable
from bitpail.model.repositories import RepositoryId
from bitpail.wire.folding import VERSION, folded
from bitpail.wire.search_query import All, Node, Term, is_selective

# Of a whole file the letters would say too little: a large one holds nearly all that follow each other.
_PART = 16384
# A term that begins in a part is in it, or so many letters of it are.
_OVERLAP = 128
_PART_BITS = 20
_FORM = f"1, folded {VERSION}, parts {_PART} {_OVERLAP}"
_MOST_CANDIDATES = 200_000
_TRIGRAM = 3
# Of a long term these are enough to tell; each one more is one more list to go through.
_MOST_TRIGRAMS = 12
_OF_TERM = """\
SELECT id FROM files WHERE text IN (SELECT rowid >> 20 FROM contents WHERE contents MATCH ?)
UNION SELECT rowid FROM paths WHERE paths MATCH ?"""
_WITHIN = "SELECT id FROM ({})"
_CHECKED_EVERY = 10_000
_PATIENCE = 10.0
_CACHE = "cache_size=-16384"

_SCHEMA = """
CREATE TABLE form (form TEXT NOT NULL);
CREATE TABLE repositories (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, "commit" TEXT);
CREATE TABLE files (
    id INTEGER PRIMARY KEY AUTOINCREMENT, repository INTEGER NOT NULL, path BLOB NOT NULL, text INTEGER,
    UNIQUE (repository, path)
);
CREATE INDEX files_text ON files (text) WHERE text IS NOT NULL;
CREATE TABLE texts (id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL UNIQUE, packed BLOB NOT NULL);
CREATE VIRTUAL TABLE contents USING fts5 (
    letters, content='', columnsize=0, detail=none, tokenize='trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE paths USING fts5 (
    letters, content='', columnsize=0, tokenize='trigram case_sensitive 1'
);
"""


class Candidate(Struct, frozen=True, gc=False):
    """A file that may be found; ``text`` is None for one without any, like a picture."""

    repository: RepositoryId
    commit: str
    path: bytes
    text: int | None


class TooBroad(Invalid):
    """More comes into question than is looked at, or it takes too long."""


class SearchIndex:
    """An open index; ``opened`` makes one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._loose: set[int] = set()

    def commit_of(self, repository: str) -> str | None:
        """The commit as of which a repository can be searched; None if it can't be."""
        row = self._db.execute('SELECT "commit" FROM repositories WHERE id = ?', (repository,)).fetchone()
        return row[0] if row else None

    def repositories(self) -> list[RepositoryId]:
        """All that were looked at, also those that can't be searched."""
        return [row[0] for row in self._db.execute("SELECT id FROM repositories ORDER BY number")]

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside is seen at once, or not at all."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def begin(self, repository: str) -> int:
        """The number of a repository here, a new one if need be."""
        self._db.execute("INSERT OR IGNORE INTO repositories (id) VALUES (?)", (repository,))
        row = self._db.execute("SELECT number FROM repositories WHERE id = ?", (repository,)).fetchone()
        return int(row[0])

    def finish(self, number: int, commit: str | None) -> None:
        """Say as of which commit it can be searched, None: it can't be; what no file has any more goes."""
        for text in self._loose:
            self._forget_unused(text)
        self._loose.clear()
        self._db.execute('UPDATE repositories SET "commit" = ? WHERE number = ?', (commit, number))

    def unknown(self, hashes: Iterable[str]) -> list[str]:
        """Those blobs of which no text is here."""
        return [hash_ for hash_ in hashes if self._text_of(hash_) is None]

    def put(self, number: int, path: bytes, hash_: str | None, content: str | None) -> None:
        """A file in its present state. ``hash_`` is None for one without text; ``content`` for text that is here."""
        text = None
        if hash_ is not None:
            text = self._text_of(hash_)
            if text is None and content is not None:
                text = self._add_text(hash_, content)
        row = self._file(number, path)
        if row is None:
            at = self._db.execute(
                "INSERT INTO files (repository, path, text) VALUES (?, ?, ?)", (number, path, text)
            ).lastrowid
            self._db.execute("INSERT INTO paths (rowid, letters) VALUES (?, ?)", (at, folded_path(path)))
        elif row[1] != text:
            self._db.execute("UPDATE files SET text = ? WHERE id = ?", (text, row[0]))
            self._loosen(row[1])

    def remove(self, number: int, path: bytes) -> None:
        """Forget a file, if it is here."""
        row = self._file(number, path)
        if row is not None:
            self._forget_file(row[0], path, row[1])

    def drop(self, number: int, most: int) -> int:
        """Forget so many files of a repository; how many there were."""
        rows = self._db.execute(
            "SELECT id, path, text FROM files WHERE repository = ? LIMIT ?", (number, most)
        ).fetchall()
        for row in rows:
            self._forget_file(*row)
        for text in self._loose:
            self._forget_unused(text)
        self._loose.clear()
        return len(rows)

    def forget(self, number: int) -> None:
        """Forget the repository itself."""
        self._db.execute("DELETE FROM repositories WHERE number = ?", (number,))

    def candidates(self, query: Node, repositories: Sequence[RepositoryId]) -> list[Candidate]:
        """What a query may find in these repositories, in no order; raises TooBroad."""
        numbers = dict(self._searchable(repositories))
        if not numbers:
            return []
        sql, values = _ids(query)
        rows = self._db.execute(
            f"SELECT repository, path, text FROM files WHERE id IN ({sql}) "  # noqa: S608 - our own words
            f"AND repository IN (SELECT value FROM json_each(?)) LIMIT {_MOST_CANDIDATES + 1}",
            [*values, json.dumps(list(numbers))],
        ).fetchall()
        if len(rows) > _MOST_CANDIDATES:
            raise too_broad()
        return [Candidate(*numbers[number], path, text) for number, path, text in rows]

    def text(self, text: int) -> str:
        """The content of a file as it is written."""
        row = self._db.execute("SELECT packed FROM texts WHERE id = ?", (text,)).fetchone()
        return zlib.decompress(row[0]).decode() if row else ""

    def _searchable(
        self, repositories: Sequence[RepositoryId]
    ) -> Iterator[tuple[int, tuple[RepositoryId, str]]]:
        wanted = set(repositories)
        for number, id_, commit in self._db.execute('SELECT number, id, "commit" FROM repositories'):
            if commit is not None and id_ in wanted:
                yield number, (id_, commit)

    def _file(self, number: int, path: bytes) -> tuple[int, int | None] | None:
        row: tuple[int, int | None] | None = self._db.execute(
            "SELECT id, text FROM files WHERE repository = ? AND path = ?", (number, path)
        ).fetchone()
        return row

    def _forget_file(self, at: int, path: bytes, text: int | None) -> None:
        self._db.execute(
            "INSERT INTO paths (paths, rowid, letters) VALUES ('delete', ?, ?)", (at, folded_path(path))
        )
        self._db.execute("DELETE FROM files WHERE id = ?", (at,))
        self._loosen(text)

    def _loosen(self, text: int | None) -> None:
        """A file has it no more. Another may take it in the same change: a file that was renamed."""
        if text is not None:
            self._loose.add(text)

    def _text_of(self, hash_: str) -> int | None:
        row = self._db.execute("SELECT id FROM texts WHERE hash = ?", (hash_,)).fetchone()
        return int(row[0]) if row else None

    def _add_text(self, hash_: str, content: str) -> int | None:
        packed = zlib.compress(content.encode(), 1)
        at = self._db.execute("INSERT INTO texts (hash, packed) VALUES (?, ?)", (hash_, packed)).lastrowid
        if at is not None:
            self._db.executemany(
                "INSERT INTO contents (rowid, letters) VALUES (?, ?)", _parts(at, folded(content))
            )
        return at

    def _forget_unused(self, text: int) -> None:
        if self._db.execute("SELECT 1 FROM files WHERE text = ? LIMIT 1", (text,)).fetchone():
            return
        # It has no copy of what it was given and has to be told again what to take out.
        self._db.executemany(
            "INSERT INTO contents (contents, rowid, letters) VALUES ('delete', ?, ?)",
            _parts(text, folded(self.text(text))),
        )
        self._db.execute("DELETE FROM texts WHERE id = ?", (text,))


def _parts(text: int, letters: str) -> Iterator[tuple[int, str]]:
    """What is indexed of a text, each part with the number of the text in its own."""
    for number, start in enumerate(range(0, len(letters), _PART)):
        yield text << _PART_BITS | number, letters[start : start + _PART + _OVERLAP]


def folded_path(path: bytes) -> str:
    """A path as it is searched."""
    return folded(path.decode("utf-8", "replace"))


def too_broad() -> TooBroad:
    """The refusal of a search that would take too long."""
    message = "too much comes into question: narrow it by longer terms, or by repo:, path: or ext:"
    return TooBroad(f"search_query: {message}", {"search_query": [message]})


@contextmanager
def opened(path: Path, *, until: float | None = None) -> Iterator[SearchIndex]:
    """An index to be read, no longer than ``until`` (monotonic). Raises NotFound, TooBroad or Unavailable."""
    if not path.exists():
        raise NotFound("there is no index")
    with _translated(until):
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=_PATIENCE
        )
        try:
            for pragma in ("query_only=ON", _CACHE):
                connection.execute(f"PRAGMA {pragma}")
            if not _is_in_form(connection):
                raise NotFound("the index is of another form")
            if until is not None:
                connection.set_progress_handler(lambda: time.monotonic() > until, _CHECKED_EVERY)
            yield SearchIndex(connection)
        finally:
            connection.close()


@contextmanager
def written(path: Path) -> Iterator[SearchIndex]:
    """An index to be changed, made anew if there is none or an unusable one; by one at a time. Raises Unavailable."""
    with _translated(None, path):
        connection = _usable(path)
        try:
            yield SearchIndex(connection)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


def _usable(path: Path) -> sqlite3.Connection:
    if path.exists():
        with suppress(sqlite3.DatabaseError):
            connection = _connect(path)
            if _is_in_form(connection):
                return connection
            connection.close()
        delete(path)
    connection = _connect(path)
    path.chmod(0o600)
    connection.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
    connection.execute("INSERT INTO form VALUES (?)", (_FORM,))
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE)
    try:
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", _CACHE):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _is_in_form(connection: sqlite3.Connection) -> bool:
    try:
        row = connection.execute("SELECT form FROM form").fetchone()
    except sqlite3.OperationalError:  # there is no such table
        return False
    return bool(row) and row[0] == _FORM


def delete(path: Path) -> None:
    """Remove an index with what SQLite puts beside it."""
    for tail in ("", "-wal", "-shm"):
        path.with_name(path.name + tail).unlink(missing_ok=True)


@contextmanager
def _translated(until: float | None, damaged: Path | None = None) -> Iterator[None]:
    """``damaged`` goes if it is: whatever marks its repositories next makes it anew."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if damaged is not None and code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            delete(damaged)
        if until is not None and code == sqlite3.SQLITE_INTERRUPT:
            raise too_broad() from None
        raise Unavailable(f"the search index does not answer: {error}") from None


def _ids(node: Node) -> tuple[str, list[str]]:
    """A SELECT of the files that may match, of a query or a part of one that is selective."""
    if isinstance(node, Term):
        # Paths are short: of them it is known where the letters stand.
        return _OF_TERM, [_trigrams(node.text), _quoted(node.text)]
    parts: Iterable[Node] = getattr(node, "parts", ())
    word = " INTERSECT " if isinstance(node, All) else " UNION "
    found = [_ids(part) for part in parts if is_selective(part)]
    sql = word.join(_WITHIN.format(sql) for sql, _ in found)
    return sql, [value for _, values in found for value in values]


def _trigrams(text: str) -> str:
    """What an index of trigrams is asked: all that are in the text, or some of a long one."""
    text = text[:_OVERLAP]
    every = list(dict.fromkeys(text[at : at + _TRIGRAM] for at in range(len(text) - _TRIGRAM + 1)))
    step = max(1, -(-len(every) // _MOST_TRIGRAMS))
    return " ".join(map(_quoted, every[::step]))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
