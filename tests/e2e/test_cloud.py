"""The chain answers every upload correctly, with real parts around engines that do nothing."""

import gzip
import json
from pathlib import Path

import grpc
import httpx
import pytest
from google.cloud import storage
from google.cloud.workflows.executions_v1 import Execution, ExecutionsClient
from google.cloud.workflows.executions_v1.services.executions.transports import (
    ExecutionsGrpcTransport,
)

from local.layout import INBOX, OUTBOX
from shared.model.contracts import Source
from shared.settings import Settings, setting_fields
from tests.support.audio_files import encode, silent_film
from tests.support.cloud import WORKFLOW, Cloud
from tests.support.recordings import silence, speech, wav

FIVE_SECONDS = speech()[104_000:184_000]


def test_different_containers_at_once_are_all_answered(cloud: Cloud) -> None:
    uploads = {
        "talk.wav": wav(FIVE_SECONDS),
        "talk.mp3": encode("mp3", "libmp3lame", FIVE_SECONDS),
        "talk.m4a": encode("ipod", "aac", FIVE_SECONDS),
        "talk.flac": encode("flac", "flac", FIVE_SECONDS),
        "talk.ogg": encode("ogg", "libopus", FIVE_SECONDS, rate=48_000),
        "talk.mp4": encode("mp4", "aac", silence(1), picture=1),
    }
    sources = {name: cloud.upload(name, data) for name, data in uploads.items()}
    for name, source in sources.items():
        transcript = cloud.answer(source).transcript
        assert transcript["job"]["source_uri"] == f"gs://{INBOX}/{name}"
        assert transcript["media"]["bytes"] == len(uploads[name])
        assert set(cloud.files(name)) >= {
            "transcript.json",
            "transcript.srt",
            "transcript.vtt",
            "transcript.txt",
        }


