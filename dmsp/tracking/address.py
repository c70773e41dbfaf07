"""Where MLflow keeps its runs: the address, and the command that shows what is there."""

import contextlib
import importlib.util
import os
import pathlib
import shlex
import shutil
import sys
from urllib.parse import unquote, urlsplit, urlunsplit

from dmsp.errors import UserError
from dmsp.tracking.records import redact

SQLITE = "sqlite:///"
POSTGRESQL = "postgresql://"
SERVERS = ("http://", "https://")
PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
MEND = "give sqlite:///path/to/mlflow.db, http://host:port or postgresql://host/database"


class Address:
    """The address of an MLflow tracking store.

    Args:
        uri: ``http(s)://…``, ``sqlite:///…`` or another database; ``None`` for
            ``mlflow.db`` in ``outputs``.
        outputs: folder of the default database and of a database's artifacts.

    Attributes:
        uri: absolute, without credentials where it is a server's.
        display: the address as it may be shown.
        given: the same, but ``None`` for the default one, which moves with ``outputs``.
        credentials: environment variables that give them to MLflow.
        path: file of an SQLite database, else ``None``.
        artifacts: folder of the artifacts where no server decides.

    Raises:
        UserError: it is neither a server's address nor a database's.
    """

    def __init__(self, uri=None, outputs="outputs"):
        folder = pathlib.Path(str(outputs)).expanduser().absolute()
        default = uri is None
        uri = SQLITE + str(folder / "mlflow.db") if default else str(uri)
        _check(uri)
        self.path = None
        self.credentials = {}
        if uri.startswith(SQLITE):
            self.path = pathlib.Path(uri[len(SQLITE) :]).absolute()
            folder = self.path.parent
            uri = SQLITE + str(self.path)
        elif uri.startswith(SERVERS):
            uri, self.credentials = _take_credentials(uri)
        elif uri.startswith(POSTGRESQL) and importlib.util.find_spec("psycopg2") is not None:
            # Which of its drivers a bare address means differs between versions of SQLAlchemy.
            uri = uri.replace(POSTGRESQL, "postgresql+psycopg2://", 1)
        self.uri = uri
        self.display = redact(uri)
        self.given = None if default else self.display
        self.artifacts = folder / "mlartifacts"

    @property
    def is_server(self):
        """Whether runs go over HTTP; the server then decides where artifacts lie."""
        return self.uri.startswith(SERVERS)

    @property
    def lacks_password(self):
        """Whether the address that is kept is not enough to reach the store again."""
        return not self.is_server and self.display != self.uri

    @property
    def endpoint(self):
        """Host and port to be reached, ``None`` where they are not known."""
        parts = urlsplit(self.uri)
        with contextlib.suppress(ValueError):  # of a port that is no number
            port = parts.port or PORTS.get(parts.scheme.split("+")[0])
            return (parts.hostname, port) if parts.hostname and port else None

    @property
    def ui_command(self):
        """The command that shows the runs, for a server its address."""
        if self.is_server:
            return self.display
        return "{} ui --backend-store-uri {}".format(_program(), shlex.quote(self.display))


def _check(uri):
    """Refuse what is no address, and SQLite's databases in memory, which end with the process."""
    with contextlib.suppress(ValueError):  # of brackets, or of a port that is no number
        parts = urlsplit(uri)
        file = uri[len(SQLITE) :] if uri.startswith(SQLITE) else ""
        if parts.scheme == "sqlite" and file not in ("", ":memory:") and not file.endswith("/"):
            return
        kind = parts.scheme.split("+")[0]
        local = kind not in ("http", "https")  # a database may be reached without a host
        if kind in PORTS and (parts.hostname or local) and parts.port != 0:
            return
    raise UserError("tracking.uri={}: no address of a store; {}".format(redact(uri), MEND))


def _take_credentials(uri):
    """Split a server's address into the bare one and MLflow's variables for the credentials."""
    parts = urlsplit(uri)
    account, _, host = parts.netloc.rpartition("@")
    user, _, password = account.partition(":")
    bare = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
    if not account:
        return bare, {}
    return bare, {
        "MLFLOW_TRACKING_USERNAME": unquote(user),
        "MLFLOW_TRACKING_PASSWORD": unquote(password),
    }


def _program():
    """Return ``mlflow`` as it must be typed: with its folder where that is not on the PATH."""
    beside = pathlib.Path(sys.executable).absolute().parent / "mlflow"
    found = shutil.which("mlflow")
    if not beside.exists() or (found and os.path.realpath(found) == os.path.realpath(str(beside))):
        return "mlflow"
    with contextlib.suppress(ValueError):
        return shlex.quote(str(beside.relative_to(pathlib.Path.cwd())))
    return shlex.quote(str(beside))
