"""Mistakes in values, and what is told about each."""

import unittest

from rendering import CHART, MAJORS, refused

SMALL, REDIS, REGISTRY, ELSEWHERE, TLS = (
    CHART / "examples" / f"{name}.yaml" for name in ("small", "redis", "registry", "elsewhere", "tls")
)

# Values laid over an example, and what each major must say: what is wrong, and where. One text is for both.
SHAPES = [
    (SMALL, {"replicaCount": "three"}, ("replicaCount: Invalid type. Expected: integer, given: string", "at '/replicaCount': got string, want integer")),
    (SMALL, {"replicaCount": 0}, ("replicaCount: Must be greater than or equal to 1", "at '/replicaCount': minimum: got 0, want 1")),
    (SMALL, {"replicas": 2}, ("Additional property replicas is not allowed", "additional properties 'replicas' not allowed")),
    (SMALL, {"image": {"tag": "latest"}}, ("image.tag", "at '/image/tag'")),
    (SMALL, {"image": {"digest": "sha256:abc"}}, ("image.digest: Does not match pattern", "at '/image/digest'")),
    (SMALL, {"image": {"pullPolicy": "Sometimes"}}, ("image.pullPolicy must be one of", "at '/image/pullPolicy': value must be one of")),
    (SMALL, {"resources": {"limits": {"memory": None}}}, ("resources.limits: memory is required", "at '/resources/limits': missing property 'memory'")),
    (SMALL, {"secrets": {"names": "overblik"}}, ("secrets.names: Invalid type. Expected: array, given: string", "at '/secrets/names': got string, want array")),
    (SMALL, {"contracts": {"sources": {"parking": {}}}}, ("contracts.sources", "'parking' does not match pattern")),
    (SMALL, {"contracts": {"sources": {"../../etc": {}}}}, ("contracts.sources", "'../../etc' does not match pattern")),
    (SMALL, {"networkPolicy": {"to": {"sources": {"to": []}}}}, ("networkPolicy.to.sources.to: Array must have at least 1 items", "at '/networkPolicy/to/sources/to': minItems: got 0, want 1")),
    (SMALL, {"networkPolicy": {"from": {"public": [{}]}}}, ("networkPolicy.from.public.0: Must have at least 1 properties", "at '/networkPolicy/from/public/0'")),
    (SMALL, {"config": {"server": "https://overblik.example"}}, ("config.server: Invalid type. Expected: [object,null], given: string", "at '/config/server': got string, want")),
    (SMALL, {"preStopSeconds": -1}, ("preStopSeconds: Must be greater than or equal to 1", "at '/preStopSeconds'")),
]

