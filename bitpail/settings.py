"""All settings, in one frozen object. The only file that reads the environment.

A value comes from a flag, else a ``BITPAIL_*`` variable, else the TOML file
that ``BITPAIL_CONFIG`` or ``--config`` names, else its default. What is unknown
or malformed is refused by name.
"""

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from bitpail.errors import ConfigurationError

PREFIX = "BITPAIL_"
_CONFIG = "BITPAIL_CONFIG"
_SSH_PUBLIC = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])?(:[0-9]{1,5})?")

Positive = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting with its default; ``_MEANING`` says what each is for.

    Sizes are bytes, times are seconds; 0 as a limit means none where it says so.
    """

    data: str = "bitpail-data"
    database: str = ""
    listen: str = "127.0.0.1:7990"
    ssh_listen: str = "127.0.0.1:7999"
    ssh_public: str = ""
    ssh_connections: Positive = 500
    ssh_sshd: str = "off"
    workers: Positive = 1
    public_url: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    trusted_proxies: tuple[str, ...] = ()
    graceful_stop: NotNegative = 30
    log_level: str = "info"
    git_request_limit: Positive = 64 * 1024 * 1024
    push_limit: NotNegative = 0
    push_guard: str = "on"
    free_guesses: NotNegative = 10
    year: str = "tolerant"
    git_timeout: Positive = 3600
    idle_timeout: Positive = 300
    git_pack_threads: NotNegative = 0
    git_processes: Positive = 64
    git_processes_per_user: Positive = 16
    git_processes_per_repository: Positive = 32
    git_queue: NotNegative = 1000
    git_queue_wait: Positive = 60
    private_issuers: tuple[str, ...] = ()
    metrics_networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    lfs_object_limit: NotNegative = 0
    downloads_limit: NotNegative = 10 * 1024 * 1024 * 1024
    clone_cache_size: NotNegative = 2 * 1024 * 1024 * 1024
    import_networks: tuple[str, ...] = ()
    import_limit: NotNegative = 4 * 1024 * 1024 * 1024
    import_timeout: Positive = 2 * 3600
    upkeep: str = "on"
    search: str = "on"
    search_file_limit: Positive = 512 * 1024
    api_body_limit: Positive = 1024 * 1024
    sqlite_synchronous: str = "FULL"
    postgresql_pool: Positive = 8
    last_use_interval: Positive = 5
    session_idle: Positive = 7 * 24 * 3600
    session_lifetime: Positive = 30 * 24 * 3600
    smtp_host: str = ""
    smtp_port: NotNegative = 0
    smtp_security: str = "starttls"
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_password_file: str = ""
    mail_from: str = ""

    @property
    def data_path(self) -> Path:
        """The data directory, absolute."""
        return Path(self.data).absolute()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of ``listen``."""
        return _host_and_port(self.listen)

    @property
    def ssh_address(self) -> tuple[str, int] | None:
        """Host and port of ``ssh_listen``; None if there is no SSH."""
        return _host_and_port(self.ssh_listen) if self.ssh_listen else None

    def ssh_authority(self, host: str) -> str:
        """HOST or HOST:PORT of SSH for who reached us as ``host``; empty if there is no SSH."""
        if self.ssh_public:
            return self.ssh_public.removesuffix(":22")
        if self.ssh_address is None:
            return ""
        port = self.ssh_address[1]
        return host if port == 22 else f"{host}:{port}"


def load(flags: Mapping[str, Any] | None = None, config: str | None = None) -> Settings:
    """The settings in force.

    Raises ConfigurationError, naming the key and where it stands, for an unknown
    key, a wrong type or a value out of range. ``flags`` that are None are unset.
    """
    file = config or os.environ.get(_CONFIG)
    values: dict[str, Any] = dict(_from_file(file)) if file else {}
    values |= _from_environment(os.environ)
    values |= {key: value for key, value in (flags or {}).items() if value is not None}
    try:
        settings = msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"settings: {error}") from None
    _check(settings)
    return settings


def masked(settings: Settings) -> dict[str, Any]:
    """The settings for people to see: no secret in them."""
    shown = msgspec.to_builtins(settings)
    shown["database"] = mask_url(settings.database)
    shown["smtp_password"] = "***" if settings.smtp_password else ""
    return dict(shown)


def as_environment(settings: Settings) -> dict[str, str]:
    """The variables that give another process these settings."""
    variables = {}
    for key in Settings.__struct_fields__:
        value = getattr(settings, key)
        if value != getattr(_DEFAULTS, key):
            variables[PREFIX + key.upper()] = ",".join(value) if isinstance(value, tuple) else str(value)
    return variables


def mask_url(url: str) -> str:
    """The URL without its password.

    Everything up to the last ``@`` counts as one: a password with a ``/`` that should have
    been percent-encoded must not be shown either.
    """
    shown = re.sub(r"(://[^:/?#@]*):.*@", r"\1:***@", url, flags=re.DOTALL)
    return re.sub(r"([?&](?:ssl)?password=)[^&]*", r"\1***", shown)


