"""The Kubernetes manifests: valid by the official schemas, and with the names, ports and limits of the gateway."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from gateway.portal.pages import ROUTES
from gateway.settings import Settings, load
from tests.deploy.test_compose import instruction

FILE = Path(__file__).parents[2] / "deploy" / "kubernetes" / "meterpoort.yaml"
MANIFESTS: dict[str, dict[str, Any]] = {one["kind"]: one for one in yaml.safe_load_all(FILE.read_text())}
POD = MANIFESTS["Deployment"]["spec"]["template"]
CONTAINER = POD["spec"]["containers"][0]


@pytest.mark.parametrize("kind", MANIFESTS)
def test_a_manifest_follows_its_schema(kind: str) -> None:
    kubernetes_validate.validate(MANIFESTS[kind], "1.31", strict=True)


def test_a_manifest_that_does_not_is_noticed() -> None:
    wrong = MANIFESTS["Service"] | {"spec": {"prots": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.31", strict=True)


def test_the_gateway_starts_with_the_settings_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "database_password").write_text("made up")
    for name, value in MANIFESTS["ConfigMap"]["data"].items():
        monkeypatch.setenv(name, value.replace("/run/secrets/meterpoort", str(tmp_path)))
    settings: Settings = load(None)
    assert settings.database_url().startswith("postgresql+psycopg://meterpoort:made")
    assert settings.storage_url().startswith("s3://")
    assert settings.http.shutdown_seconds_max < POD["spec"]["terminationGracePeriodSeconds"]


def test_what_is_selected_is_there() -> None:
    labels = POD["metadata"]["labels"]
    budget, service, policy = (
        MANIFESTS[kind]["spec"] for kind in ("PodDisruptionBudget", "Service", "NetworkPolicy")
    )
    assert (
        budget["selector"]["matchLabels"] == service["selector"] == policy["podSelector"]["matchLabels"] == labels
    )
    assert budget["minAvailable"] < MANIFESTS["Deployment"]["spec"]["replicas"]
    mounted = {mount["name"] for mount in CONTAINER["volumeMounts"]}
    assert mounted == {volume["name"] for volume in POD["spec"]["volumes"]}


def test_probes_ask_for_what_the_gateway_answers_on_its_port() -> None:
    paths = {route.path for route in ROUTES}
    probes = [CONTAINER[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")]
    assert {probe["path"] for probe in probes} == {"/healthz", "/readyz"} <= paths
    assert CONTAINER["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert (str(CONTAINER["ports"][0]["containerPort"]),) == instruction("EXPOSE").value


def test_the_pod_has_few_rights_and_the_user_of_the_image() -> None:
    assert str(POD["spec"]["securityContext"]["runAsUser"]) == instruction("USER").value[0].partition(":")[0]
    assert CONTAINER["securityContext"]["readOnlyRootFilesystem"]
    assert CONTAINER["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert CONTAINER["resources"]["limits"]["memory"]