# What a schema cannot say: the same words by both.
MEANINGS = [
    (SMALL, {"replicaCount": 2}, "config.session.store: must be redis for more than one replica"),
    (SMALL, {"autoscaling": {"enabled": True}}, "config.session.store: must be redis for more than one replica"),
    (SMALL, {"config": {"server": None}}, "config.server.public_url: is missing"),
    (SMALL, {"config": {"login": None}}, "config.login: is missing"),
    (SMALL, {"config": {"server": {"listen": "127.0.0.1:8080"}}}, "config.server.listen: is set by the chart; leave it out"),
    (SMALL, {"config": {"operations": {"listen": None}}}, "config.operations.listen: is set by the chart"),
    (SMALL, {"config": {"operations": {"listen": "127.0.0.1:9090"}}}, "config.operations.listen: is set by the chart"),
    (SMALL, {"config": {"contracts": {"directory": "/c"}}}, "config.contracts.directory: is set by the chart"),
    (SMALL, {"config": {"registry": {"store": "files"}}}, "config.registry.store: must be redis"),
    (SMALL, {"config": {"statistics": {"directory": "/srv/statistics"}}}, "config.statistics.store: must be redis"),
    (SMALL, {"config": {"audit": {"sink": "file"}}}, "config.audit.sink: must be redis or stdout"),
    (SMALL, {"config": {"registry": {"store": "redis"}}}, "contracts: are set, and config.registry too"),
    (SMALL, {"config": {"admin": {"public_url": "https://admin.example"}}}, "config.admin: is the way to a registry"),
    (SMALL, {"contracts": {"sources": None}}, "contracts: none is set, and no config.registry"),
    (SMALL, {"contracts": {"sources": {"skovby/other": {"readme.txt": "x"}}}}, "contracts.sources.skovby/other: has no connector.yaml"),
    (SMALL, {"contracts": {"sources": {"skovby/parking": {"schemas/big.json": "x" * 950_000}}}}, "a ConfigMap holds 900000"),
    (SMALL, {"config": {"login": {"client_secret": "hush-hush-0123456789"}}}, "config.login.client_secret: a secret in the configuration would lie in a ConfigMap"),
    (REDIS, {"config": {"session": {"redis": {"password": "hush-hush-0123456789"}}}}, "set config.session.redis.password_file: /run/secrets/overblik/<entry>"),
    (REDIS, {"config": {"sources": {"library": {"api_key": "hush-hush-0123456789"}}}}, "config.sources.library.api_key: a secret"),
    (REDIS, {"ingress": {"tlsSecret": ""}}, "ingress.tlsSecret: is missing"),
    (TLS, {"ingress": {"className": "traefik"}}, "ingress.speaksTls: is false, and config.server.tls is set"),
    (TLS, {"config": {"operations": {"tls": {"client_roots_file": "/run/secrets/overblik/ca.crt"}}}}, "the kubelet has no certificate to show"),
    (TLS, {"serviceMonitor": {"tlsConfig": None}}, "serviceMonitor.tlsConfig: is missing"),
    (TLS, {"test": {"trustedRootsFile": ""}}, "test.trustedRootsFile: is missing"),
    (TLS, {"test": {"trustedRootsFile": "/etc/ssl/ca.crt"}}, "test.trustedRootsFile: is missing"),
    (REDIS, {"networkPolicy": {"from": {"public": []}}}, "networkPolicy.from.public: names nobody"),
    (REDIS, {"networkPolicy": {"from": {"operations": []}}}, "networkPolicy.from.operations: names nobody"),
    (REDIS, {"networkPolicy": {"to": {"redis": None}}}, "networkPolicy.to.redis: is missing"),
    (REDIS, {"networkPolicy": {"to": {"provider": None}}}, "networkPolicy.to.provider: is missing"),
    (REGISTRY, {"networkPolicy": {"from": {"admin": []}}}, "networkPolicy.from.admin: names nobody"),
    (REGISTRY, {"autoscaling": {"minReplicas": 50}}, "autoscaling.minReplicas: is more than autoscaling.maxReplicas"),
    (ELSEWHERE, {"networkPolicy": {"enforcedElsewhere": False}}, "whoever reaches the operations listener may switch sources off"),
]


class Values(unittest.TestCase):
    def test_what_has_the_wrong_shape_is_told_with_its_place(self):
        for values, changes, told in SHAPES:
            for major, words in zip(MAJORS, told, strict=True):
                with self.subTest(major=major, changes=str(changes)[:120]):
                    is_refused, message = refused(major, values, changes)
                    self.assertTrue(is_refused)
                    self.assertIn(words, message)

    def test_r75_what_contradicts_itself_or_shows_a_secret_is_told_with_what_to_do(self):
        for values, changes, words in MEANINGS:
            for major in MAJORS:
                with self.subTest(major=major, changes=str(changes)[:120]):
                    is_refused, message = refused(major, values, changes)
                    self.assertTrue(is_refused)
                    self.assertIn(words, message)
                    self.assertNotIn("hush-hush", message)
                    self.assertNotIn("nil pointer", message)

    def test_all_contradictions_are_told_at_once(self):
        changes = {"replicaCount": 3, "ingress": {"enabled": True}, "networkPolicy": {"from": {"public": []}}}
        _, message = refused("4", SMALL, changes)
        for words in ("config.session.store", "ingress.tlsSecret", "networkPolicy.from.public"):
            self.assertIn(words, message)


if __name__ == "__main__":
    unittest.main()
