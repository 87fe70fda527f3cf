"""`make push BUILDER=cloudbuild` builds what `make images` builds, and writes down the digests."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from images.cloud_build import build_config
from images.references import ROOT
from shared.model.stages import FUNCTIONS
from tests.support.linters import linter

REGISTRY = "europe-west4-docker.pkg.dev/acme-speech/dropscribe"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
NAMES = sorted(FUNCTIONS)
GCLOUD = f"""#!{sys.executable}
import json, sys
from pathlib import Path
here = Path(__file__).parent
(here / "arguments.json").write_text(json.dumps(sys.argv[1:]))
(config,) = [each.partition("=")[2] for each in sys.argv if each.startswith("--config=")]
names = json.loads(Path(config).read_text())["images"]
images = [dict(name=name, digest="sha256:" + name.rsplit("/")[-1]) for name in names]
print(json.dumps(dict(results=dict(images=images))))
"""
"""A command that answers as gcloud does after a build, and writes down its arguments."""


@dataclass(frozen=True)
class Repository:
    """A copy of what the command needs, beside a folder of commands that is the whole PATH."""

    folder: Path
    commands: Path

    def push(self, *functions: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs the command as `make push` does, with nothing but the standard library."""
        return subprocess.run(
            (sys.executable, "-I", "-S", "-c", RUN, str(self.folder), REGISTRY, *functions),
            env={"PATH": str(self.commands), **variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def written(self) -> dict[str, str]:
        """Returns what Terraform reads."""
        file = self.folder / "terraform" / "images.auto.tfvars.json"
        images: dict[str, str] = json.loads(file.read_text())["images"]
        return images

    def config(self) -> dict[str, Any]:
        """Returns the config of the last build."""
        found: dict[str, Any] = json.loads((self.folder / "build/cloudbuild.json").read_text())
        return found

    def arguments(self) -> list[str]:
        """Returns what gcloud was called with."""
        found: list[str] = json.loads((self.commands / "arguments.json").read_text())
        return found


RUN = """
import runpy, sys
sys.path.insert(0, sys.argv.pop(1))
runpy.run_module("images.cloud_build", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    folder, commands = tmp_path / "repository", tmp_path / "commands"
    shutil.copytree(ROOT / "images", folder / "images")
    commands.mkdir()
    install(commands, "git", "#!/bin/sh\necho 0123abc-dirty\n")
    install(commands, "gcloud", GCLOUD)
    return Repository(folder, commands)


def install(commands: Path, name: str, script: str) -> None:
    (commands / name).write_text(script)
    (commands / name).chmod(0o755)


def steps(config: dict[str, Any]) -> dict[str, list[str]]:
    """Returns the arguments of docker by the id of their step."""
    return {step["id"]: step["args"] for step in config["steps"]}


def test_each_target_of_the_dockerfile_is_built_and_pushed() -> None:
    config = build_config(REGISTRY, NAMES, [])
    targets = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.M))
    built = steps(config)
    assert sorted(built) == NAMES
    assert targets.issuperset(built)
    for name, arguments in built.items():
        assert pairs(arguments, "--target") == [name]
        assert pairs(arguments, "--tag") == pairs(arguments, "--cache-from")
        assert pairs(arguments, "--tag") == [f"{REGISTRY}/{name}"]
    assert config["images"] == [f"{REGISTRY}/{name}" for name in NAMES]


def pairs(arguments: Sequence[str], option: str) -> list[str]:
    """Returns the values of an option."""
    places = [place for place, argument in enumerate(arguments) if argument == option]
    return [arguments[place + 1] for place in places]


def test_an_image_brings_the_cache_of_the_next_build_and_no_attestation() -> None:
    """Attestations would make three versions of a push, and the registry keeps fifteen."""
    for step in build_config(REGISTRY, NAMES, [])["steps"]:
        assert "BUILDKIT_INLINE_CACHE=1" in pairs(step["args"], "--build-arg")
        assert set(step["env"]) == {"DOCKER_BUILDKIT=1", "BUILDX_NO_DEFAULT_ATTESTATIONS=1"}


def test_the_digests_are_written_for_terraform(repository: Repository) -> None:
    done = repository.push("prepare", "align")
    assert done.returncode == 0, done.stderr
    assert repository.written() == {
        "prepare": f"{REGISTRY}/prepare@sha256:prepare",
        "align": f"{REGISTRY}/align@sha256:align",
    }
    repository.push("notify")
    assert sorted(repository.written()) == ["align", "notify", "prepare"]


def test_the_build_runs_in_the_project_of_the_registry(repository: Repository) -> None:
    account = "dropscribe-build@acme-speech.iam.gserviceaccount.com"
    assert repository.push("align", BUILD_ACCOUNT=account).returncode == 0
    command = repository.arguments()
    assert command[:3] == ["builds", "submit", str(repository.folder)]
    assert "--project=acme-speech" in command
    assert f"--service-account=projects/acme-speech/serviceAccounts/{account}" in command


def test_build_arguments_are_those_of_make_images(repository: Repository) -> None:
    options = shlex.join(["--build-arg", "WHISPER_MODEL=large-v3", "--build-arg=BASE=a $HOME"])
    repository.push("transcribe", BUILD_OPTIONS=options, TORCH_INDEX="")
    (arguments,) = steps(repository.config()).values()
    given = set(pairs(arguments, "--build-arg"))
    assert given >= {"WHISPER_MODEL=large-v3", "BASE=a $$HOME", "TORCH_INDEX="}
    revision = "org.opencontainers.image.revision=0123abc-dirty"
    assert pairs(arguments, "--label") == [revision]


def test_without_torch_index_the_dockerfile_decides(repository: Repository) -> None:
    repository.push("transcribe")
    (arguments,) = steps(repository.config()).values()
    assert pairs(arguments, "--build-arg") == ["BUILDKIT_INLINE_CACHE=1"]


def test_an_option_about_this_machine_is_refused(repository: Repository) -> None:
    done = repository.push("diarize", BUILD_OPTIONS="--secret id=hub_token,src=token.txt")
    assert done.returncode == 1
    assert "Cloud Build takes --build-arg only; BUILD_OPTIONS has --secret" in done.stderr
    assert not (repository.commands / "arguments.json").exists()


def test_a_missing_gcloud_is_named(repository: Repository) -> None:
    (repository.commands / "gcloud").unlink()
    done = repository.push("align")
    assert done.returncode == 1
    assert done.stderr.startswith("gcloud is missing")


def test_a_build_that_fails_writes_nothing(repository: Repository) -> None:
    install(repository.commands, "gcloud", "#!/bin/sh\nexit 1\n")
    done = repository.push("align")
    assert (done.returncode, done.stderr) == (1, "gcloud builds submit failed\n")
    assert not (repository.folder / "terraform").exists()


def test_the_config_is_as_the_schema_of_cloud_build_says(tmp_path: Path) -> None:
    lint = linter("check-jsonschema")
    file = tmp_path / "cloudbuild.json"
    file.write_text(json.dumps(build_config(REGISTRY, NAMES, ["--build-arg", "A=B"])))
    lint("--builtin-schema", "vendor.cloudbuild", str(file))


def test_make_needs_no_engine_and_no_environment_for_it() -> None:
    done = make("BUILDER=cloudbuild", "FUNCTIONS=prepare align", "PYTHON=a-python", "--dry-run")
    *_, last = done.stdout.splitlines()
    assert last == f'a-python -m images.cloud_build "{REGISTRY}" prepare align'
    assert "docker build" not in done.stdout and "venv" not in done.stdout


def test_make_refuses_an_unknown_builder() -> None:
    done = make("BUILDER=kaniko", "FUNCTIONS=prepare")
    assert done.returncode == 2
    assert "BUILDER is cloudbuild, or empty" in done.stderr


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        ("make", "push", f"REGISTRY={REGISTRY}", *arguments),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
