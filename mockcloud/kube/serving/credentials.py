"""The data directory's secrets: a CA, a certificate for the server's names, a token. Made once, then kept."""

import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mockcloud.kube.auth.service_accounts.signing import SigningKey, new_key

CA_FILE: Final = "ca.pem"
CERTIFICATE_FILE: Final = "server.pem"
CA_KEY_FILE: Final = "ca.key"
NAMES_FILE: Final = "server.names"
TOKEN_FILE: Final = "token"
ACCOUNT_KEY_FILE: Final = "service-accounts.key"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What clients need to trust the server and to be let in."""

    ca: bytes
    certificate_file: Path
    token: str
    accounts: SigningKey  # signs tokens of ServiceAccounts

    def tls(self) -> ssl.SSLContext:
        """The server's side of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate_file)
        return context


def load(data_dir: Path, names: Sequence[str]) -> Credentials:
    """The directory's credentials, made where they are missing; the certificate covers `names`."""
    if not (data_dir / CA_KEY_FILE).exists():
        _make_authority(data_dir)
    listed = "\n".join(sorted(set(names)))
    names_file = data_dir / NAMES_FILE
    if not names_file.exists() or names_file.read_text() != listed:
        _make_certificate(data_dir, sorted(set(names)))
        write_private(names_file, listed.encode())
    token_file = data_dir / TOKEN_FILE
    if not token_file.exists():
        write_private(token_file, secrets.token_urlsafe(32).encode())
    key_file = data_dir / ACCOUNT_KEY_FILE
    if not key_file.exists():
        write_private(key_file, new_key())
    ca = (data_dir / CA_FILE).read_bytes()
    accounts = SigningKey(key_file.read_bytes())
    return Credentials(ca, data_dir / CERTIFICATE_FILE, token_file.read_text(), accounts)


def write_private(path: Path, content: bytes) -> None:
    """Write the file whole or not at all, readable by its owner only."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    fresh.rename(path)


def _make_authority(data_dir: Path) -> None:
    import trustme  # heavy, and needed only once in the life of a data directory

    authority = trustme.CA(organization_name="mockcloud")
    write_private(data_dir / CA_FILE, authority.cert_pem.bytes())
    write_private(data_dir / CA_KEY_FILE, authority.private_key_pem.bytes())


def _make_certificate(data_dir: Path, names: Sequence[str]) -> None:
    import trustme  # heavy, and needed only where the server gets a new name

    authority = trustme.CA.from_pem((data_dir / CA_FILE).read_bytes(), (data_dir / CA_KEY_FILE).read_bytes())
    certificate = authority.issue_cert(*names)
    write_private(data_dir / CERTIFICATE_FILE, certificate.private_key_and_cert_chain_pem.bytes())
