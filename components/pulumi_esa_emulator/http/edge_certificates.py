"""The certificates of the edge: an authority, new at each start, signs one for each host that is asked for."""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_VALID: Final = timedelta(days=3650)
# A clock that is a little behind must accept them too.
_EARLIER: Final = timedelta(days=1)
_MOST_HOSTS: Final = 1000
_PEM: Final = serialization.Encoding.PEM


class CertificateAuthority:
    """Signs certificates. Its own key is in memory only; `pem` is what a client has to trust."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._host_key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("ESA emulator's edge")
        self._certificate = self._signed(
            self._name,
            self._key.public_key(),
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (_key_usage(signs_certificates=True), True),
        )
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self.file = folder / "ca.pem"
        self.file.write_text(self.pem)

    @property
    def pem(self) -> str:
        """The authority's certificate."""
        return self._certificate.public_bytes(_PEM).decode()

    def context(self) -> ssl.SSLContext:
        """What a server needs: it shows the certificate of the host that the client names."""
        context = self._context_of(_LOCAL)
        context.sni_callback = self._choose
        return context

    def _choose(
        self, connection: ssl.SSLObject, host: str | None, _: ssl.SSLContext
    ) -> None:
        if host is None or host in _LOCAL:
            return
        with self._lock:
            if host not in self._contexts:
                if len(self._contexts) >= _MOST_HOSTS:
                    self._contexts.clear()
                self._contexts[host] = self._context_of((host,))
            connection.context = self._contexts[host]

    def _context_of(self, hosts: tuple[str, ...]) -> ssl.SSLContext:
        certificate = self._signed(
            _name(hosts[0][:64]),
            self._host_key.public_key(),
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_key_usage(signs_certificates=False), True),
            (x509.SubjectAlternativeName([_general_name(one) for one in hosts]), False),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        )
        key = self._host_key.private_bytes(
            _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # The module ssl reads a key from a file only.
        with NamedTemporaryFile(dir=self._folder) as file:
            file.write(key + certificate.public_bytes(_PEM))
            file.flush()
            context.load_cert_chain(file.name)
        return context

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *extensions: tuple[x509.ExtensionType, bool],
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        own = self._key.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _EARLIER)
            .not_valid_after(now + _VALID)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(own), False
            )
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self._key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
