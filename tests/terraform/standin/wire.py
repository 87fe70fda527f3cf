"""Terraform's plugin protocol 5 on the wire: its messages, as far as they are used here, and values
in msgpack.

The whole protocol is in Terraform's own documentation (docs/plugin-protocol/tfplugin5.proto). Names
of messages do not travel, so nested ones are flat here; a map travels as a list of entries.
"""

import json
from typing import Any

import msgpack
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FIELDS = {
    "Empty": "",
    "DynamicValue": "1 bytes msgpack, 2 bytes json",
    "Step": "1 string attribute_name, 2 string element_key_string, 3 int64 element_key_int",
    "AttributePath": "1 Step* steps",
    "Diagnostic": "1 int64 severity, 2 string summary, 3 string detail, 4 AttributePath attribute",
    "Attribute": "1 string name, 2 bytes type, 4 bool required, 5 bool optional, 6 bool computed,"
    " 10 bool write_only",
    "NestedBlock": "1 string type_name, 2 Block block, 3 int64 nesting, 4 int64 min_items,"
    " 5 int64 max_items",
    "Block": "1 int64 version, 2 Attribute* attributes, 3 NestedBlock* block_types",
    "Schema": "1 int64 version, 2 Block block",
    "SchemaEntry": "1 string key, 2 Schema value",
    "Capabilities": "2 bool get_provider_schema_optional",
    "Schemas": "1 Schema provider, 2 SchemaEntry* resource_schemas,"
    " 3 SchemaEntry* data_source_schemas, 6 Capabilities server_capabilities",
    "PrepareRequest": "1 DynamicValue config",
    "PrepareResponse": "1 DynamicValue prepared_config",
    "ValidateRequest": "1 string type_name, 2 DynamicValue config",
    "ValidateResponse": "1 Diagnostic* diagnostics",
    "RawState": "1 bytes json",
    "UpgradeRequest": "1 string type_name, 2 int64 version, 3 RawState raw_state",
    "UpgradeResponse": "1 DynamicValue upgraded_state",
    "ConfigureRequest": "2 DynamicValue config",
    "ReadRequest": "1 string type_name, 2 DynamicValue current_state, 3 bytes private",
    "ReadResponse": "1 DynamicValue new_state, 3 bytes private",
    "PlanRequest": "1 string type_name, 2 DynamicValue prior_state,"
    " 3 DynamicValue proposed_new_state, 5 bytes prior_private",
    "PlanResponse": "1 DynamicValue planned_state, 3 bytes planned_private,"
    " 5 bool legacy_type_system",
    "ApplyRequest": "1 string type_name, 3 DynamicValue planned_state, 5 bytes planned_private",
    "ApplyResponse": "1 DynamicValue new_state, 2 bytes private, 4 bool legacy_type_system",
    "ReadDataRequest": "1 string type_name, 2 DynamicValue config",
    "ReadDataResponse": "1 DynamicValue state",
}
SCALARS = {
    "bytes": descriptor_pb2.FieldDescriptorProto.TYPE_BYTES,
    "string": descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    "int64": descriptor_pb2.FieldDescriptorProto.TYPE_INT64,
    "bool": descriptor_pb2.FieldDescriptorProto.TYPE_BOOL,
}
PACKAGE = "dropscribe.standin"


def messages() -> dict[str, Any]:
    """The message classes by their names."""
    file = descriptor_pb2.FileDescriptorProto(
        name="standin.proto", package=PACKAGE, syntax="proto3"
    )
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for field in filter(None, fields.split(", ")):
            message.field.add().CopyFrom(described(*field.split()))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = pool.FindMessageTypeByName
    return {name: message_factory.GetMessageClass(found(f"{PACKAGE}.{name}")) for name in FIELDS}


def described(number: str, kind: str, name: str) -> descriptor_pb2.FieldDescriptorProto:
    """A field; a star after its kind says that it is repeated."""
    field = descriptor_pb2.FieldDescriptorProto(name=name, number=int(number))
    field.label = field.LABEL_REPEATED if kind.endswith("*") else field.LABEL_OPTIONAL
    if kind in SCALARS:
        field.type = SCALARS[kind]
    else:
        field.type, field.type_name = field.TYPE_MESSAGE, f".{PACKAGE}.{kind.rstrip('*')}"
    return field


Messages = messages()


class Unknown:
    """A value that is known only after an apply."""


UNKNOWN = Unknown()


def decoded(value: Any) -> Any:
    if value.msgpack:
        return msgpack.unpackb(value.msgpack, ext_hook=lambda *_: UNKNOWN, strict_map_key=False)
    return json.loads(value.json) if value.json else None


def encoded(value: Any) -> Any:
    return Messages["DynamicValue"](msgpack=msgpack.packb(value, default=extension))


def extension(value: Any) -> msgpack.ExtType:
    if value is UNKNOWN:
        return msgpack.ExtType(0, b"\0")
    raise TypeError(f"no Terraform value: {value!r}")
