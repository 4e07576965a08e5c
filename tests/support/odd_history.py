"""One repository with everything that Git allows and few people do, in either object format."""

from pathlib import Path

from support.repositories import EPOCH, Repository

TEXT = b"".join(b"line %d of a text that is long enough to be known again\n" % n for n in range(60))
PATHS = [
    b"plain.txt",
    b"dir/with space.txt",
    b"dir/deep/er/file.c",
    b"quotes\"in'it.txt",
    b"tab\there.txt",
    b"new\nline.txt",
    b"-leading.txt",
    b"--all",
    b":(glob)*.txt",
    b":!plain.txt",
    b"back\\slash.txt",
    b"*star?[x].txt",
    b"%41percent#hash&and+plus=.txt",
    b"latin-\xe9\xff.txt",
    "ü/ö 中.txt".encode(),
    b"trailing space ",
    b"\x01\x02control\x7f.txt",
    b"a" * 200 + b".txt",
    b"HEAD",
    b"refs/heads/main",
]
EDGE = {
    b"empty": b"",
    b"no newline at the end": b"one\ntwo",
    b"only newlines": b"\n\n\n",
    b"crlf.txt": b"one\r\ntwo\r\n",
    b"binary.bin": bytes(range(256)) * 4,
    b"utf-16.txt": "text".encode("utf-16"),
    b"long line.txt": b"x" * 70_000,
}
MESSAGES = [
    (b"", None),
    (b"no newline", None),
    (b"\n\nblank lines first\n", None),
    (b"one\n\ntwo\n\n\n", None),
    (b"crlf\r\nline\r\n", None),
    (b"caf\xe9\n", b"ISO-8859-1"),
    (b"caf\xe9 without saying so\n", None),
    ("ü 中 \U0001f600\n".encode(), None),
    (b"\xff\xfe\x80 invalid\n", None),
    (b"  indented\n\ttabbed\n", None),
    (b"x" * 3000 + b"\n", None),
]
WHO = [
    b"Ada Lovelace <ada@example.com>",
    b"Grace <GRACE@example.org>",
    "Ünïcode <ü@example.org>".encode(),
    b"caf\xe9 <latin@example.org>",
    b"No Address <>",
    b"<only@example.org>",
]
WHEN = [
    b"1700000001 +0000",
    b"0 +0000",
    b"86400 -1200",
    b"1700000002 +1345",
    b"1700000003 -0730",
    b"4294967297 +0100",
    b"1234567890 -0000",
]
BRANCHES = [
    "feature/a#b",
    "ü",
    'with"quote',
    "a;b",
    "$(x)",
    "%41",
    "x@y",
    "deep/er/est",
    "main2",
    "v1",
    "-dash",
]


