"""The calls that Terraform makes of a provider."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.terraform.standin.values import (
    applied,
    filled,
    is_write_only,
    kept,
    planned,
    read,
)
from tests.terraform.standin.wire import UNKNOWN, Messages, decoded, encoded

Schema = dict[str, Any]
NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}
ERROR = 1


class Provider:
    """Answers from a schema. It keeps nothing: what exists is what Terraform's state says."""

    def __init__(self, schema: Schema) -> None:
        self._resources = schema["resource_schemas"]
        self._data = schema["data_source_schemas"]
        self._schemas = Messages["Schemas"](
            provider=wired(schema["provider"]),
            resource_schemas=entries(self._resources),
            data_source_schemas=entries(self._data),
            server_capabilities=Messages["Capabilities"](get_provider_schema_optional=True),
        )

    def calls(self) -> dict[str, tuple[str, Callable[[Any], Any]]]:
        """RPC -> the message it takes, and what answers it."""
        return {
            "GetSchema": ("Empty", lambda _: self._schemas),
            "PrepareProviderConfig": ("PrepareRequest", self.prepare),
            "Configure": ("ConfigureRequest", lambda _: Messages["Empty"]()),
            "ValidateResourceTypeConfig": ("ValidateRequest", self.validate),
            "ValidateDataSourceConfig": ("ValidateRequest", lambda _: Messages["Empty"]()),
            "UpgradeResourceState": ("UpgradeRequest", self.upgrade),
            "ReadResource": ("ReadRequest", self.read),
            "PlanResourceChange": ("PlanRequest", self.plan),
            "ApplyResourceChange": ("ApplyRequest", self.apply),
            "ReadDataSource": ("ReadDataRequest", self.read_data),
            "Stop": ("Empty", lambda _: Messages["Empty"]()),
        }

    def prepare(self, request: Any) -> Any:
        return Messages["PrepareResponse"](prepared_config=request.config)

    def validate(self, request: Any) -> Any:
        block = self._resources[request.type_name]["block"]
        return Messages["ValidateResponse"](
            diagnostics=list(mistakes(block, decoded(request.config), ()))
        )

    def upgrade(self, request: Any) -> Any:
        return Messages["UpgradeResponse"](
            upgraded_state=encoded(json.loads(request.raw_state.json))
        )

    def read(self, request: Any) -> Any:
        return Messages["ReadResponse"](new_state=request.current_state, private=request.private)

    def plan(self, request: Any) -> Any:
        proposed, is_new = decoded(request.proposed_new_state), decoded(request.prior_state) is None
        if proposed is not None:
            leaf = planned(request.type_name, proposed) if is_new else kept
            proposed = filled(self._resources[request.type_name]["block"], proposed, leaf)
        return Messages["PlanResponse"](
            planned_state=encoded(proposed),
            planned_private=request.prior_private,
            legacy_type_system=True,
        )

    def apply(self, request: Any) -> Any:
        state = decoded(request.planned_state)
        if state is not None:
            state = filled(
                self._resources[request.type_name]["block"],
                state,
                applied(request.type_name, state),
            )
        return Messages["ApplyResponse"](new_state=encoded(state), legacy_type_system=True)

    def read_data(self, request: Any) -> Any:
        config = decoded(request.config)
        leaf = read(request.type_name, config)
        state = filled(self._data[request.type_name]["block"], config, leaf)
        return Messages["ReadDataResponse"](state=encoded(state))


def entries(schemas: dict[str, Schema]) -> list[Any]:
    return [
        Messages["SchemaEntry"](key=name, value=wired(schema)) for name, schema in schemas.items()
    ]


def wired(schema: Schema) -> Any:
    return Messages["Schema"](version=schema["version"], block=wired_block(schema["block"]))


def wired_block(block: Schema) -> Any:
    return Messages["Block"](
        attributes=[
            wired_attribute(name, attribute)
            for name, attribute in sorted(block["attributes"].items())
        ],
        block_types=[
            wired_nested(name, nested) for name, nested in sorted(block["block_types"].items())
        ],
    )


def wired_attribute(name: str, attribute: Schema) -> Any:
    use = {word: True for word in ("required", "optional", "computed") if attribute.get(word)}
    use["write_only"] = is_write_only(name)
    return Messages["Attribute"](name=name, type=json.dumps(attribute["type"]).encode(), **use)


def wired_nested(name: str, nested: Schema) -> Any:
    return Messages["NestedBlock"](
        type_name=name,
        block=wired_block(nested["block"]),
        nesting=NESTING[nested["nesting_mode"]],
        min_items=nested.get("min_items", 0),
        max_items=nested.get("max_items", 0),
    )


def mistakes(block: Schema, value: Any, path: tuple[str | int, ...]) -> Iterator[Any]:
    """What the schema's types do not forbid: a computed value that is set, and one that is not
    among the allowed."""
    if value is None or value is UNKNOWN:
        return
    for name, attribute in block["attributes"].items():
        given = value.get(name)
        if given is not None and "computed" in attribute and "optional" not in attribute:
            yield diagnostic(f"{name} cannot be set: it is computed", (*path, name))
        allowed = attribute.get("allowed")
        if allowed and isinstance(given, str) and given not in allowed:
            yield diagnostic(f"expected {name} to be one of {allowed}, got {given}", (*path, name))
    for name, nested in block["block_types"].items():
        for index, one in elements(value.get(name)):
            step = (index,) if nested["nesting_mode"] == "list" else ()
            yield from mistakes(nested["block"], one, (*path, name, *step))


def elements(value: Any) -> Iterator[tuple[int, Any]]:
    """The blocks of one name, whether there may be one or many."""
    yield from enumerate(value if isinstance(value, list) else [value])


def diagnostic(summary: str, path: tuple[str | int, ...]) -> Any:
    steps = [
        Messages["Step"](element_key_int=step)
        if isinstance(step, int)
        else Messages["Step"](attribute_name=step)
        for step in path
    ]
    attribute = Messages["AttributePath"](steps=steps)
    return Messages["Diagnostic"](severity=ERROR, summary=summary, attribute=attribute)
