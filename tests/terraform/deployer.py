"""Whether the roles of docs/deployer.yaml allow to make all that is planned."""

from functools import cache
from typing import Any

import yaml

from tests.terraform.copies import ROOT
from tests.terraform.plan import Plan

ON_THE_PROJECT = "google_project_iam_member"
GRANTED_ROLES = {
    "roles/datastore.user",
    "roles/eventarc.eventReceiver",
    "roles/eventarc.serviceAgent",
    "roles/pubsub.publisher",
    "roles/telemetry.tracesWriter",
    "roles/workflows.invoker",
}
"""Roles on the project that the condition in docs/deploy.md lets a deployer grant."""


@cache
def deployer_roles() -> dict[str, dict[str, dict[str, Any]]]:
    """Returns docs/deployer.yaml."""
    document = yaml.safe_load((ROOT / "docs" / "deployer.yaml").read_text())
    return dict(document)


def types_of_roles() -> dict[str, str]:
    """Returns the role that makes or reads each type of resource."""
    roles: dict[str, str] = {}
    for group in deployer_roles().values():
        for role, content in group.items():
            for type_ in content["makes"]:
                assert type_ not in roles, f"{type_} is named twice"
                roles[type_] = role
    return roles


def a_role_makes_each_resource(plan: Plan) -> None:
    types = {change["type"] for change in plan.document["resource_changes"]}
    types |= {resource["type"] for resource in plan.read_before()}
    assert types - types_of_roles().keys() == set(), "docs/deployer.yaml names no role for them"


def a_deployer_grants_only_what_the_page_lists(plan: Plan) -> None:
    granted = {grant.values["role"] for grant in plan.of("project_iam_member")}
    assert granted <= GRANTED_ROLES


DEPLOYER_CHECKS = (a_role_makes_each_resource, a_deployer_grants_only_what_the_page_lists)
