"""What must hold of a plan so that several deployments fit into one project."""

import re
from collections.abc import Iterator

from tests.terraform.lasting import NAMES
from tests.terraform.plan import Plan, Resource, texts

MEASURED = {"google_cloud_run_v2_service", "google_pubsub_subscription"}
"""Types of resources whose names are in filters of alerts and charts."""


def own_names(plan: Plan) -> set[tuple[str, str]]:
    """Returns the type and the name of each resource that has one."""
    found = set()
    for resource in plan.resources:
        names = [resource.values[name] for name in NAMES if resource.values.get(name)]
        if names and plan.given["name"] in names[0]:
            found.add((resource.type, names[0]))
    trigger = plan.one("eventarc_trigger").values
    subscription = f"eventarc-{trigger['location']}-{trigger['name']}-sub-123"
    return {*found, ("google_pubsub_subscription", subscription)}


def of_neighbour(names: set[tuple[str, str]], plan: Plan, neighbour: str) -> set[tuple[str, str]]:
    """Returns what a deployment of another name would have in place of these names."""
    own = plan.given["name"]
    return {(type_, name.replace(own, neighbour, 1)) for type_, name in names}


def unlucky_neighbours(plan: Plan) -> Iterator[str]:
    """Yields names that begin with the deployment's own and go on as one of its resources does."""
    own = plan.given["name"]
    beginnings = set()
    for _, name in own_names(plan):
        parts = re.split("[-_ /]", name.partition(own)[2])
        for end in range(2, len(parts) + 1):
            beginnings.add("-".join(parts[1:end]))
    for beginning in sorted(beginnings):
        yield f"{own}-{beginning}"


def names_are_no_neighbours(plan: Plan) -> None:
    """Google refuses the second of two resources with one name."""
    own = own_names(plan)
    for neighbour in unlucky_neighbours(plan):
        both = own & of_neighbour(own, plan, neighbour)
        assert not both, f"{neighbour} has {both}, too"


def filters_match_no_neighbour(plan: Plan) -> None:
    """Alerts, charts and exclusions are of this deployment's own parts."""
    own = own_names(plan)
    others = set()
    for neighbour in unlucky_neighbours(plan):
        for type_, name in of_neighbour(own, plan, neighbour):
            if type_ in MEASURED:
                others.add(name)
    for resource in plan.resources:
        for pattern in patterns(resource):
            matched = {name for name in others if re.fullmatch(pattern, name)}
            assert not matched, f"{resource.address} counts {matched}"


def patterns(resource: Resource) -> Iterator[str]:
    """Yields regular expressions of the names that a resource's filters match."""
    for text in texts(resource.values):
        plain = text.replace('\\"', '"')
        yield from re.findall(r'full_match\("([^"]+)"', plain)
        for beginning in re.findall(r'starts_with\("([^"]+)"', plain):
            yield re.escape(beginning) + ".*"


def no_database_is_shared(plan: Plan) -> None:
    """The default database of a project is that of whatever came first."""
    database = plan.one("firestore_database").values["name"]
    assert database == plan.given["name"]
    made_in = {field.values["database"] for field in plan.of("firestore_field")}
    made_in |= {index.values["database"] for index in plan.of("firestore_index")}
    assert made_in == {database}


NEIGHBOUR_CHECKS = (names_are_no_neighbours, filters_match_no_neighbour, no_database_is_shared)
