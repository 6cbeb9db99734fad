"""A pod's files as kubelet lays them out: each volume a folder whose entries are links into a dated one."""

import base64
import functools
import json
import pathlib
import subprocess
import tempfile

import policy
from rendering import REPOSITORY, of_kind

FOLDERS = ("/etc/overblik", "/run/secrets/overblik", "/var/lib/overblik")


NEW_KEY = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]


@functools.cache
def pair():
    """A certificate and its key, as cert-manager keeps them."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = (pathlib.Path(folder, name) for name in ("key", "certificate"))
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN=overblik.example -days 60".split()
        subprocess.run([*command, "-keyout", key, "-out", certificate], capture_output=True, check=True)
        return {"tls.key": key.read_text(), "tls.crt": certificate.read_text()}


def secret(name):
    """What a Secret's entry might hold, by its name."""
    if name in ("tls.key", "tls.crt"):
        return pair()[name]
    random = subprocess.run(["openssl", "rand", "-base64", "32"], capture_output=True, text=True, check=True).stdout.strip()
    if name.endswith("-keys"):
        return f"2026-11 {random}\n"
    if name.endswith(".pem") and "key" in name:
        return subprocess.run(NEW_KEY, capture_output=True, text=True, check=True).stdout
    if name.endswith(".pem"):
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj /CN=redis -days 2 -keyout /dev/null".split()
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if name.endswith(".jwks"):
        return public_keys(pathlib.Path(name).stem)
    return random


def public_keys(name):
    """The public half of a new pair whose other half is thrown away, as a key set."""
    pair = subprocess.run(NEW_KEY, capture_output=True, check=True).stdout
    half = ["openssl", "pkey", "-pubout", "-outform", "DER"]
    # The point is what the encoding ends with: x, then y, 32 bytes each.
    point = subprocess.run(half, input=pair, capture_output=True, check=True).stdout[-64:]
    x, y = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (point[:32], point[32:]))
    return json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": name, "x": x, "y": y}]})


class Deployed:
    """A gateway's files of one rendering, beneath a folder in place of the root."""

    def __init__(self, documents, root):
        self.documents, self.root = documents, pathlib.Path(root)
        (deployment,) = of_kind(documents, "Deployment")
        spec = deployment["spec"]["template"]["spec"]
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        for mount in spec["containers"][0]["volumeMounts"]:
            self.mount(self.place(mount["mountPath"]), volumes[mount["name"]])
        self.arguments = spec["initContainers"][0]["args"]

    def place(self, path):
        return self.root / path.removeprefix("/")

    def mount(self, at, volume):
        at.mkdir(parents=True, exist_ok=True)
        sources = volume.get("projected", {}).get("sources", [])
        if "configMap" in volume:
            sources = [{"configMap": volume["configMap"]}]
        files = {}
        for source in sources:
            if "configMap" in source:
                files |= self.config_map(**{"items": None, **source["configMap"]})
            if "secret" in source:
                files |= {name: secret(name) for name in self.named_secrets()}
        if not files:
            return
        dated = at / "..2026_11_26_12_00_00.1"
        for path, text in files.items():
            file = dated / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (at / "..data").symlink_to(dated.name)
        for top in {pathlib.PurePath(path).parts[0] for path in files}:
            (at / top).symlink_to(f"..data/{top}")

    def config_map(self, name, items, **_):
        found = [it["data"] for it in of_kind(self.documents, "ConfigMap") if it["metadata"]["name"] == name]
        # One that is there already: this repository's contract.
        data = found[0] if found else {item["key"]: (REPOSITORY / "contracts/authorities" / item["path"]).read_text() for item in items}
        files = {item["path"]: data[item["key"]] for item in items} if items else dict(data)
        return {path: self.here(text) for path, text in files.items()}

    def here(self, text):
        for folder in FOLDERS:
            text = text.replace(folder, str(self.place(folder)))
        return text

    def named_secrets(self):
        """The files that the configuration names beneath the secrets' folder."""

        def look(value):
            if isinstance(value, dict):
                for inner in value.values():
                    yield from look(inner)
            elif isinstance(value, str) and value.startswith("/run/secrets/overblik/"):
                yield value.removeprefix("/run/secrets/overblik/")

        return sorted(set(look(policy.configuration(self.documents))))

    def run(self, gateway, environment):
        arguments = [self.here(argument) for argument in self.arguments]
        return subprocess.run([gateway, *arguments], capture_output=True, text=True, check=False, env=environment, timeout=120)
