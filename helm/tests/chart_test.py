"""What the chart renders: by both majors of Helm, before Kubernetes' schemas, our rules, and what was rendered before."""

import copy
import difflib
import os
import pathlib
import shutil
import tempfile
import unittest

import kubernetes_validate
import yaml

import policy
from rendering import CHART, EXAMPLES, HELM_FOLDER, MAJORS, REPOSITORY, helm, of_kind, pods, rendered, rendered_text

# The oldest that the chart says it works with, and the newest whose schemas there are.
KUBERNETES = ("1.30", "1.37")
# Resources of Prometheus' operator, whose schemas are its own.
FOREIGN = {"ServiceMonitor", "PrometheusRule"}
MADE_UP_RULES = """\
groups:
  - name: overblik
    rules:
      - alert: Away
        expr: up == 0
        annotations: { summary: "{{ $labels.instance }} is away", description: "{{ $value | printf \\"%.0f\\" }}" }
"""
GOLDEN = HELM_FOLDER / "tests" / "golden"


class Chart(unittest.TestCase):
    def test_there_are_six_examples(self):
        self.assertEqual(len(EXAMPLES), 6)

    def test_lint_finds_nothing(self):
        for major in MAJORS:
            for values in EXAMPLES:
                with self.subTest(major=major, values=values.name):
                    result = helm(major, "lint", "--strict", CHART, "--values", values)
                    self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_both_majors_render_the_same_as_before(self):
        for values in EXAMPLES:
            golden = GOLDEN / values.name
            if os.environ.get("OVERBLIK_WRITE"):
                golden.write_text(rendered_text("4", values))
            before = golden.read_text() if golden.exists() else ""
            for major in MAJORS:
                with self.subTest(major=major, values=values.name):
                    now = in_one_order(rendered_text(major, values))
                    lines = difflib.unified_diff(in_one_order(before), now, str(golden), f"Helm {major}", lineterm="")
                    self.assertEqual("\n".join(lines), "", "OVERBLIK_WRITE=1 helm/test writes it anew")

    def test_every_resource_follows_the_schemas_of_kubernetes(self):
        for version in KUBERNETES:
            for values in EXAMPLES:
                for document in rendered(values):
                    if document["kind"] not in FOREIGN:
                        with self.subTest(version=version, values=values.name, kind=document["kind"]):
                            kubernetes_validate.validate(document, version, strict=True)

    def test_the_schemas_of_kubernetes_find_a_slip(self):
        slip = copy.deepcopy(of_kind(rendered(EXAMPLES[0]), "Deployment")[0])
        slip["spec"]["replicaz"] = 1
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(slip, KUBERNETES[-1], strict=True)

    def test_r75_our_rules_hold(self):
        for values in EXAMPLES:
            with self.subTest(values=values.name):
                self.assertEqual(policy.violations(rendered(values), elsewhere=values.stem == "elsewhere"), [])

    def test_our_rules_find_what_breaks_them(self):
        def container(change):
            return lambda documents: change(gateway(documents)["spec"]["template"]["spec"]["containers"][0])

        def pod(change):
            return lambda documents: change(gateway(documents)["spec"]["template"]["spec"])

        def policies(change):
            return lambda documents: change(of_kind(documents, "NetworkPolicy")[0]["spec"])

        for said, break_it in {
            "readOnlyRootFilesystem": container(lambda it: it["securityContext"].pop("readOnlyRootFilesystem")),
            "keeps capabilities": container(lambda it: it["securityContext"].pop("capabilities")),
            "resources.limits.memory": container(lambda it: it["resources"].pop("limits")),
            "has variables": container(lambda it: it.update(env=[{"name": "A", "value": "b"}])),
            "names no version": container(lambda it: it.update(image="overblik:latest")),
            "may write to secrets": container(lambda it: it["volumeMounts"][-1].pop("readOnly")),
            "readinessProbe": container(lambda it: it.pop("readinessProbe")),
            "does not speak as": container(lambda it: it["livenessProbe"]["httpGet"].update(scheme="HTTPS")),
            "may run as root": pod(lambda it: it["securityContext"].pop("runAsNonRoot")),
            "seccomp": pod(lambda it: it["securityContext"].pop("seccompProfile")),
            "token": pod(lambda it: it.pop("automountServiceAccountToken")),
            "hostNetwork": pod(lambda it: it.update(hostNetwork=True)),
            "neither configuration": pod(lambda it: it["volumes"].append({"name": "x", "hostPath": {"path": "/"}})),
            "is killed before": pod(lambda it: it.update(terminationGracePeriodSeconds=20)),
            "no NetworkPolicy": policies(lambda it: it.update(policyTypes=["Ingress"])),
            "open to all": policies(lambda it: it["egress"][0].pop("to")),
            "lets everybody": policies(lambda it: it["ingress"][1]["from"].append({"ipBlock": {"cidr": "0.0.0.0/0"}})),
            "outside the cluster": lambda documents: [it["spec"].update(type="LoadBalancer") for it in of_kind(documents, "Service")],
            "Ingress without TLS": lambda documents: of_kind(documents, "Ingress")[0]["spec"].pop("tls"),
            "a secret in a ConfigMap": lambda documents: of_kind(documents, "ConfigMap")[0]["data"].update(
                {"overblik.yaml": "server: {}\nlogin: { client_secret: x }\n"}
            ),
        }.items():
            with self.subTest(said=said):
                documents = copy.deepcopy(rendered(CHART / "examples" / "redis.yaml"))
                break_it(documents)
                found = policy.violations(documents)
                self.assertTrue(any(said in wrong for wrong in found), found)

    def test_alert_rules_are_those_of_the_repository(self):
        """The chart's copy is what Prometheus' operator gets; a chart may hold no file from outside its folder."""
        own, theirs = CHART / "files" / "alerts.yml", REPOSITORY / "operations" / "prometheus" / "alerts.yml"
        self.assertEqual(own.exists(), theirs.exists(), f"copy {theirs} to {own}")
        if own.exists():
            self.assertEqual(own.read_text(), theirs.read_text(), f"copy {theirs} to {own}")

    def test_alert_rules_become_a_resource_as_they_are(self):
        rules = (CHART / "files" / "alerts.yml").read_text() if (CHART / "files" / "alerts.yml").exists() else MADE_UP_RULES
        values = CHART / "examples" / "portals.yaml"
        with tempfile.TemporaryDirectory() as folder:
            chart = shutil.copytree(CHART, f"{folder}/overblik")
            pathlib.Path(chart, "files").mkdir(exist_ok=True)
            pathlib.Path(chart, "files", "alerts.yml").write_text(rules)
            for major in MAJORS:
                result = helm(major, "template", "x", chart, "--values", values, "--set", "prometheusRule.enabled=true")
                self.assertEqual(result.returncode, 0, result.stderr)
                (rule,) = of_kind([it for it in yaml.safe_load_all(result.stdout) if it], "PrometheusRule")
                self.assertEqual(rule["spec"], yaml.safe_load(rules))
                pathlib.Path(chart, "files", "alerts.yml").unlink()
                result = helm(major, "template", "x", chart, "--values", values, "--set", "prometheusRule.enabled=true")
                self.assertIn("this chart holds no alert rules", result.stderr)
                pathlib.Path(chart, "files", "alerts.yml").write_text(rules)

    def test_metrics_are_collected_under_the_name_that_the_alert_rules_know(self):
        (monitor,) = of_kind(rendered(CHART / "examples" / "redis.yaml"), "ServiceMonitor")
        self.assertEqual(monitor["spec"]["endpoints"][0]["relabelings"], [{"targetLabel": "job", "replacement": "overblik"}])
        (service,) = [
            it for it in of_kind(rendered(CHART / "examples" / "redis.yaml"), "Service")
            if policy.selects(monitor["spec"]["selector"]["matchLabels"], it["metadata"])
        ]
        self.assertEqual(service["spec"]["ports"][0]["name"], monitor["spec"]["endpoints"][0]["port"])

    def test_r74_where_the_gateway_speaks_tls_everybody_is_told_to(self):
        documents = rendered(CHART / "examples" / "tls.yaml")
        gateway_of = gateway(documents)["spec"]["template"]["spec"]["containers"][0]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            self.assertEqual(gateway_of[probe]["httpGet"]["scheme"], "HTTPS")
        (ingress,) = of_kind(documents, "Ingress")
        self.assertEqual(ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/backend-protocol"], "HTTPS")
        self.assertIn("nginx.ingress.kubernetes.io/proxy-buffering", ingress["metadata"]["annotations"])
        (monitor,) = of_kind(documents, "ServiceMonitor")
        self.assertEqual(monitor["spec"]["endpoints"][0]["scheme"], "https")
        self.assertEqual(monitor["spec"]["endpoints"][0]["tlsConfig"]["serverName"], "overblik.example")
        (test,) = [spec for name, _, spec in pods(documents) if name.endswith("-test")]
        self.assertIn("--trusted-roots-file", test["containers"][0]["args"])
        self.assertEqual(test["volumes"][0]["projected"]["sources"][0]["secret"]["items"], [{"key": "ca.crt", "path": "ca.crt"}])
        # And nobody where it does not.
        documents = rendered(CHART / "examples" / "redis.yaml")
        gateway_of = gateway(documents)["spec"]["template"]["spec"]["containers"][0]
        self.assertNotIn("scheme", gateway_of["readinessProbe"]["httpGet"])
        self.assertNotIn("nginx.ingress.kubernetes.io/backend-protocol", of_kind(documents, "Ingress")[0]["metadata"]["annotations"])
        self.assertNotIn("scheme", of_kind(documents, "ServiceMonitor")[0]["spec"]["endpoints"][0])

    def test_the_chart_is_of_the_version_of_the_repository(self):
        text = (REPOSITORY / "Cargo.toml").read_text()
        version = text.split('[workspace.package]\nversion = "', 1)[1].split('"', 1)[0]
        self.assertIn(f'appVersion: "{version}"\n', (CHART / "Chart.yaml").read_text())

    def test_a_pod_of_the_test_asks_the_listener_that_tells_readiness(self):
        for values in EXAMPLES:
            documents = rendered(values)
            names = {service["metadata"]["name"] for service in of_kind(documents, "Service")}
            (arguments,) = [spec["containers"][0]["args"] for name, _, spec in pods(documents) if name.endswith("-test")]
            self.assertEqual(arguments[0], "health")
            self.assertIn(arguments[1].removesuffix(":9090"), names)


def gateway(documents):
    return of_kind(documents, "Deployment")[0]


def in_one_order(text):
    """The documents sorted: the majors of Helm print those of one kind in orders of their own."""
    return "\n---\n".join(sorted(part.strip() for part in text.split("---\n") if part.strip())).splitlines()


if __name__ == "__main__":
    unittest.main()
