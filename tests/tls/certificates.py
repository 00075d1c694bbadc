"""Good and bad certificates, made by the openssl command in a folder that goes away with the test."""

import subprocess
from pathlib import Path

# What `openssl ca` needs, which alone can write any dates.
CONFIGURATION = """
[ca]
default_ca = suite
[suite]
database = {folder}/index.txt
rand_serial = yes
new_certs_dir = {folder}
unique_subject = no
policy = any
[any]
countryName = optional
organizationName = optional
commonName = supplied
[server]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = {names}
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[req]
distinguished_name = none
prompt = no
[none]
"""

EC = ("EC", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA_2048 = ("RSA", "-pkeyopt", "rsa_keygen_bits:2048")
RSA_1024 = ("RSA", "-pkeyopt", "rsa_keygen_bits:1024")
LONG_AGO, YESTERDAY, FAR_OFF = "20200101000000Z", "20240101000000Z", "20990101000000Z"
ALWAYS = (LONG_AGO, FAR_OFF)
OF_OUR_HOST = "DNS:localhost,IP:127.0.0.1"


class Maker:
    """Each certificate is NAME.pem with NAME.key; a server's file holds those above it too, but for the root."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self._write("index.txt", "")

    def file(self, name):
        return self.folder / f"{name}.pem"

    def key(self, name):
        return self.folder / f"{name}.key"

    def root(self, name, subject, key, names=None, constraints="CA:TRUE"):
        self._key(name, key)
        extensions = ["-addext", f"basicConstraints=critical,{constraints}"]
        if names:
            extensions += ["-addext", f"subjectAltName={names}"]
        self._openssl("req", "-x509", "-new", "-key", self.key(name), "-subj", subject, "-days", "3650", "-sha256", "-config",
                      self._configuration(), *extensions, "-out", self.file(name))

    def lasting_root(self, name, subject, dates):
        """One that is valid at dates of one's own."""
        self._issue(name, None, subject, "authority", key=EC, dates=dates)

    def authority(self, name, issuer, subject, key=RSA_2048, digest="sha256"):
        self._issue(name, issuer, subject, "authority", key=key, digest=digest)

    def server(self, name, issuers, names=OF_OUR_HOST, sends=None, key=EC, dates=ALWAYS, digest="sha256"):
        self._issue(name, issuers[0], f"/O=Suite/CN={name}", "server", key, dates, digest, names)
        with self.file(name).open("a") as chain:
            for above in issuers if sends is None else sends:
                chain.write(self.file(above).read_text())

    def _issue(self, name, issuer, subject, extensions, key, dates=ALWAYS, digest="sha256", names=OF_OUR_HOST):
        self._key(name, key)
        configuration, request = self._configuration(names), self.folder / f"{name}.csr"
        self._openssl("req", "-new", "-key", self.key(name), "-subj", subject, "-sha256", "-config", configuration, "-out", request)
        signer = ["-cert", self.file(issuer), "-keyfile", self.key(issuer)] if issuer else ["-selfsign", "-keyfile", self.key(name)]
        self._openssl("ca", "-batch", "-notext", "-config", configuration, "-extensions", extensions, "-md", digest, *signer,
                      "-startdate", dates[0], "-enddate", dates[1], "-in", request, "-out", self.file(name))

    def _key(self, name, kind):
        self._openssl("genpkey", "-algorithm", *kind, "-out", self.key(name))

    def _configuration(self, names=OF_OUR_HOST):
        return self._write("openssl.cnf", CONFIGURATION.format(folder=self.folder, names=names))

    def _write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {' '.join(map(str, arguments))}:\n{done.stdout}")


class Certificates(Maker):
    """Those of servers.tsv."""

    def __init__(self, folder):
        super().__init__(folder)
        # Trusted where nothing else is said.
        self.root("root", "/O=Suite/CN=Suite Root", RSA_2048)
        self.authority("between", "root", "/O=Suite/CN=Suite Intermediate")
        self.server("good", ["between"])

        self.server("expired", ["between"], dates=(LONG_AGO, YESTERDAY))
        self.server("not-yet-valid", ["between"], dates=("20980101000000Z", FAR_OFF))
        self.server("wrong-host", ["between"], names="DNS:other.example.com")
        self.server("addresses-only", ["between"], names="IP:127.0.0.1")
        self.server("names-only", ["between"], names="DNS:localhost")
        self.root("self-signed-ca", "/CN=localhost", EC, OF_OUR_HOST, "CA:TRUE")
        self.root("self-signed", "/CN=localhost", EC, OF_OUR_HOST, "CA:FALSE")
        self.root("unknown", "/O=Unknown/CN=Unknown Root", EC)
        self.server("unknown-root", ["unknown"])
        self.root("private", "/O=Private/CN=Private Root", EC)
        self.server("of-a-private-ca", ["private"])
        # Named as AWS's are; whose root it is shows in the names alone.
        self.root("public", "/C=US/O=Amazon/CN=Amazon Root CA 1", EC)
        self.authority("amazon-between", "public", "/C=US/O=Amazon/CN=Amazon RSA 2048 M02")
        self.server("of-a-public-ca", ["amazon-between"])
        self.server("weak", ["between"], key=RSA_1024)
        self.authority("weak-between", "root", "/O=Suite/CN=Suite Weak Intermediate", key=RSA_1024)
        self.server("below-weak", ["weak-between"])
        self.server("lacks-between", ["between"], sends=[])
        self.server("sha-1", ["between"], digest="sha1")
        self.authority("sha-1-between", "root", "/O=Suite/CN=Suite SHA-1 Intermediate", digest="sha1")
        self.server("below-sha-1", ["sha-1-between"])
