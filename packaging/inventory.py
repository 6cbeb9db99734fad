"""Writes what the production gateway is made of: a CycloneDX bill of materials, and the licences of others' code in it.

`packaging/inventory` starts it, with the libraries that it needs. What cargo itself would build is what is written: the
gateway with --no-default-features, for the platform of the image.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib
import uuid

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
PLATFORM = "x86_64-unknown-linux-gnu"
ROOT = "overblik-gateway"
LICENCE_FILES = re.compile(r"^(LICEN[CS]E|COPYING|NOTICE|COPYRIGHT|UNLICENSE)", re.IGNORECASE)


def cargo(*arguments):
    command = ["cargo", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.PIPE, text=True).stdout


def tree(edges):
    """Each crate with those that it depends on, as (name, version), and the root first."""
    selection = ["--package", ROOT, "--no-default-features", "--target", PLATFORM, "--edges", edges]
    above, found = [], {}
    for line in cargo("tree", "--locked", *selection, "--prefix", "depth").splitlines():
        match = re.match(r"(\d+)(\S+) v(\S+)", line)
        if not match:
            continue
        depth, crate = int(match[1]), (match[2], match[3])
        del above[depth:]
        found.setdefault(crate, set())
        if above:
            found[above[-1]].add(crate)
        above.append(crate)
    return found


def inventory():
    metadata = json.loads(cargo("metadata", "--locked", "--format-version", "1"))
    packages = {(package["name"], package["version"]): package for package in metadata["packages"]}
    lock = tomllib.loads((REPOSITORY / "Cargo.lock").read_text())
    checksums = {(package["name"], package["version"]): package.get("checksum") for package in lock["package"]}
    built, linked = tree("normal,build"), tree("normal")
    components = {
        crate: component(packages[crate], checksums.get(crate), ComponentScope.REQUIRED if crate in linked else ComponentScope.EXCLUDED)
        for crate in built
    }
    root = next(crate for crate in built if crate[0] == ROOT)
    bom = Bom(components=[it for crate, it in components.items() if crate != root])
    bom.metadata.component = components[root]
    bom.metadata.component.type = ComponentType.APPLICATION
    bom.metadata.properties.add(Property(name="cargo:features", value="--no-default-features"))
    bom.metadata.properties.add(Property(name="cargo:target", value=PLATFORM))
    for crate, needed in built.items():
        bom.register_dependency(components[crate], [components[other] for other in sorted(needed)])
    # The same lock file makes the same bill.
    bom.serial_number = uuid.UUID(bytes=hashlib.sha256((REPOSITORY / "Cargo.lock").read_bytes()).digest()[:16], version=4)
    moment = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    bom.metadata.timestamp = datetime.datetime.fromtimestamp(moment, tz=datetime.timezone.utc)
    return bom, [packages[crate] for crate in sorted(built)]


def component(package, checksum, scope):
    name, version = package["name"], package["version"]
    is_ours = package["source"] is None
    licence = package["license"]
    return Component(
        type=ComponentType.LIBRARY,
        name=name,
        version=version,
        bom_ref=f"{name}@{version}",
        purl=None if is_ours else PackageURL("cargo", None, name, version),
        licenses=[LicenseFactory().make_from_string(licence.replace("/", " OR "))] if licence else [],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=checksum)] if checksum else [],
        description=(package["description"] or "").strip() or None,
        scope=scope,
    )


def licences(packages):
    """Others' licences: each text once, beneath the names of those that it is of."""
    texts = {}
    silent = []
    for package in packages:
        if package["source"] is None:
            continue
        title = f"{package['name']} {package['version']} ({package['license']})"
        folder = pathlib.Path(package["manifest_path"]).parent
        files = sorted(path for path in folder.iterdir() if path.is_file() and LICENCE_FILES.match(path.name))
        if not files:
            silent.append(title)
        for path in files:
            text = path.read_text(encoding="utf-8", errors="replace").strip()
            texts.setdefault("\n".join(text.split()), (text, []))[1].append(title)
    parts = ["Licences of others' code in the gateway.\n"]
    parts += [f"{'=' * 100}\n" + "\n".join(titles) + f"\n{'-' * 100}\n{text}\n" for text, titles in texts.values()]
    if silent:
        parts.append(f"{'=' * 100}\nWithout a text of their own; the licence is the one in brackets:\n" + "\n".join(silent) + "\n")
    return "\n".join(parts)


def main(out):
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    bom, packages = inventory()
    text = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=1)
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong:
        sys.exit(f"inventory: the bill of materials does not follow CycloneDX 1.6: {wrong}")
    names = {it["name"] for it in json.loads(text)["components"]}
    # What is never in production, and what always is: that the selection selects.
    if "overblik-demo" in names or not {"axum", "rustls", "aws-lc-rs", "overblik-connectors"} <= names:
        sys.exit(f"inventory: this is not the production gateway: {sorted(names)}")
    without = [it["name"] for it in json.loads(text)["components"] if not it.get("licenses")]
    if without:
        sys.exit(f"inventory: no licence is known of {', '.join(without)}")
    (out / "overblik.cdx.json").write_text(text + "\n")
    (out / "licences.txt").write_text(licences(packages))
    print(f"inventory: {len(names)} components, CycloneDX 1.6, valid; {out}/overblik.cdx.json and {out}/licences.txt")


if __name__ == "__main__":
    main(sys.argv[1])
