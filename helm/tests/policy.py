"""Our own rules of what runs in a cluster. Each says what is wrong, or nothing."""

import yaml

from rendering import containers, of_kind, pods

# Settings whose value is a secret itself; what is named `..._file` is not.
SECRETS = {"client_secret", "api_key", "password", "sentinel_password"}


def violations(documents, elsewhere=False):
    """All that is wrong. `elsewhere`: something else than this chart keeps others away."""
    found = []
    for name, labels, spec in pods(documents):
        found += [f"{name}: {wrong}" for wrong in of_pod(spec)]
        for container in containers(spec):
            found += [f"{name}/{container['name']}: {wrong}" for wrong in of_container(container, spec)]
    found += of_gateway(documents) + of_services(documents) + of_config(documents)
    if not elsewhere:
        found += of_network(documents)
    return found


def of_pod(spec):
    security = spec.get("securityContext", {})
    if security.get("runAsNonRoot") is not True or not security.get("runAsUser"):
        yield "may run as root"
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccomp profile"
    if spec.get("automountServiceAccountToken") is not False:
        yield "gets a token of the cluster's"
    if spec.get("enableServiceLinks") is not False:
        yield "gets variables of other services"
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield f"shares {field}"
    for volume in spec.get("volumes", []):
        if not {"configMap", "projected", "emptyDir"} & set(volume):
            yield f"volume {volume['name']} is neither configuration nor passing"


def of_container(container, spec):
    security = container.get("securityContext", {})
    wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "runAsNonRoot": True}
    for field, value in wanted.items():
        if security.get(field) is not value:
            yield f"{field} is not {value}"
    if security.get("capabilities") != {"drop": ["ALL"]}:
        yield "keeps capabilities"
    if security.get("privileged"):
        yield "is privileged"
    resources = container.get("resources", {})
    for kind, amounts in (("requests", ("cpu", "memory")), ("limits", ("memory",))):
        for amount in amounts:
            if amount not in resources.get(kind, {}):
                yield f"resources.{kind}.{amount} is missing"
    if container.get("env") or container.get("envFrom"):
        yield "has variables: configuration and secrets are files"
    image = container["image"]
    if ":" not in image.rsplit("/", 1)[-1] or image.endswith(":latest"):
        yield f"image {image} names no version"
    if container.get("command"):
        yield "replaces the image's command"
    volumes = {volume["name"] for volume in spec.get("volumes", [])}
    passing = {volume["name"] for volume in spec.get("volumes", []) if "emptyDir" in volume}
    for mount in container.get("volumeMounts", []):
        if mount["name"] not in volumes:
            yield f"mounts {mount['name']}, which is no volume"
        if not mount.get("readOnly") and mount["name"] not in passing:
            yield f"may write to {mount['name']}"
    if len({mount["mountPath"] for mount in container.get("volumeMounts", [])}) != len(container.get("volumeMounts", [])):
        yield "mounts two volumes at one place"


def of_gateway(documents):
    found = []
    for deployment in of_kind(documents, "Deployment"):
        spec = deployment["spec"]["template"]["spec"]
        gateway = spec["containers"][0]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if gateway.get(probe, {}).get("httpGet", {}).get("port") != "operations":
                found.append(f"{probe} does not ask the operations listener")
            scheme = "HTTPS" if configuration(documents).get("operations", {}).get("tls") else "HTTP"
            if gateway.get(probe, {}).get("httpGet", {}).get("scheme", "HTTP") != scheme:
                found.append(f"{probe} does not speak as the operations listener does: {scheme}")
        if gateway.get("readinessProbe", {}).get("httpGet", {}).get("path") != "/health/ready":
            found.append("readiness is not asked for")
        config = configuration(documents)
        pause = gateway.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        grace = config["server"].get("grace_s", 15)
        if spec.get("terminationGracePeriodSeconds", 30) <= pause + grace + 32:
            found.append("is killed before what is under way has finished")
        if deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] != 0:
            found.append("takes pods away before others are ready")
    return found


def of_services(documents):
    found = []
    for service in of_kind(documents, "Service"):
        name = service["metadata"]["name"]
        chosen = [(labels, spec) for _, labels, spec in pods(documents) if selects(service["spec"]["selector"], labels)]
        if len(chosen) != 1:
            found.append(f"Service {name} selects {len(chosen)} kinds of pods")
            continue
        ports = {port["name"] for container in chosen[0][1]["containers"] for port in container.get("ports", [])}
        for port in service["spec"]["ports"]:
            if port["targetPort"] not in ports:
                found.append(f"Service {name} leads to the port {port['targetPort']}, which no pod has")
            if port["targetPort"] != "public" and service["spec"]["type"] != "ClusterIP":
                found.append(f"Service {name} shows {port['targetPort']} outside the cluster")
    for ingress in of_kind(documents, "Ingress"):
        if not ingress["spec"].get("tls"):
            found.append("Ingress without TLS")
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                if path["backend"]["service"]["port"] != {"name": "public"}:
                    found.append("Ingress leads elsewhere than to citizens' listener")
    return found


def of_network(documents):
    policies = of_kind(documents, "NetworkPolicy")
    found = []
    for name, labels, _ in pods(documents):
        if labels["labels"]["app.kubernetes.io/component"] != "gateway":
            continue
        mine = [policy for policy in policies if selects(policy["spec"]["podSelector"].get("matchLabels", {}), labels)]
        if not any({"Ingress", "Egress"} <= set(policy["spec"]["policyTypes"]) for policy in mine):
            found.append(f"{name}: no NetworkPolicy keeps others away")
    for policy in policies:
        rules = [("from", rule) for rule in policy["spec"].get("ingress", [])]
        rules += [("to", rule) for rule in policy["spec"].get("egress", [])]
        for side, rule in rules:
            if not rule.get(side) or not rule.get("ports") or any(not peer for peer in rule[side]):
                found.append(f"NetworkPolicy with a rule that is open to all: {rule}")
            ports = {port["port"] for port in rule.get("ports", [])}
            for peer in rule.get(side) or []:
                everybody = peer.get("ipBlock", {}).get("cidr") in ("0.0.0.0/0", "::/0")
                if everybody and (side == "from" and ports & {"operations", "admin"}):
                    found.append("NetworkPolicy lets everybody at the operators' listeners")
    return found


def of_config(documents):
    found = []

    def look(path, value):
        if isinstance(value, dict):
            for name, inner in value.items():
                if name in SECRETS and inner:
                    found.append(f"{path}.{name}: a secret in a ConfigMap")
                look(f"{path}.{name}", inner)

    look("config", configuration(documents))
    return found


def configuration(documents):
    texts = [config["data"]["overblik.yaml"] for config in of_kind(documents, "ConfigMap") if "overblik.yaml" in config["data"]]
    (text,) = texts
    return yaml.safe_load(text)


def selects(selector, metadata):
    return all(metadata.get("labels", {}).get(name) == value for name, value in selector.items())
