"""The data directory's secrets: a CA, a certificate for the server's names, a token. Made once, then kept."""

import secrets
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from mockcloud.kube.auth.certificate_requests import Authority
from mockcloud.kube.auth.service_accounts.signing import SigningKey, new_key
from mockcloud.kube.auth.user import ADMINISTRATOR
from mockcloud.kube.serving.kubeconfig import Proof

if TYPE_CHECKING:
    import trustme

CA_FILE: Final = "ca.pem"
CERTIFICATE_FILE: Final = "server.pem"
CA_KEY_FILE: Final = "ca.key"
NAMES_FILE: Final = "server.names"
TOKEN_FILE: Final = "token"
ADMINISTRATOR_FILE: Final = "administrator.pem"
ADMINISTRATOR_KEY_FILE: Final = "administrator.key"
IDENTITIES_FILE: Final = "identities"
ACCOUNT_KEY_FILE: Final = "service-accounts.key"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What clients need to trust the server and to be let in."""

    ca: bytes
    certificate_file: Path
    token: str
    accounts: SigningKey  # signs tokens of ServiceAccounts
    administrator: Proof
    tokens: Mapping[str, str]  # of each identity, by its user's name

    def tls(self) -> ssl.SSLContext:
        """The server's side of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate_file)
        # Who has a certificate of ours shows it; others show tokens, or nothing.
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=self.ca.decode())
        return context


def load(data_dir: Path, names: Sequence[str], users: Sequence[str] = ()) -> Credentials:
    """The directory's credentials, made where they are missing.

    The server's certificate covers `names`; each of `users` has a token of his own.
    """
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
    if not (data_dir / ADMINISTRATOR_KEY_FILE).exists():
        _make_administrator(data_dir)
    certificate, key = (
        (data_dir / name).read_bytes() for name in (ADMINISTRATOR_FILE, ADMINISTRATOR_KEY_FILE)
    )
    token = token_file.read_text()
    proof = Proof(token, certificate, key)
    return Credentials(ca, data_dir / CERTIFICATE_FILE, token, accounts, proof, _tokens(data_dir, users))


def authority(data_dir: Path) -> Authority:
    """Whose certificates are trusted, with its key: whoever has it is anybody."""
    return Authority((data_dir / CA_FILE).read_bytes(), (data_dir / CA_KEY_FILE).read_bytes())


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


def _make_administrator(data_dir: Path) -> None:
    certificate = _authority(data_dir).issue_cert(
        common_name=ADMINISTRATOR.name, organization_name=ADMINISTRATOR.groups[0]
    )
    write_private(data_dir / ADMINISTRATOR_FILE, certificate.cert_chain_pems[0].bytes())
    write_private(data_dir / ADMINISTRATOR_KEY_FILE, certificate.private_key_pem.bytes())


def _tokens(data_dir: Path, users: Sequence[str]) -> dict[str, str]:
    """Each user's token; they outlive this process, as those who have them may."""
    file = data_dir / IDENTITIES_FILE
    known: dict[str, str] = orjson.loads(file.read_bytes()) if file.exists() else {}
    missing = [user for user in users if user not in known]
    if missing:
        known |= {user: secrets.token_urlsafe(32) for user in missing}
        write_private(file, orjson.dumps(known, option=orjson.OPT_INDENT_2))
    return {user: known[user] for user in users}


def _make_certificate(data_dir: Path, names: Sequence[str]) -> None:
    certificate = _authority(data_dir).issue_cert(*names)
    write_private(data_dir / CERTIFICATE_FILE, certificate.private_key_and_cert_chain_pem.bytes())


def _authority(data_dir: Path) -> "trustme.CA":
    import trustme  # heavy, and needed only where something new is to be signed

    return trustme.CA.from_pem((data_dir / CA_FILE).read_bytes(), (data_dir / CA_KEY_FILE).read_bytes())
