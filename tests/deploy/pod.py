"""A pod of the manifests as Podman runs it: its environment, files, limits and rights as written.

`podman kube play` reads such a file, too, but that of Debian 12 knows no Job, panics on the volume
of a Secret, and replaces a probe by curl, which the image doesn't hold.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2

from tests.deploy.test_images import manifest, pod


def options(name: str, secret: Path, settings: Mapping[str, str]) -> list[str]:
    """Return the options of `podman run` that say what the manifest `name` says.

    The files of the folder `secret` are the Secret; `settings` replace what the ConfigMap holds.
    """
    spec, container = pod(name)
    variables = {each["name"]: each["value"] for each in container["env"]}
    return [
        *_rights(container["securityContext"]),
        f"--memory={container['resources']['limits']['memory'].removesuffix('i').lower()}",
        f"--stop-timeout={spec.get('terminationGracePeriodSeconds', 30)}",
        *_mounts(spec, container, secret),
        *(f"--env={key}={value}" for key, value in (variables | dict(settings)).items()),
    ]


def arguments(name: str) -> list[str]:
    """Return what the pod's container runs in place of the image's CMD."""
    args: list[str] = pod(name)[1].get("args", [])
    return args


def configuration() -> dict[str, str]:
    data: dict[str, str] = manifest("settings.yaml.example")["data"]
    return data


def answers(probe: Mapping[str, Any], ports: Mapping[str, int]) -> bool:
    """Probe once, as a kubelet does: any status from 200 to 399 in time is a success."""
    url = f"http://127.0.0.1:{ports[probe['httpGet']['port']]}{probe['httpGet']['path']}"
    try:
        return 200 <= httpx2.get(url, timeout=probe.get("timeoutSeconds", 1)).status_code < 400
    except httpx2.TransportError:
        return False


def _rights(context: Mapping[str, Any]) -> Iterator[str]:
    if context["readOnlyRootFilesystem"]:
        yield "--read-only"
        yield "--read-only-tmpfs=false"  # Podman would add a writable /tmp and /run
    if not context["allowPrivilegeEscalation"]:
        yield "--security-opt=no-new-privileges"
    yield from (f"--cap-drop={name}" for name in context["capabilities"]["drop"])


def _mounts(spec: Mapping[str, Any], container: Mapping[str, Any], secret: Path) -> Iterator[str]:
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    for mount in container["volumeMounts"]:
        volume, place = volumes[mount["name"]], mount["mountPath"]
        if "secret" in volume:
            yield f"--volume={secret}:{place}:ro"
        else:
            size = volume["emptyDir"]["sizeLimit"].removesuffix("i").lower()
            yield f"--tmpfs={place}:size={size},mode=1777"
