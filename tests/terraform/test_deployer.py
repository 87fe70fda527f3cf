"""The page lists the roles of docs/deployer.yaml, and each type of resource has one."""

import re

from tests.terraform.copies import ROOT
from tests.terraform.deployer import GRANTED_ROLES, deployer_roles, types_of_roles

PAGE = (ROOT / "docs" / "deploy.md").read_text()
SECTION = PAGE.partition("## Who deploys\n")[2].partition("\n## ")[0]
GRANTS_ROLES = "roles/resourcemanager.projectIamAdmin"


def test_a_role_is_named_for_each_type_that_is_written_and_for_no_other() -> None:
    texts = [file.read_text() for file in (ROOT / "terraform").rglob("*.tf")]
    written = re.findall(r'^(?:resource|data) "(google_\w+)"', "\n".join(texts), re.M)
    assert set(types_of_roles()) == set(written)


def test_the_page_lists_the_roles() -> None:
    groups = deployer_roles()
    for role, content in groups["project"].items():
        assert f"| `{role}` | {content['why']} |" in SECTION
    for role, content in groups["elsewhere"].items():
        where = f"{content['of']}, with `{content['when']}`"
        assert f"| `{role}` | {where} | {content['why']} |" in SECTION
    listed = re.findall(r"^\| `(roles/.*?)`", SECTION, re.M)
    assert listed == [role for group in groups.values() for role in group]


def test_the_commands_grant_them() -> None:
    loop = SECTION.partition("for role in ")[2].partition(";")[0]
    granted = [f"roles/{role}" for role in loop.replace("\\", " ").split()]
    assert [*granted, GRANTS_ROLES] == sorted(
        deployer_roles()["project"], key=lambda role: (role == GRANTS_ROLES, role)
    )
    condition = re.findall(r"hasOnly\((\[.*?\])\)", SECTION)
    roles = re.findall(r"roles/[\w.]+", "".join(condition))
    assert set(roles) == GRANTED_ROLES


def test_a_variable_says_when_a_role_elsewhere_is_needed() -> None:
    variables = (ROOT / "terraform" / "variables.tf").read_text()
    for content in deployer_roles()["elsewhere"].values():
        assert f'variable "{content["when"]}"' in variables
