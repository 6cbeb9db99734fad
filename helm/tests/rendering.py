"""Renders the chart, with what every test shares."""

import functools
import os
import pathlib
import subprocess
import tempfile

import yaml

HELM_FOLDER = pathlib.Path(__file__).resolve().parent.parent
REPOSITORY = HELM_FOLDER.parent
CHART = HELM_FOLDER / "overblik"
EXAMPLES = sorted((CHART / "examples").glob("*.yaml"))
MAJORS = {"3": os.environ["HELM_3"], "4": os.environ["HELM_4"]}


def helm(major, *arguments):
    return subprocess.run([MAJORS[major], *map(str, arguments)], capture_output=True, text=True, check=False)


@functools.cache
def rendered_text(major, values):
    result = helm(major, "template", "overblik", CHART, "--namespace", "citizens", "--values", values)
    if result.returncode:
        raise AssertionError(f"Helm {major} on {values}:\n{result.stderr}")
    return result.stdout


@functools.cache
def rendered(values, major="4"):
    return [document for document in yaml.safe_load_all(rendered_text(major, values)) if document]


def of_kind(documents, kind):
    return [document for document in documents if document["kind"] == kind]


def refused(major, values, changes):
    """What Helm says to an example with changes laid over it."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(changes, file)
        file.flush()
        result = helm(major, "template", "overblik", CHART, "--values", values, "--values", file.name)
    return result.returncode != 0, result.stderr


def pods(documents):
    """Every pod that the chart makes, with the name of what makes it."""
    for document in documents:
        if document["kind"] == "Deployment":
            yield document["metadata"]["name"], document["spec"]["template"]["metadata"], document["spec"]["template"]["spec"]
        elif document["kind"] == "Pod":
            yield document["metadata"]["name"], document["metadata"], document["spec"]


def containers(spec):
    return [*spec.get("initContainers", []), *spec["containers"]]
