"""Languages by the names of their files, for ``lang:`` in a search."""

from bitpail.errors import Invalid

# Endings without the dot; a name with a capital letter or a whole file's name stands as it is.
_ENDINGS = {
    "ada": "adb ads",
    "assembly": "asm s",
    "bash": "bash sh",
    "c": "c h",
    "c#": "cs",
    "c++": "cc cpp cxx c++ hpp hh hxx h++ h",
    "clojure": "clj cljs cljc edn",
    "cmake": "cmake",
    "coffeescript": "coffee",
    "css": "css",
    "dart": "dart",
    "elixir": "ex exs",
    "elm": "elm",
    "erlang": "erl hrl",
    "f#": "fs fsi fsx",
    "fortran": "f f90 f95 for",
    "go": "go",
    "gradle": "gradle",
    "graphql": "graphql gql",
    "groovy": "groovy gvy",
    "haskell": "hs lhs",
    "hcl": "hcl tf tfvars",
    "html": "html htm xhtml",
    "ini": "ini cfg",
    "java": "java",
    "javascript": "js mjs cjs jsx",
    "json": "json",
    "julia": "jl",
    "kotlin": "kt kts",
    "less": "less",
    "lisp": "lisp lsp cl el",
    "lua": "lua",
    "makefile": "mk mak",
    "markdown": "md markdown",
    "matlab": "m",
    "nim": "nim",
    "nix": "nix",
    "objective-c": "m mm",
    "ocaml": "ml mli",
    "pascal": "pas pp",
    "perl": "pl pm t",
    "php": "php phtml",
    "powershell": "ps1 psm1 psd1",
    "prolog": "pro",
    "protobuf": "proto",
    "python": "py pyw pyi",
    "r": "r",
    "restructuredtext": "rst",
    "ruby": "rb rake gemspec",
    "rust": "rs",
    "sass": "sass scss",
    "scala": "scala sc sbt",
    "scheme": "scm ss",
    "shell": "sh bash zsh ksh",
    "sql": "sql",
    "swift": "swift",
    "tcl": "tcl",
    "tex": "tex sty cls",
    "text": "txt",
    "toml": "toml",
    "typescript": "ts tsx mts cts",
    "verilog": "v sv",
    "vhdl": "vhd vhdl",
    "visual basic": "vb bas",
    "vue": "vue",
    "xml": "xml xsd xsl xslt",
    "yaml": "yml yaml",
    "zig": "zig",
}
_NAMES = {
    "bash": {".bashrc", ".bash_profile"},
    "cmake": {"cmakelists.txt"},
    "dockerfile": {"dockerfile"},
    "makefile": {"makefile", "gnumakefile"},
    "ruby": {"rakefile", "gemfile"},
}
_OTHER_NAMES = {
    "asm": "assembly",
    "cpp": "c++",
    "csharp": "c#",
    "docker": "dockerfile",
    "fsharp": "f#",
    "golang": "go",
    "js": "javascript",
    "md": "markdown",
    "objc": "objective-c",
    "py": "python",
    "rb": "ruby",
    "rs": "rust",
    "scss": "sass",
    "sh": "shell",
    "terraform": "hcl",
    "ts": "typescript",
    "yml": "yaml",
}


def known(name: str) -> str:
    """A language by one of its names, in either case; raises Invalid."""
    language = _OTHER_NAMES.get(name, name)
    if language not in _ENDINGS and language not in _NAMES:
        raise Invalid(f"no such language: {name[:50]!r} (use ext: for files by their ending)")
    return language


def is_of(language: str, folded_name: str) -> bool:
    """Whether a file is of a language, by its name without directories and in lower case."""
    if folded_name in _NAMES.get(language, ()):
        return True
    _, dot, ending = folded_name.rpartition(".")
    return bool(dot) and ending in _ENDINGS.get(language, "").split()
