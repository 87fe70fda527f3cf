"""Reads the provider's schema from the JavaScript that cdktn generates from it.

A folder of the package holds one resource. Each block is a class, and each of its attributes a few
lines of it:

    // labels - computed: false, optional: true, required: false
    _labels = new LoggingMetricMetricDescriptorLabelsList(this, "labels", true);

    // key - computed: false, optional: false, required: true
    _key;
    get key() {
        return this.getStringAttribute('key');

What is a block, and of which kind, is told by the class's `…ToHclTerraform`; allowed values by the
comments in its `index.d.ts`. A schema is given in the form of `terraform providers schema -json`.
"""

import io
import json
import re
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Schema = dict[str, Any]
Type = str | list[Any]
"""As Terraform writes it: "string", ["list", "string"], ["object", {…}]."""

CLASS = re.compile(r"^class (\w+) extends cdktn\.(\w+) \{(.*?)^\}", re.S | re.M)
TO_HCL = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{(.*?)^\}", re.S | re.M)
HCL = re.compile(
    r"^\s+(\w+): \{\n\s+value: .*?,\n\s+isBlock: (true|false),\n"
    r'\s+type: "(\w+)",\n\s+storageClassType: "(\w+)"',
    re.M,
)
FIELD = re.compile(
    r"// \w+ - computed: (true|false), optional: (true|false), required: (true|false)"
)
COMPLEX = re.compile(r'= new (?:\w+\.)?(\w+)\(this, "(\w+)"(?:, (true|false))?\)')
SIMPLE = re.compile(r"return (cdktn\.Fn\.tolist\()?this\.(\w+)\('(\w+)'")
INTERFACE = re.compile(r"^export interface (\w+)(?: extends [\w.]+)? \{(.*?)^\}", re.S | re.M)
PROPERTY = re.compile(r"/\*\*(.*?)\*/\s+readonly \w+\??:", re.S)
ALLOWED = re.compile(r"Possible values: (\[[^\]]*\])")
NAMED = re.compile(r"#(\w+) \w+#\w+\}")

GETTERS: dict[str, Type] = {
    "getStringAttribute": "string",
    "getNumberAttribute": "number",
    "getBooleanAttribute": "bool",
    "getListAttribute": ["list", "string"],
    "getNumberListAttribute": ["list", "number"],
    "getStringMapAttribute": ["map", "string"],
    "getNumberMapAttribute": ["map", "number"],
    "getBooleanMapAttribute": ["map", "bool"],
    "interpolationForAttribute": "dynamic",
}
MAPS: dict[str, Type] = {
    "StringMap": ["map", "string"],
    "NumberMap": ["map", "number"],
    "BooleanMap": ["map", "bool"],
    "AnyMap": ["map", "dynamic"],
    "StringMapList": ["list", ["map", "string"]],
}
STORAGE: dict[str, Type] = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "stringList": ["list", "string"],
    "numberList": ["list", "number"],
    "stringMap": ["map", "string"],
}
KINDS = {"TerraformResource": "resource_schemas", "TerraformDataSource": "data_source_schemas"}
NESTING = {"struct": "single", "list": "list", "set": "set", "map": "map"}
DEEPEST = 12
"""Levels of blocks; a few of Google's types contain themselves."""


@dataclass(frozen=True)
class Hcl:
    """How a field is written in HCL."""

    block: bool
    nesting: str
    storage: str


@dataclass(frozen=True)
class Field:
    """An attribute or a block. `type` is set where it is simple, `wrapper` names the class of what
    is not."""

    name: str
    use: dict[str, bool]
    """Those of computed, optional and required that hold."""
    type: Type | None = None
    wrapper: str = ""
    is_set: bool = False