def _from_file(file: str) -> dict[str, Any]:
    try:
        with Path(file).open("rb") as stream:
            values = tomllib.load(stream)
    except OSError as error:
        raise ConfigurationError(f"settings file {file!r}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"settings file {file!r}: {error}") from None
    for key in values:
        if key not in Settings.__struct_fields__:
            raise ConfigurationError(f"settings file {file!r}: unknown key {key!r}{_similar(key)}")
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in environment.items():
        if name.startswith(PREFIX) and name != _CONFIG:
            key = name.removeprefix(PREFIX).lower()
            if key not in Settings.__struct_fields__:
                raise ConfigurationError(f"environment: unknown variable {name}{_similar(key)}")
            values[key] = _from_text(name, key, text)
    return values


def _from_text(name: str, key: str, text: str) -> Any:
    default = getattr(_DEFAULTS, key)
    if isinstance(default, int):
        try:
            return int(text)
        except ValueError:
            raise ConfigurationError(f"environment: {name} must be a whole number, not {text!r}") from None
    if isinstance(default, tuple):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _similar(key: str) -> str:
    near = [known for known in Settings.__struct_fields__ if key in known or known in key]
    return f" (did you mean {', '.join(near)}?)" if near else ""


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _check_address(key: str, given: str) -> None:
    try:
        host, port = _host_and_port(given)
        if not host or not 0 <= port <= 65535:
            raise ValueError
    except ValueError:
        raise ConfigurationError(f"settings: {key} must be HOST:PORT, not {given!r}") from None


def _check_networks(key: str, given: tuple[str, ...]) -> None:
    for network in given:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise ConfigurationError(f"settings: {key}: not a network: {network!r}") from None


def _check_ssh(settings: Settings) -> None:
    if settings.ssh_listen:
        _check_address("ssh_listen", settings.ssh_listen)
    if not _SSH_PUBLIC.fullmatch(settings.ssh_public):
        raise ConfigurationError(
            f"settings: ssh_public must be HOST or HOST:PORT, not {settings.ssh_public!r}"
        )


def _check(settings: Settings) -> None:
    _check_address("listen", settings.listen)
    _check_ssh(settings)
    for key in ("trusted_proxies", "metrics_networks", "import_networks"):
        _check_networks(key, getattr(settings, key))
    for key, allowed in _CHOICES.items():
        if getattr(settings, key) not in allowed:
            raise ConfigurationError(f"settings: {key} must be one of {', '.join(allowed)}")
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        raise ConfigurationError("settings: tls_certificate and tls_key go together")
    if settings.database and _scheme(settings.database) not in {"postgresql", "postgres"}:
        raise ConfigurationError("settings: database must be a postgresql:// URL, or empty for SQLite")
    if any(_scheme(issuer) not in {"http", "https"} for issuer in settings.private_issuers):
        raise ConfigurationError("settings: private_issuers must start with http:// or https://")
    if settings.public_url and _scheme(settings.public_url) not in {"http", "https"}:
        raise ConfigurationError("settings: public_url must start with http:// or https://")
    _check_mail(settings)


def _check_mail(settings: Settings) -> None:
    if not settings.smtp_host:
        return
    # Whoever asks for a page chooses the host of the request: no link in a mail may come from that.
    if not settings.public_url:
        raise ConfigurationError("settings: smtp_host needs public_url, which the links in mails lead to")
    if not re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", settings.mail_from):
        raise ConfigurationError("settings: smtp_host needs mail_from: an e-mail address, in ASCII")
    if settings.smtp_port > 65535:
        raise ConfigurationError("settings: smtp_port must be 0 to 65535")
    if settings.smtp_user and settings.smtp_security == "none":
        raise ConfigurationError(
            "settings: smtp_user needs smtp_security starttls or tls: a password must not travel readable"
        )
    if settings.smtp_password and settings.smtp_password_file:
        raise ConfigurationError("settings: give smtp_password or smtp_password_file, not both")
    if bool(settings.smtp_user) != bool(settings.smtp_password or settings.smtp_password_file):
        raise ConfigurationError("settings: smtp_user goes together with smtp_password or smtp_password_file")


def _scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme
    except ValueError:  # brackets that are no address
        return ""


_DEFAULTS = Settings()
_CHOICES = {
    "log_level": ("debug", "info", "warning", "error"),
    "push_guard": ("on", "off"),
    "ssh_sshd": ("on", "off"),
    "year": ("tolerant", "strict-2022", "strict-2026"),
    "smtp_security": ("none", "starttls", "tls"),
    "sqlite_synchronous": ("FULL", "NORMAL"),
    "search": ("on", "off"),
    "upkeep": ("on", "off"),
}
_MEANING = {
    "data": "Directory that holds the database, the keys and the repositories.",
    "database": "postgresql://... ; empty: SQLite in the data directory.",
    "listen": "HOST:PORT to serve on; port 0 takes a free one.",
    "ssh_listen": "HOST:PORT for git over SSH; port 0 takes a free one; empty: no SSH.",
    "ssh_public": "The HOST or HOST:PORT of clone addresses; empty: the host of the request, the port of ssh_listen.",
    "ssh_connections": "Most SSH connections at once.",
    "ssh_sshd": "on: an sshd of this machine may let people in too, by its AuthorizedKeysCommand; see docs/ssh.md.",
    "workers": "Worker processes.",
    "public_url": "The address people use, if it isn't the one requests come in by: https://git.example.org",
    "tls_certificate": "PEM file; with tls_key the server speaks HTTPS itself.",
    "tls_key": "PEM file.",
    "trusted_proxies": "Networks (CIDR) whose X-Forwarded-For, -Proto and -Host are believed.",
    "graceful_stop": "How long running requests may go on after a stop was asked for.",
    "log_level": "debug, info, warning or error.",
    "git_request_limit": "Largest body of a fetch request, unpacked; and the most that names of refs in a push may take.",
    "push_limit": "Largest pack of one push; 0: no limit.",
    "free_guesses": "Different wrong secrets from one address before it has to wait, longer and longer.",
    "year": "Whose rules credentials keep until administrators decide: tolerant, strict-2022 or strict-2026; see docs/credentials.md.",
    "push_guard": "on: a push that holds a live secret of this server is refused; off: it isn't looked for.",
    "git_timeout": "Longest run of one git process for one request.",
    "idle_timeout": "Longest wait for a client that neither sends nor reads.",
    "lfs_object_limit": "Largest object of Git LFS; 0: no limit.",
    "downloads_limit": "Largest size of all downloads of one repository together; 0: no limit.",
    "git_pack_threads": "Threads of one pack computation; 0: as many as there are cores.",
    "git_processes": "Most gits that serve fetches and pushes at once, for each worker; clones from the cache need none.",
    "git_processes_per_user": "Most of them for one user.",
    "git_processes_per_repository": "Most of them for one repository.",
    "git_queue": "Most requests that wait for one of them; users take turns.",
    "git_queue_wait": "Longest wait for one; then the client is told to come back.",
    "metrics_networks": "Networks (CIDR) that may read /metrics; empty: nobody.",
    "private_issuers": "Issuers of ID tokens that may lie in a network of our own and speak plain HTTP; whole addresses.",
    "clone_cache_size": "Largest size of all answers to clones that are kept in the data directory; 0: none are.",
    "import_networks": "Networks (CIDR) from which the pages import although they are not public, and where a password may go over plain HTTP.",
    "import_limit": "Largest repository that the pages import; 0: no limit.",
    "import_timeout": "Longest time that the pages let one import take.",
    "upkeep": "on: repositories are repacked in the background; off: only by 'bitpail repo maintain'.",
    "search": "on: main branches are indexed for code search, below cache/search of the data directory; off: no search.",
    "search_file_limit": "Largest file whose content can be searched, in bytes; the paths of larger ones can.",
    "api_body_limit": "Largest body of a REST request.",
    "sqlite_synchronous": "FULL survives a power cut; NORMAL is faster and may lose the last commits.",
    "postgresql_pool": "Connections to PostgreSQL per worker.",
    "last_use_interval": "How often last uses of app passwords are written down.",
    "session_idle": "A browser is logged out after so long without a request.",
    "session_lifetime": "A browser is logged out after so long in any case.",
    "smtp_host": "The server that takes our mail; empty: none is sent. Needs public_url and mail_from.",
    "smtp_port": "Its port; 0: 587 for starttls, 465 for tls, 25 for none.",
    "smtp_security": "starttls, tls (from the first byte) or none. Without a valid certificate nothing is sent.",
    "smtp_user": "The name to log in there with; empty: no log-in.",
    "smtp_password": "The password for it.",
    "smtp_password_file": "Or the file whose first line it is, read for each mail.",
    "mail_from": "The address that our mails come from.",
}


def document() -> str:
    """The page ``docs/settings.md``."""
    rows = [
        f"| `{key}` | `{PREFIX}{key.upper()}` | `{msgspec.json.encode(getattr(_DEFAULTS, key)).decode()}` | {meaning} |"
        for key, meaning in _MEANING.items()
    ]
    return "\n".join([_PAGE_HEAD, *rows, ""])


_PAGE_HEAD = """# Settings

A value comes from a flag of the command line, else from the environment, else from the TOML file that `--config` or
`BITPAIL_CONFIG` names, else it is the default. What is unknown or malformed is refused by name. `bitpail config` prints
what is in force, with secrets masked. In the environment, lists are separated by commas.

| key | variable | default | |
| --- | --- | --- | --- |"""
