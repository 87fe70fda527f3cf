"""`rename` and `edits` change and show names at the gateway, and `fetch` gets what changed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dropscribe import Client
from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from local.cli import main
from shared.jobs.due_edits import record_drawn
from shared.model.contracts import Source
from shared.model.edits import Edits, StoredEdits
from tests.support.api_server import serve
from tests.support.edited_jobs import SENTENCES, answer, transcribed
from tests.support.gateway import ALL_SCOPES, memory_deployment
from tests.support.made_transcripts import said

NAME = "interview.wav"


@pytest.fixture
def stores(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """Serves the gateway on stores in memory, and points the commands at it."""
    stores = memory_deployment()
    _, secret = stores.keys.create("operator", ALL_SCOPES, "", None)
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    with serve(app) as address:
        monkeypatch.setenv("DROPSCRIBE_URL", address)
        monkeypatch.setenv("DROPSCRIBE_KEY", secret)
        yield stores


@pytest.fixture
def source(stores: Deployment) -> Source:
    return transcribed(stores, NAME)


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def current(stores: Deployment, source: Source) -> Edits:
    job = stores.jobs.find(source.job_id)
    assert job is not None
    found = stores.edits.current(job)
    return found.edits if found else Edits()


def test_speakers_are_named_merged_and_shown(stores: Deployment, source: Source) -> None:
    done = call("rename", NAME, "S1=Anna Weber", "--merge", "s2=s1")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("S1: Anna Weber, ") and "\nS2: Speaker 2, " in done.stdout
    assert done.stdout.endswith(" s, now S1\n")
    named = Edits(speakers={"S1": "Anna Weber"}, merges={"S2": "S1"})
    assert current(stores, source) == named


def test_names_are_added_and_taken_away_and_forgotten(stores: Deployment, source: Source) -> None:
    call("rename", source.job_id, "s1=Anna")
    call("rename", NAME, "S2= Ben ")
    assert current(stores, source).speakers == {"S1": "Anna", "S2": "Ben"}
    call("rename", NAME, "S1=")
    assert current(stores, source).speakers == {"S2": "Ben"}
    call("rename", NAME, "--merge", "S2=S1")
    assert call("rename", NAME, "--undo").exit_code == 0
    assert current(stores, source) == Edits()


def test_other_edits_stay(stores: Deployment, source: Source) -> None:
    job = stores.jobs.find(source.job_id)
    assert job is not None
    stores.edits.save(job, Edits(words={"0": "Fine"}), 1, 0)
    call("rename", NAME, "S1=Anna")
    call("rename", NAME, "--undo")
    assert current(stores, source) == Edits(words={"0": "Fine"})


def test_an_unknown_speaker_is_answered_with_those_that_there_are(
    stores: Deployment, source: Source
) -> None:
    done = call("rename", NAME, "S7=Anna")
    assert done.exit_code == 1
    assert "the transcript has no speaker S7. Its speakers are:\nS1: Speaker 1, " in done.stderr
    assert "\nS2: Speaker 2, " in done.stderr
    assert current(stores, source) == Edits()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("Anna",), 2, "'Anna' is not SPEAKER=NAME"),
        (("Speaker 1=Anna",), 1, "SPEAKER 1"),
        (("S1=" + "a" * 101,), 1, "speakers.S1"),
        (("S1=Anna", "--undo"), 2, "--undo forgets all names: give none"),
        (("--merge", "S1=S2", "--merge", "S2=S1"), 1, "the merges of S1 form a circle"),
    ],
)
def test_a_slip_is_reported_in_plain_words(
    source: Source, arguments: tuple[str, ...], status: int, message: str
) -> None:
    done = call("rename", NAME, *arguments)
    assert (done.exit_code, message in done.stderr) == (status, True), done.stderr


def test_without_names_the_speakers_are_listed(stores: Deployment, source: Source) -> None:
    done = call("rename", NAME)
    assert [line.split(",")[0] for line in done.stdout.splitlines()] == [
        "S1: Speaker 1",
        "S2: Speaker 2",
    ]
    assert current(stores, source) == Edits()


def saving_first(times: int, act: Callable[[], object]) -> Callable[..., object]:
    """Returns a `Client.save_edits` before which so many times something else is done."""
    save = Client.save_edits
    left = times

    def saved(client: Client, job_id: str, edits: Edits, etag: str) -> object:
        nonlocal left
        if left:
            left -= 1
            act()
        return save(client, job_id, edits, etag)

    return saved


@pytest.mark.parametrize(("conflicts", "status"), [(1, 0), (2, 1)])
def test_a_conflict_is_solved_once(
    stores: Deployment,
    source: Source,
    monkeypatch: pytest.MonkeyPatch,
    conflicts: int,
    status: int,
) -> None:
    def save_another() -> None:
        job = stores.jobs.find(source.job_id)
        assert job is not None
        found = stores.edits.find(job)
        words = {"0": f"Word{found.revision}"}
        stores.edits.save(job, Edits(words=words), 1, found.revision)

    monkeypatch.setattr(Client, "save_edits", saving_first(conflicts, save_another))
    done = call("rename", NAME, "S1=Anna")
    assert done.exit_code == status, done.output
    expected = {"S1": "Anna"} if status == 0 else {}
    assert (current(stores, source).speakers, current(stores, source).words["0"]) == (
        expected,
        f"Word{conflicts - 1}",
    )


def test_what_was_corrected_is_shown(stores: Deployment, source: Source) -> None:
    job = stores.jobs.find(source.job_id)
    assert job is not None
    stores.edits.save(job, Edits(words={"0": "Fine"}, sentences={"1": "S5"}), 1, 0)
    shown = call("edits", NAME).stdout.splitlines()
    assert shown[-3:] == [
        "revision 1",
        "words corrected: 1",
        "sentences given to other speakers: 1",
    ]


def text_in(out: Path, file: str) -> str:
    return (out / NAME / file).read_text()


def test_a_rename_is_fetched(source: Source, tmp_path: Path) -> None:
    assert call("fetch", "--all", "--out", tmp_path).exit_code == 0
    assert "Mary" not in text_in(tmp_path, "transcript.srt")
    call("rename", NAME, "S1=Mary")
    fetched = call("fetch", "--all", "--out", tmp_path)
    assert fetched.stdout == f"{tmp_path / NAME}\n"
    for file in ("transcript.srt", "transcript.txt"):
        assert "Mary" in text_in(tmp_path, file)
    stored = StoredEdits.model_validate_json(text_in(tmp_path, "edits.json"))
    assert (stored.revision, stored.speakers) == (1, {"S1": "Mary"})
    assert call("fetch", "--all", "--out", tmp_path).stdout == "", "nothing has changed"


def test_the_answer_of_a_redrive_is_fetched(
    stores: Deployment, source: Source, tmp_path: Path
) -> None:
    assert call("fetch", NAME, "--out", tmp_path).exit_code == 0
    assert call("redrive", NAME).exit_code == 0
    job = stores.jobs.find(source.job_id)
    assert job is not None
    without = call("fetch", NAME, "--out", tmp_path)
    assert without.exit_code == 1 and "queued, no answer yet" in without.stderr
    answer(stores, source, job.run, (*SENTENCES, said("S2", "Nothing more, thanks.")))
    for arguments in (("--all",), (NAME,)):
        assert call("fetch", *arguments, "--out", tmp_path).stdout == f"{tmp_path / NAME}\n"
        assert "Nothing more" in text_in(tmp_path, "transcript.txt")


def test_edits_that_a_redrive_took_over_are_fetched(
    stores: Deployment, source: Source, tmp_path: Path
) -> None:
    call("rename", NAME, "S1=Anna")
    call("fetch", NAME, "--out", tmp_path)
    record_drawn(source.job_id, 2, stores.jobs)
    assert call("fetch", "--all", "--out", tmp_path).stdout == f"{tmp_path / NAME}\n"


def test_any_format_is_fetched(source: Source, tmp_path: Path) -> None:
    call("rename", NAME, "S1=Anna Weber")
    done = call("fetch", NAME, "--formats", "vtt, DOCX", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    files = {path.name for path in (tmp_path / NAME).iterdir()}
    assert files == {"transcript.vtt", "transcript.docx", "transcript.json", "edits.json"}
    assert "Anna Weber" in text_in(tmp_path, "transcript.vtt")
    refused = call("fetch", NAME, "--formats", "pdf", "--out", tmp_path)
    assert refused.exit_code == 2 and "--formats: 'pdf' is none of srt, " in refused.stderr