class OddHistory:
    """``repository``, and its commits by name."""

    def __init__(self, path: Path, object_format: str) -> None:
        self.repository = Repository(path, object_format=object_format)
        self.width = 64 if object_format == "sha256" else 40
        self._lines: list[bytes] = []
        self._marks: dict[str, int] = {}
        self._trees: dict[str, dict[bytes, tuple[bytes, bytes]]] = {}
        self._make()
        self._import()
        self.commits = self._read_marks()
        self._refs()
        self._past_fast_import()

    @property
    def git(self):
        return self.repository.git

    def _commit(
        self, name, parents, files, *, message=None, encoding=None, who=WHO[0], when=None, committer=None
    ):
        number = len(self._marks) + 1
        self._marks[name] = number
        self._trees[name] = files
        stamp = when or b"%d +0000" % (EPOCH + number * 60)
        text = f"{name}\n".encode() if message is None else message
        lines = [b"commit refs/made/%d" % number, b"mark :%d" % number, b"author %b %b" % (who, stamp)]
        lines += [b"committer %b %b" % (committer or who, stamp)]
        lines += [b"encoding " + encoding] if encoding else []
        lines += [b"data %d\n%b" % (len(text), text)]
        for place, parent in enumerate(parents):
            lines.append(b"%b :%d" % (b"merge" if place else b"from", self._marks[parent]))
        lines.append(b"deleteall")
        for path, (mode, data) in files.items():
            quoted = b'"' + b"".join(_quoted(byte) for byte in path) + b'"'
            if mode == b"160000":
                lines.append(b"M 160000 %b %b" % (data, quoted))
            else:
                lines.append(b"M %b inline %b\ndata %d\n%b" % (mode, quoted, len(data), data))
        self._lines += [*lines, b""]
        return files

    def _make(self):
        plain = b"100644"
        root = {path: (plain, TEXT + path) for path in PATHS}
        root |= {path: (plain, data) for path, data in EDGE.items()}
        root |= {
            b"tool": (b"100755", b"#!/bin/sh\n"),
            b"link": (b"120000", b"plain.txt"),
            b"broken link": (b"120000", b"../nowhere\xff"),
            b"module": (b"160000", b"ab" * (self.width // 2)),
        }
        self._commit("root", [], root)
        changed = dict(root)
        changed[b"plain.txt"] = (
            plain,
            TEXT.replace(b"line 3 ", b"line three ").replace(b"line 40 ", b"  line 40\t"),
        )
        changed[b"tool"] = plain, b"#!/bin/sh\n"
        changed[b"dir/with space.txt"] = b"100755", changed[b"dir/with space.txt"][1]
        changed[b"link"] = plain, b"no link any more\n"
        changed[b"HEAD"] = b"120000", b"plain.txt"
        changed[b"binary.bin"] = plain, bytes(range(256)) * 4 + b"\0"
        changed[b"no newline at the end"] = plain, b"one\ntwo\n"
        changed[b"crlf.txt"] = plain, b"one\ntwo\n"
        changed[b"module"] = b"160000", b"cd" * (self.width // 2)
        changed[b"empty"] = plain, b"no longer\n"
        del changed[b"-leading.txt"], changed[b"only newlines"]
        self._commit("changed", ["root"], changed)
        moved = dict(changed)
        moved[b"moved.txt"] = moved.pop(b"plain.txt")
        moved[b"dir/renamed and edited.txt"] = (
            plain,
            moved.pop(b"tab\there.txt")[1].replace(b"line 9 ", b"line nine "),
        )
        moved[b"copy.txt"] = moved[b"quotes\"in'it.txt"]
        for path in [path for path in moved if path.startswith(b"dir/deep/")]:
            moved[b"else/" + path] = moved.pop(path)
        self._commit("moved", ["changed"], moved)
        side = {**root, b"side.txt": (plain, TEXT), b"latin-\xe9\xff.txt": (plain, b"side\n")}
        self._commit("side", ["root"], side)
        merged = {**moved, b"side.txt": (plain, TEXT), b"latin-\xe9\xff.txt": (plain, b"side\n")}
        self._commit("merged", ["moved", "side"], merged)
        self._commit("first arm", ["side"], {**side, b"first arm": (plain, b"1\n")})
        self._commit("second arm", ["root"], {**root, b"second arm": (plain, b"2\n")})
        octopus = {**merged, b"first arm": (plain, b"1\n"), b"second arm": (plain, b"2\n")}
        self._commit("octopus", ["merged", "first arm", "second arm"], octopus)
        evil = {**octopus, b"evil.txt": (plain, b"in no parent\n"), b"moved.txt": (plain, TEXT)}
        self._commit("evil merge", ["octopus", "second arm"], evil)
        # Two that merged each other: their merges have two best commits in common.
        one, other = {**root, b"one": (plain, b"1\n")}, {**root, b"other": (plain, b"2\n")}
        self._commit("one", ["root"], one)
        self._commit("other", ["root"], other)
        self._commit("one and other", ["one", "other"], {**one, **other})
        self._commit("other and one", ["other", "one"], {**one, **other})
        self._commit("crossed one", ["one and other"], {**one, **other, b"x": (plain, b"x\n")})
        self._commit("crossed other", ["other and one"], {**one, **other, b"y": (plain, b"y\n")})
        above, number = "evil merge", 0
        for message, encoding in MESSAGES:
            name = f"message {number}"
            who, stamp = WHO[number % len(WHO)], WHEN[number % len(WHEN)]
            files = {**evil, b"moved.txt": (plain, TEXT + b"%d\n" % number)}
            self._commit(
                name, [above], files,
                message=message, encoding=encoding, who=who, when=stamp, committer=WHO[(number + 1) % len(WHO)],
            )  # fmt: skip
            above, number = name, number + 1
        back = {**evil, b"plain.txt": evil[b"moved.txt"]}
        del back[b"moved.txt"]
        self._commit("moved back", [above], back)
        self._commit("nothing changed", ["moved back"], back)
        self._commit("no files", ["nothing changed"], {})
        self._commit("main", ["nothing changed"], {**back, b"plain.txt": (plain, TEXT + b"the end")})
        self._commit("alone", [], {b"other.txt": (plain, b"another history\n")})

    def _import(self):
        marks = self.repository.path / "marks"
        self.git(
            *("fast-import", "--quiet", "--date-format=raw-permissive", f"--export-marks={marks}"),
            stdin=b"\n".join([*self._lines, b""]),
        )

    def _read_marks(self):
        lines = (self.repository.path / "marks").read_text().splitlines()
        by_mark = dict(line.lstrip(":").split() for line in lines)
        for ref in self.git("for-each-ref", "--format=%(refname)", "refs/made").splitlines():
            self.git("update-ref", "-d", ref)
        return {name: by_mark[str(number)] for name, number in self._marks.items()}

    def _refs(self):
        commits = self.commits
        update = [f"create refs/heads/{name} {commits['root']}" for name in BRANCHES]
        named = {
            "main": "main", "merged": "merged", "octopus": "octopus", "alone": "alone", "none": "no files",
            "crossed/one": "crossed one", "crossed/other": "crossed other", "side": "side",
        }  # fmt: skip
        update += [f"create refs/heads/{branch} {commits[name]}" for branch, name in named.items()]
        update += [
            f"create refs/tags/light {commits['changed']}",
            f"create refs/tags/v10 {commits['changed']}",
        ]
        update += [f"create refs/tags/v9 {commits['changed']}", f"create refs/tags/side {commits['root']}"]
        update += [f"create refs/notes/x {commits['root']}"]
        self.git("update-ref", "--stdin", stdin="\n".join([*update, ""]).encode())
        root = commits["root"]
        self.git("tag", "a-tree", f"{root}^{{tree}}")
        self.git("tag", "a-blob", f"{root}:plain.txt")
        self.git("tag", "-a", "-m", "of a tree", "annotated-tree", f"{root}^{{tree}}")
        self.git("tag", "-a", "-m", "A release\n\nwith text", "v1", root)
        self.git("tag", "-a", "-m", "inner", "inner", root)
        self.git("tag", "-a", "-m", "outer", "outer", "inner")
        self.git("tag", "-a", "-m", "outermost", "outermost", "outer")

    def _past_fast_import(self):
        """Objects that only some tools write."""
        root = self.commits["root"]
        tree = self.git("rev-parse", f"{root}^{{tree}}")
        odd = {
            "no-newline": b"tree %b\nparent %b\nauthor A <a> 1700000000 +0000\ncommitter B <b> 1700000000 +0000\n\nx",
            "signed": b"tree %b\nparent %b\nauthor A <a> 1700000000 +0000\ncommitter B <b> 1700000000 +0000\n"
            b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n parent of nothing\n encoding x\n -----END PGP SIGNATURE-----\n"
            b"\nsigned\n",
        }  # fmt: skip
        for name, text in odd.items():
            made = self.repository.write_object("commit", text % (tree.encode(), root.encode()))
            self.commits[name] = made
            self.git("update-ref", f"refs/heads/odd/{name}", made)
        latin = b"object %b\ntype commit\ntag latin\ntagger caf\xe9 <a@b> 1700000000 +0530\nencoding ISO-8859-1\n\ncaf\xe9"
        self.git("update-ref", "refs/tags/latin", self.repository.write_object("tag", latin % root.encode()))
        bare = b"object %b\ntype commit\ntag old\n\nof the time before taggers\n" % root.encode()
        self.git("update-ref", "refs/tags/old", self.repository.write_object("tag", bare))
        packed = self.repository.path / "packed-refs"
        self.git("pack-refs", "--all")
        lines = packed.read_bytes().splitlines(keepends=True)
        lines.append(b"%b refs/heads/caf\xe9\n" % root.encode())
        head, refs = [line for line in lines if line[:1] == b"#"], []
        for line in lines:
            if line[:1] == b"^":
                refs[-1] += line
            elif line[:1] != b"#":
                refs.append(line)
        packed.write_bytes(
            b"".join([*head, *sorted(refs, key=lambda line: line.split(b" ", 1)[1].split(b"\n")[0])])
        )


def _quoted(byte: int) -> bytes:
    return bytes([byte]) if chr(byte).isalnum() and byte < 128 else b"\\%03o" % byte
