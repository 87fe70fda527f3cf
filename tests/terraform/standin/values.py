"""What Google would have answered: computed values, invented from what was asked for."""

from collections.abc import Callable
from typing import Any

from tests.terraform.standin import existing_buckets
from tests.terraform.standin.existing_buckets import existing_bucket
from tests.terraform.standin.wire import UNKNOWN

Schema = dict[str, Any]
Leaf = Callable[[str, Any], Any]
"""From the name and the type of a computed attribute that has no value."""
PROJECT_NUMBER = str(existing_buckets.PROJECT_NUMBER)
NAMES = ("name", "account_id", "secret_id", "repository_id", "service")


def is_write_only(attribute: str) -> bool:
    """Returns whether an attribute is sent and never stored. The schema does not say so, but the
    provider names all such attributes alike."""
    return attribute.endswith("_wo")


def filled(block: Schema, value: Any, leaf: Leaf) -> Any:
    """A copy of the value, with whatever is computed and has none."""
    if value is None or value is UNKNOWN:
        return value
    out = {}
    for name, attribute in block["attributes"].items():
        given = None if is_write_only(name) else value.get(name)
        computed = attribute.get("computed") and (given is None or given is UNKNOWN)
        out[name] = leaf(name, attribute["type"]) if computed else given
    for name, nested in block["block_types"].items():
        out[name] = all_filled(nested, value.get(name), leaf)
    return out


def all_filled(nested: Schema, value: Any, leaf: Leaf) -> Any:
    if value is None or value is UNKNOWN:
        return value
    if nested["nesting_mode"] in ("list", "set"):
        return [filled(nested["block"], one, leaf) for one in value]
    if nested["nesting_mode"] == "map":
        return {key: filled(nested["block"], one, leaf) for key, one in value.items()}
    return filled(nested["block"], value, leaf)


def planned(type_: str, value: Schema) -> Leaf:
    """Before an apply little is known. Of a service account the real provider knows the address,
    too."""
    known = service_account(value) if type_ == "google_service_account" else {}
    return lambda name, _: known[name] if name in ("email", "member") and known else UNKNOWN


def kept(name: str, type_: Any) -> None:
    """What stands and has no value does not get one later."""


def applied(type_: str, value: Schema) -> Leaf:
    """Values of the right type that name what they belong to."""
    words = [value[key] for key in NAMES if isinstance(value.get(key), str)]
    name = (words or ["x"])[0]
    known = {
        "id": f"projects/{value.get('project')}/{type_.removeprefix('google_')}/{name}",
        "uri": f"https://{name}-stand-in.a.run.app",
        "number": PROJECT_NUMBER,
        **(service_account(value) if type_ == "google_service_account" else {}),
        **(storage_agent() if type_ == "google_storage_project_service_account" else {}),
    }
    return lambda attribute, kind: known.get(attribute) or invented(attribute, kind)


def read(type_: str, config: Schema) -> Leaf:
    """Values of what a data source looks at."""
    if type_ != "google_storage_bucket":
        return applied(type_, config)
    known = existing_bucket(config["name"])
    return lambda name, kind: known[name] if name in known else invented(name, kind)


def invented(attribute: str, kind: Any) -> Any:
    if isinstance(kind, list):
        return {} if kind[0] == "map" else []
    return {"number": 1, "bool": False}.get(kind, f"stand-in-{attribute}")


def service_account(value: Schema) -> dict[str, str]:
    email = f"{value['account_id']}@{value['project']}.iam.gserviceaccount.com"
    name = f"projects/{value['project']}/serviceAccounts/{email}"
    return {"email": email, "member": f"serviceAccount:{email}", "name": name, "id": name}


def storage_agent() -> dict[str, str]:
    email = f"service-{PROJECT_NUMBER}@gs-project-accounts.iam.gserviceaccount.com"
    return {"email_address": email, "member": f"serviceAccount:{email}"}
