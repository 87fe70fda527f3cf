"""A plan as `terraform show -json` gives it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Resource:
    """What would be made. `unknown` has the shape of `values` and is true where a value is known only afterwards."""

    address: str
    type: str
    key: str
    """The last of its own and its modules' for_each keys; empty without any."""
    values: dict[str, Any]
    unknown: dict[str, Any]


class Plan:
    def __init__(self, document: dict[str, Any], rights: dict[str, dict[str, Any]]) -> None:
        changes = document["resource_changes"]
        self.document = document
        self.rights = rights
        """docs/rights.yaml as it was read for this plan."""
        self.given = {name: variable["value"] for name, variable in document["variables"].items()}
        self.resources = [resource(change) for change in changes if change["mode"] == "managed"]

    def of(self, type_: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.type == f"google_{type_}"]

    def one(self, type_: str) -> Resource:
        (found,) = self.of(type_)
        return found

    def waits_for(self, address: str) -> set[str]:
        """What the root module's resource is told to be made after, besides what it refers to."""
        configured = self.document["configuration"]["root_module"]["resources"]
        return set(next(one for one in configured if one["address"] == address).get("depends_on", []))

    def services(self) -> dict[str, "Service"]:
        """The functions by their names."""
        return {service.key: Service(service.values) for service in self.of("cloud_run_v2_service")}


def resource(change: dict[str, Any]) -> Resource:
    after = change["change"]
    return Resource(change["address"], change["type"], key(change), after["after"], after["after_unknown"])


def key(change: dict[str, Any]) -> str:
    if "index" in change:
        return str(change["index"])
    _, bracket, rest = change.get("module_address", "").rpartition('["')
    return str(rest.partition('"]')[0]) if bracket else ""


@dataclass(frozen=True)
class Service:
    """A function's Cloud Run service."""

    values: dict[str, Any]

    @property
    def template(self) -> dict[str, Any]:
        (only,) = self.values["template"]
        return dict(only)

    @property
    def container(self) -> dict[str, Any]:
        (only,) = self.template["containers"]
        return dict(only)

    @property
    def resources(self) -> dict[str, Any]:
        (only,) = self.container["resources"]
        return dict(only)

    @property
    def environment(self) -> dict[str, str]:
        return {variable["name"]: variable["value"] for variable in self.container["env"] if variable["value"]}

    @property
    def secrets(self) -> dict[str, str]:
        """Variable -> secret."""
        sources = {variable["name"]: variable["value_source"] for variable in self.container["env"]}
        return {name: source[0]["secret_key_ref"][0]["secret"] for name, source in sources.items() if source}

    @property
    def cpu(self) -> int:
        return int(self.resources["limits"]["cpu"])

    @property
    def memory_gib(self) -> float:
        return int(self.resources["limits"]["memory"].removesuffix("Mi")) / 1024

    @property
    def gpu(self) -> str | None:
        selected = self.template["node_selector"]
        return str(selected[0]["accelerator"]) if selected else None

    @property
    def timeout(self) -> float:
        return float(self.template["timeout"].removesuffix("s"))


def texts(value: Any) -> Iterator[str]:
    """All strings in it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)