class Folder:
    """The bindings of one resource or data source."""

    def __init__(self, javascript: str, declarations: str) -> None:
        self.classes = {name: (base, body) for name, base, body in CLASS.findall(javascript)}
        self._hcl = {name: dict(hcl_fields(body)) for name, body in TO_HCL.findall(javascript)}
        self._allowed = allowed_values(declarations)

    def schemas(self) -> Iterator[tuple[str, str, Schema]]:
        """Kind, type and schema of what is in the folder."""
        for name, (base, body) in self.classes.items():
            if base in KINDS:
                found = re.search(r'tfResourceType = "(\w+)"', body)
                assert found, name
                fields = dict(hcl_fields(body.partition("synthesizeHclAttributes")[2]))
                yield (
                    KINDS[base],
                    found[1],
                    {"version": 0, "block": self.block(name, fields, f"{name}Config")},
                )

    def block(self, name: str, hcl: dict[str, Hcl], interface: str, depth: int = 0) -> Schema:
        attributes: Schema = {}
        blocks: Schema = {}
        if depth == DEEPEST:
            return {"attributes": attributes, "block_types": blocks}
        for field in self.fields(name):
            written = hcl.get(field.name)
            if field.wrapper and written and written.block and "computed" not in field.use:
                blocks[field.name] = self.nested(field, written, depth)
            else:
                attributes[field.name] = {"type": field.type or self.wrapped(field), **field.use}
                if values := self._allowed.get(interface, {}).get(field.name):
                    attributes[field.name]["allowed"] = values
        for missing in (
            hcl.keys() - attributes.keys() - blocks.keys()
        ):  # what can be set and never read
            attributes[missing] = {
                "type": STORAGE.get(hcl[missing].storage, "dynamic"),
                "optional": True,
            }
        return {"attributes": attributes, "block_types": blocks}

    def nested(self, field: Field, written: Hcl, depth: int) -> Schema:
        element, single = self.element(field.wrapper)
        struct = element.removesuffix("OutputReference")
        hcl = self._hcl.get(struct[0].lower() + struct[1:], {})
        nesting = NESTING[written.nesting]
        limits = (
            {"min_items": int("required" in field.use), "max_items": int(single)}
            if nesting != "single"
            else {}
        )
        return {
            "nesting_mode": nesting,
            "block": self.block(element, hcl, struct, depth + 1),
            **limits,
        }

    def fields(self, name: str) -> Iterator[Field]:
        body = self.classes[name][1]
        _, *parts = FIELD.split(body)
        for computed, optional, required, text in zip(*[iter(parts)] * 4, strict=True):
            use = {"computed": computed, "optional": optional, "required": required}
            yield read(text, {word: True for word, holds in use.items() if holds == "true"})

    def element(self, wrapper: str) -> tuple[str, bool]:
        """The class of one element, and whether there can be only one."""
        if wrapper.endswith("OutputReference"):
            return wrapper, True
        return re.sub("(List|Map)$", "OutputReference", wrapper), False

    def wrapped(self, field: Field) -> Type:
        element, _ = self.element(field.wrapper)
        of = {inner.name: inner.type or self.wrapped(inner) for inner in self.fields(element)}
        return ["set" if field.is_set else "list", ["object", of]]


def hcl_fields(body: str) -> Iterator[tuple[str, Hcl]]:
    for name, block, nesting, storage in HCL.findall(body):
        yield name, Hcl(block == "true", nesting, storage)


def read(text: str, use: dict[str, bool]) -> Field:
    """A field from the lines that follow its comment."""
    if made := COMPLEX.search(text):
        wrapper, name, is_set = made.groups()
        if wrapper in MAPS:
            return Field(name, use, MAPS[wrapper])
        return Field(name, use, None, wrapper, is_set == "true")
    got = SIMPLE.search(text)
    assert got, text[:200]
    type_ = GETTERS[got[2]]
    return Field(got[3], use, ["set", type_[1]] if got[1] and isinstance(type_, list) else type_)


def allowed_values(declarations: str) -> dict[str, dict[str, list[str]]]:
    """Interface -> attribute -> values, where the provider's documentation lists them all."""
    found: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for interface, body in INTERFACE.findall(declarations):
        for comment in PROPERTY.findall(body):
            values, name = ALLOWED.search(comment), NAMED.search(comment)
            if values and name:
                found[interface][name[1]] = json.loads(values[1])
    return found


def provider_schema(javascript: str) -> Schema:
    """The provider's own block, without its nested ones."""
    fields = hcl_fields(javascript.partition("synthesizeHclAttributes")[2])
    attributes = {
        name: {"type": STORAGE[hcl.storage], "optional": True}
        for name, hcl in fields
        if not hcl.block
    }
    attributes.pop("alias", None)
    return {"version": 0, "block": {"attributes": attributes, "block_types": {}}}


def schema(wheel: Path, types: Set[str]) -> Schema:
    """Returns the provider's schema with the resources and data sources of these types, as far as
    it has them."""
    found: Schema = {"resource_schemas": {}, "data_source_schemas": {}}
    for name, (javascript, declarations) in sources(wheel, folders(types)).items():
        if name == "provider":
            found["provider"] = provider_schema(javascript)
        for kind, type_, one in Folder(javascript, declarations).schemas():
            found[kind][type_] = one
    return found


def folders(types: Set[str]) -> set[str]:
    """Returns the package's folders of the provider and of these types: storage-bucket,
    data-google-storage-bucket."""
    words = {type_.removeprefix("google_").replace("_", "-") for type_ in types}
    return {"provider"} | words | {f"data-google-{word}" for word in words}


def sources(wheel: Path, wanted: Set[str]) -> dict[str, tuple[str, str]]:
    """Returns folder -> its JavaScript and its declarations. A large resource is spread over
    several files."""
    texts: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    with zipfile.ZipFile(wheel) as outer:
        package = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as inner:
            for member in inner:
                folder = Path(member.name).parts[2:-1]
                if not folder or folder[0] not in wanted:
                    continue
                file = inner.extractfile(member)
                if file and member.name.endswith((".js", ".d.ts")):
                    javascript, declarations = texts[folder[0]]
                    into = declarations if member.name.endswith(".d.ts") else javascript
                    into.append(file.read().decode().partition("\n//# sourceMappingURL")[0])
    return {
        name: ("\n".join(javascript), "\n".join(declared))
        for name, (javascript, declared) in texts.items()
    }