def test_the_env_command_points_any_client_at_the_cloud(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    for line in cloud.command("env").stdout.splitlines():
        name, _, value = line.removeprefix("export ").partition("  #")[0].partition("=")
        monkeypatch.setenv(name, value)
    assert {bucket.name for bucket in storage.Client(project="any").list_buckets()} >= {
        INBOX,
        OUTBOX,
    }
    assert (
        Settings().adapters.executions_host == f"127.0.0.1:{cloud.home.ports().ports['executions']}"
    )
    assert Settings().adapters.executions == setting_fields()["executions"].default, (
        "reconcile would break"
    )


@pytest.mark.parametrize(
    "name",
    [
        "with spaces in it.wav",
        "ünïcode/日本語/🎙.wav",
        "a/../../../../etc/passwd.wav",
        "../up.wav",
        "100%25 %2F%00 sure.wav",
        "query?x=1&y=2#fragment.wav",
        "x" * 986 + ".wav",
        "trailing dot./.hidden",
        "quote\"'<&>.wav",
    ],
)
def test_any_legal_name_is_answered_under_itself(cloud: Cloud, name: str) -> None:
    source = cloud.upload(name, wav(FIVE_SECONDS))
    assert cloud.answer(source).transcript["job"]["source_uri"] == f"gs://{INBOX}/{name}"


def test_a_name_too_long_to_add_to_is_answered_under_its_job(cloud: Cloud) -> None:
    source = cloud.upload("x" * 1020 + ".wav", wav(FIVE_SECONDS))
    cloud.until(lambda: cloud.settled(source), 30, "settled job")
    assert (
        cloud.job(source).results["json"]
        == f"gs://{OUTBOX}/too-long-a-name/{source.job_id}/transcript.json"
    )
    assert "transcript.json" in cloud.files(f"too-long-a-name/{source.job_id}")


@pytest.mark.parametrize(
    ("name", "data", "problem", "says"),
    [
        ("paper.mp3", b"%PDF-1.7\n" + b"obj " * 500, "not-audio", ""),
        ("empty.wav", b"", "empty-recording", "0 bytes"),
        ("no-samples.wav", wav(silence(0)), "empty-recording", ""),
        ("cut.wav", wav(FIVE_SECONDS)[:60_000], "truncated-recording", ""),
        ("film.mp4", silent_film("mp4", 1), "no-sound", ""),
        ("playlist.m3u8", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "not-audio", ""),
    ],
)
def test_bad_input_is_answered_with_its_reason(
    cloud: Cloud, name: str, data: bytes, problem: str, says: str
) -> None:
    source = cloud.upload(name, data)
    found = cloud.answer(source).problem
    assert found["type"] == f"urn:dropscribe:problem:{problem}"
    assert (found["stage"], found["job_id"]) == ("prepare", source.job_id)
    assert says in found["detail"] and len(found["detail"]) > 5
    job = cloud.job(source)
    assert job.state == "failed" and job.problem is not None and job.problem.type == found["type"]


def upload_encoded(cloud: Cloud, name: str, data: bytes, encoding: str) -> Source:
    blob = cloud.client.bucket(INBOX).blob(name)
    blob.content_encoding = encoding
    blob.upload_from_string(data, content_type="audio/wav")
    return Source(bucket=INBOX, name=name, generation=blob.generation)


def test_a_recording_with_content_encoding_gzip_is_answered(cloud: Cloud) -> None:
    """As `gsutil cp -Z` stores it."""
    plain = cloud.upload("plain.wav", wav(FIVE_SECONDS))
    packed = upload_encoded(cloud, "packed.wav", gzip.compress(wav(FIVE_SECONDS)), "gzip")
    words = cloud.answer(packed).transcript["words"]
    assert words and words == cloud.answer(plain).transcript["words"]


def test_another_content_encoding_is_named(cloud: Cloud) -> None:
    packed = upload_encoded(cloud, "brotli.wav", b"\x1b\x03 no sound" * 99, "br")
    problem = cloud.answer(packed).problem
    assert problem["type"] == "urn:dropscribe:problem:not-audio"
    assert "Content-Encoding br" in problem["detail"]


def test_silence_is_an_answer_without_words(cloud: Cloud) -> None:
    transcript = cloud.answer(cloud.upload("silence.wav", wav(silence(3)))).transcript
    assert (transcript["words"], transcript["speakers"], transcript["text"]) == ([], [], "")
    assert any(warning["code"] == "no_speech" for warning in transcript["warnings"])


def test_a_wrong_option_is_named_and_hurts_nobody_else(cloud: Cloud) -> None:
    wrong = cloud.upload("wrong.wav", wav(FIVE_SECONDS), {"langauge": "en"})
    right = cloud.upload("right.wav", wav(FIVE_SECONDS), {"language": "en"})
    assert "'langauge'" in cloud.answer(wrong).problem["detail"]
    assert cloud.answer(right).transcript["options"]["language"] == {
        "value": "en",
        "origin": "object metadata",
    }


def test_the_nearest_options_file_is_used_and_is_no_recording(cloud: Cloud) -> None:
    cloud.upload("team/options.json", json.dumps({"language": "de", "diarize": False}).encode())
    transcript = cloud.answer(cloud.upload("team/deep/call.wav", wav(FIVE_SECONDS))).transcript
    assert transcript["options"]["diarize"] == {"value": False, "origin": "team/options.json"}
    assert (transcript["language"]["code"], transcript["language"]["method"]) == ("de", "given")
    assert transcript["speakers"] == []
    assert cloud.files("team/options.json") == {}


def test_a_duplicate_event_ends_as_a_duplicate(cloud: Cloud) -> None:
    source = cloud.upload("twice.wav", wav(FIVE_SECONDS))
    cloud.answer(source)
    event = {
        "eventType": "OBJECT_FINALIZE",
        "eventId": "1",
        "time": "2026-01-01T00:00:00Z",
        "object": {"bucket": INBOX, "name": source.name, "generation": str(source.generation)},
    }
    response = httpx.post(f"{cloud.home.ports().url('workflows')}/events", json=event)
    again = response.json()["execution"]
    cloud.until(lambda: cloud.execution(again)["state"] != "ACTIVE", 30, "end of the duplicate")
    assert json.loads(cloud.execution(again)["result"]) == {"duplicate": True}
    assert cloud.job(source).execution != again


def test_an_overwritten_recording_is_answered_by_its_last_generation(cloud: Cloud) -> None:
    cloud.upload("again.wav", wav(FIVE_SECONDS))
    newer = cloud.upload("again.wav", wav(FIVE_SECONDS[:32_000]))
    transcript = cloud.answer(newer).transcript
    assert (transcript["job"]["generation"], transcript["media"]["duration"]) == (
        newer.generation,
        2.0,
    )


def test_every_stage_leaves_its_output_in_storage_and_its_progress_in_the_job(cloud: Cloud) -> None:
    source = cloud.upload("whole.wav", wav(FIVE_SECONDS))
    cloud.answer(source)
    assert {name.split("/")[1] for name in cloud.work(source)} == {
        "prepare",
        "detect",
        "transcribe",
        "align",
        "diarize",
    }
    tasks = cloud.jobs.records.of_job(source.job_id)
    assert {task.stage for task in tasks} == {"prepare", "detect", "transcribe", "align", "diarize"}
    assert all((task.state, task.attempts) == ("done", 1) for task in tasks)
    job = cloud.job(source)
    assert (job.state, job.run, job.chunks, job.spans) == ("done", 1, 1, 1)
    assert set(job.results) >= {"json", "srt", "vtt", "txt"}


def test_the_workflow_that_ran_is_the_file_that_is_deployed(cloud: Cloud) -> None:
    runner = cloud.processes("workflows")[0].cmdline()
    ran = Path(runner[runner.index("--workflow") + 1])
    assert ran.samefile(Path(__file__).parents[2] / "workflows" / "transcription.yaml")
    sources = httpx.get(f"{cloud.home.ports().url('workflows')}/status").json()["source"]
    assert sources.encode() == ran.read_bytes()


def test_a_recording_uploaded_while_the_runner_is_down_is_answered_after(cloud: Cloud) -> None:
    for process in cloud.processes("workflows"):
        process.kill()
    source = cloud.upload("meanwhile.wav", wav(FIVE_SECONDS))
    assert cloud.answer(source).transcript["words"]


def test_run_fetches_answers_and_tells_problems(cloud: Cloud, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.wav", tmp_path / "bad.mp3"
    good.write_bytes(wav(FIVE_SECONDS))
    bad.write_bytes(b"this is no recording")
    done = cloud.command("run", str(good), "--out", str(tmp_path / "out"), "--set", "language=en")
    assert done.returncode == 0, done.stderr
    assert (
        json.loads((tmp_path / "out/good.wav/transcript.json").read_text())["language"]["code"]
        == "en"
    )
    done = cloud.command("run", str(good), str(bad), "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "bad.mp3: The object is not a recording that can be decoded: " in done.stderr
    assert (tmp_path / "out/bad.mp3/problem.json").exists()
    assert "Traceback" not in done.stderr


def test_status_tells_of_jobs(cloud: Cloud) -> None:
    source = cloud.upload("status.wav", wav(FIVE_SECONDS))
    cloud.answer(source)
    assert source.job_id in cloud.command("status").stdout
    details = cloud.command("status", source.job_id).stdout
    assert "transcribe" in details and "done" in details
    missing = cloud.command("status", "nonesuch")
    assert (missing.returncode, missing.stderr) == (1, "Error: there is no job nonesuch\n")


def test_nothing_of_a_recording_reaches_a_log(cloud: Cloud) -> None:
    source = cloud.upload(
        "confidential-name.wav", wav(FIVE_SECONDS), {"initial-prompt": "planted-secret"}
    )
    cloud.answer(source)
    broken = cloud.upload("confidential-broken.wav", b"planted-content")
    cloud.answer(broken)
    written = "".join(log.read_text() for log in (cloud.home.folder / "logs").glob("*.log"))
    for planted in ("confidential", "planted", "Word."):
        assert planted not in written


@pytest.mark.slow  # tests of reconcile's sweep run with each change
def test_up_starts_again_what_has_no_answer(cloud: Cloud) -> None:
    source = cloud.upload("unanswered.wav", wav(FIVE_SECONDS))
    cloud.answer(source)
    for blob in cloud.client.list_blobs(OUTBOX, prefix="unanswered.wav/"):
        blob.delete()
    cloud.leave_unanswered(source, run=1)
    cloud.down()
    cloud.up()
    assert cloud.answer(source).transcript["job"]["run"] == 2
    tasks = cloud.jobs.records.of_job(source.job_id)
    assert all(task.reused for task in tasks), "finished stages are not run again"


def test_googles_own_client_starts_a_recording_again(cloud: Cloud) -> None:
    source = cloud.upload("redriven.wav", wav(FIVE_SECONDS))
    cloud.answer(source)
    argument = json.dumps({"source": source.model_dump(), "run": 2, "options": {"language": "de"}})
    with grpc.insecure_channel(f"127.0.0.1:{cloud.home.ports().ports['executions']}") as channel:
        client = ExecutionsClient(transport=ExecutionsGrpcTransport(channel=channel))
        started = client.create_execution(parent=WORKFLOW, execution=Execution(argument=argument))
        cloud.until(
            lambda: client.get_execution(name=started.name).state.name == "SUCCEEDED",
            30,
            "end of the redrive",
        )
    transcript = cloud.answer(source).transcript
    assert (transcript["job"]["run"], transcript["language"]["code"]) == (2, "de")
    assert transcript["options"]["language"] == {"value": "de", "origin": "redrive"}
    reused = {
        task.stage: task.reused
        for task in cloud.jobs.records.of_job(source.job_id)
        if task.stage in ("prepare", "diarize")
    }
    assert reused == {"prepare": True, "diarize": True}, (
        "only the stages whose question changed run again"
    )
