"""Reads a workflow's YAML as plain data with the line of every map, and finds YAML mistakes."""

from dataclasses import dataclass, field

import yaml

from emulators.workflows.errors import Finding, SourceError
from emulators.workflows.limits import SOURCE_BYTES
from emulators.workflows.values import Value


class _Loader(yaml.CSafeLoader):
    """Loads YAML without dates: Workflows has no such type, so `2026-11-22` stays a string."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


@dataclass
class Document:
    """A YAML document as plain data, the line of each of its maps, and the mistakes in it."""

    data: Value = None
    findings: list[Finding] = field(default_factory=list)
    _lines: dict[int, int] = field(default_factory=dict)

    def line(self, mapping: Value) -> int:
        """Returns the line on which a map starts, or 0 for anything else."""
        return self._lines.get(id(mapping), 0)

    def build(self, loader: _Loader, node: yaml.Node) -> Value:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(loader, node)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(loader, item) for item in node.value]
        return loader.construct_object(node)

    def _mapping(self, loader: _Loader, node: yaml.MappingNode) -> dict[str, Value]:
        loader.flatten_mapping(node)
        mapping: dict[str, Value] = {}
        for key_node, value_node in node.value:
            key = self._key(loader, key_node)
            if key in mapping:
                self.findings.append(Finding(_line(key_node), f"the key {key!r} is given twice"))
            mapping[key] = self.build(loader, value_node)
        self._lines[id(mapping)] = _line(node)
        return mapping

    def _key(self, loader: _Loader, node: yaml.Node) -> str:
        key = loader.construct_object(node)
        if not isinstance(key, str):
            reason = (
                "YAML reads it as a boolean; put it in quotes"
                if isinstance(key, bool)
                else "not a string"
            )
            self.findings.append(Finding(_line(node), f"bad name {node.value!r}: {reason}"))
        return str(key)


def read_document(text: str) -> Document:
    """Returns the data and its mistakes. Raises SourceError if there is no data at all."""
    if len(text.encode()) > SOURCE_BYTES:
        raise SourceError([Finding(0, f"the source is larger than {SOURCE_BYTES} bytes")])
    loader = _Loader(text)
    document = Document()
    try:
        node = loader.get_single_node()
        document.data = document.build(loader, node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise SourceError([Finding(line, f"bad YAML: {error.problem}")]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SourceError([Finding(0, f"bad YAML: {error}")]) from error
    finally:
        loader.dispose()
    return document


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
