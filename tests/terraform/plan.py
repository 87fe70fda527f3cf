"""A plan as `terraform show -json` gives it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Resource:
    """What would be made. `unknown` has the shape of `values` and is true where a value is known
    only afterwards."""

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

    def existing_buckets(self) -> dict[str, str]:
        """Returns the names of the buckets that exist and are used, by what they are used for."""
        buckets = self.given["buckets"]
        return {kind: name for kind, name in buckets.items() if name is not None}

    def bucket(self, kind: str) -> str:
        """Returns the name of the inbox, the outbox or the work bucket."""
        made = f"{self.given['project_id']}-{self.given['name']}-{kind}"
        return self.existing_buckets().get(kind, made)

    def read_before(self) -> list[dict[str, Any]]:
        """Returns the data sources of the root module that were read for the plan."""
        before = self.document.get("prior_state", {}).get("values", {})
        found = before.get("root_module", {}).get("resources", [])
        return [resource for resource in found if resource["mode"] == "data"]

    def warnings(self) -> list[str]:
        """Returns what the failed `check` blocks say."""
        problems = [
            problem["message"]
            for check in self.document.get("checks", [])
            for instance in check.get("instances", [])
            for problem in instance.get("problems", [])
        ]
        return problems

    def waits_for(self, address: str) -> set[str]:
        """What the root module's resource or module is told to be made after, besides what it
        refers to."""
        return set(self._configured(address).get("depends_on", []))

    def refers_to(self, address: str, attribute: str) -> set[str]:
        """All that an attribute, or the blocks of that name, of the root module's resource are
        worked out from."""
        said = self._configured(address)["expressions"].get(attribute)
        return {reference for one in dicts(said) for reference in one.get("references", [])}

    def expressions(self, address: str) -> dict[str, Any]:
        """Returns the arguments of the root module's resource as they are written."""
        return dict(self._configured(address)["expressions"])

    def _configured(self, address: str) -> dict[str, Any]:
        root = self.document["configuration"]["root_module"]
        modules = {f"module.{name}": call for name, call in root["module_calls"].items()}
        resources = {resource["address"]: resource for resource in root["resources"]}
        return dict({**modules, **resources}[address])

    def services(self) -> dict[str, "Service"]:
        """Returns the functions by their names. The gateway's resource is named after it; the keys
        of a module are the names of the others."""
        services = {}
        for service in self.of("cloud_run_v2_service"):
            name = service.key or service.address.rpartition(".")[2]
            services[name] = Service(service.values)
        return services

    def internal_services(self) -> dict[str, "Service"]:
        """Returns the functions that only the project itself calls."""
        services = self.services()
        services.pop("gateway", None)
        return services


def resource(change: dict[str, Any]) -> Resource:
    after = change["change"]
    return Resource(
        change["address"], change["type"], key(change), after["after"], after["after_unknown"]
    )


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
        return {
            variable["name"]: variable["value"]
            for variable in self.container["env"]
            if variable["value"]
        }

    @property
    def secrets(self) -> dict[str, str]:
        """Variable -> secret."""
        sources = {variable["name"]: variable["value_source"] for variable in self.container["env"]}
        return {
            name: source[0]["secret_key_ref"][0]["secret"]
            for name, source in sources.items()
            if source
        }

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
        said = self.template.get("timeout") or "300s"  # Cloud Run's own
        return float(said.removesuffix("s"))


def dicts(value: Any) -> Iterator[dict[str, Any]]:
    """All objects in it, and itself."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from dicts(one)


def texts(value: Any) -> Iterator[str]:
    """All strings in it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)
