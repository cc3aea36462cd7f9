"""Certificates of the tests' own, made by openssl."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for ``localhost`` and its key, as PEM files."""

    certificate: Path
    key: Path

    @property
    def trusting(self) -> ssl.SSLContext:
        """What a client needs to trust this certificate, by whatever address it connects."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        context.check_hostname = False
        return context


def make_certificate(folder: Path, name: str = "certificate", days: int = 2) -> Certificate:
    made = Certificate(folder / f"{name}.pem", folder / f"{name}-key.pem")
    kind = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days)]
    names = ["-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(made.key), "-out", str(made.certificate)]
    subprocess.run(["openssl", *kind, *names, *files], check=True, capture_output=True)
    return made


def expire(made: Certificate) -> None:
    """Sign a certificate anew, as one that ended yesterday."""
    request = made.certificate.with_suffix(".csr")
    signing = ["openssl", "x509", "-signkey", str(made.key)]
    ask = ["-x509toreq", "-in", str(made.certificate), "-out", str(request)]
    answer = ["-req", "-in", str(request), "-days", "-1", "-out", str(made.certificate)]
    for step in (ask, answer):
        subprocess.run([*signing, *step], check=True, capture_output=True)
