"""What the chart renders is what the gateway takes: the init container's very command, on a pod's very files."""

import contextlib
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import unittest

import yaml

from deployed import Deployed
from rendering import CHART, EXAMPLES, HELM_FOLDER, REPOSITORY, helm, rendered

GATEWAY = pathlib.Path(os.environ.get("OVERBLIK_BINARY", REPOSITORY / "target/debug/overblik"))


@contextlib.contextmanager
def registry_redis():
    """A Redis as docs/registry-redis.md wants it, for the examples whose contracts come from there."""
    with socket.socket() as probe, tempfile.TemporaryDirectory() as folder:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        settings = ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"]
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, *settings]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.05)
            yield port
        finally:
            server.terminate()
            server.wait()


class Gateway(unittest.TestCase):
    def setUp(self):
        self.assertTrue(GATEWAY.exists(), f"{GATEWAY} is missing; build it first: cargo build --locked")

    def check(self, documents, environment=None):
        with tempfile.TemporaryDirectory() as root:
            return Deployed(documents, root).run(GATEWAY, {"PATH": os.environ["PATH"], **(environment or {})})

    def test_every_example_s_configuration_is_good(self):
        with registry_redis() as port:
            registry = {
                "OVERBLIK__REGISTRY__REDIS__NODES": f"[redis://127.0.0.1:{port}]",
                "OVERBLIK__REGISTRY__REDIS__PASSWORD_FILE": "null",
                "OVERBLIK__REGISTRY__REDIS__TLS__CA_FILE": "null",
            }
            for values in EXAMPLES:
                with self.subTest(values=values.name):
                    documents = rendered(values)
                    result = self.check(documents, registry if values.stem == "registry" else {})
                    self.assertEqual(result.returncode, 0, result.stderr)
                    self.assertIn(": good;", result.stdout)

    def test_what_the_gateway_would_refuse_stops_the_init_container(self):
        for changes, words in (
            ({"config": {"session": {"idle": 1}}}, "idle"),
            ({"config": {"session": {"idle_s": 0}}}, "session.idle_s"),
            ({"config": {"sources": {"other": {"api_key_file": "/run/secrets/overblik/other"}}}}, "other"),
        ):
            with self.subTest(words=words), tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                yaml.safe_dump(changes, file)
                file.flush()
                result = helm("4", "template", "x", CHART, "--values", CHART / "examples/small.yaml", "--values", file.name)
                documents = [document for document in yaml.safe_load_all(result.stdout) if document]
                result = self.check(documents)
                self.assertEqual(result.returncode, 78, result.stdout)
                self.assertIn(words, result.stderr)

    def test_contracts_of_the_repository_become_values(self):
        """All of them fit, each in a ConfigMap, and the gateway reads what came of them."""
        command = [HELM_FOLDER / "contracts-as-values", REPOSITORY / "contracts/authorities"]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            subprocess.run(command, stdout=file, check=True)
            result = helm("3", "template", "x", CHART, "--values", CHART / "examples/small.yaml", "--values", file.name)
        self.assertEqual(result.returncode, 0, result.stderr)
        documents = [document for document in yaml.safe_load_all(result.stdout) if document]
        folders = list((REPOSITORY / "contracts/authorities").glob("*/*/connector.yaml"))
        contracts = [it for it in documents if it["kind"] == "ConfigMap" and "connector.yaml" in it["data"]]
        self.assertEqual(len(contracts), len(folders) + 1)
        # No secrets are set for them here: that is all the gateway has to say.
        told = self.check(documents).stderr
        for folder in folders:
            self.assertIn(yaml.safe_load(folder.read_text())["metadata"]["name"], told)
        self.assertNotIn("holds no", told)


if __name__ == "__main__":
    unittest.main()
