"""A port that another program has is refused with its name, or replaced if nobody relies on it."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.errors import NotUp
from local.layout import PORTS, Layout, free_ports
from local.port_choice import RELIED_ON, GatewayAddress, choose_ports
from local.port_holder import Holder


@contextmanager
def taken(port: int) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", port)):
        yield


@pytest.mark.parametrize("name", RELIED_ON)
def test_a_taken_port_that_env_prints_is_refused_with_who_has_it(tmp_path: Path, name: str) -> None:
    home = Layout(tmp_path)
    ports = home.ports()
    process = f"(process {os.getpid()})"
    with taken(ports.ports[name]), pytest.raises(NotUp) as refusal:
        choose_ports(home, GatewayAddress())
    message = str(refusal.value)
    assert f"port {ports.ports[name]} of {name} is taken by" in message
    assert process in message
    assert home.ports() == ports


def test_a_taken_port_of_another_process_is_replaced(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    before = home.ports().ports
    with taken(before["align"]):
        choose_ports(home, GatewayAddress())
    after = home.ports().ports
    changed = {name for name in PORTS if after[name] != before[name]}
    assert changed == {"align"}


def test_a_port_whose_holder_the_system_does_not_tell_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Layout(tmp_path)
    before = home.ports()
    with socket.socket() as ending:  # it does not listen any more
        ending.bind(("127.0.0.1", before.ports["gateway"]))
        monkeypatch.setattr("local.port_choice.time.sleep", lambda _: ending.close())
        choose_ports(home, GatewayAddress())
    assert home.ports() == before


def test_a_process_without_environment_may_be_ending(tmp_path: Path) -> None:
    kernel_thread = Holder(2, "kthreadd")
    assert kernel_thread.may_belong_to(tmp_path)
    assert not Holder(os.getpid(), "pytest").may_belong_to(tmp_path)


def test_new_ports_are_none_of_outgoing_connections() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert set(ports) <= set(range(20_000, 32_768))


def test_the_port_that_is_asked_for_stays(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    [port] = free_ports(1)
    choose_ports(home, GatewayAddress(port))
    choose_ports(home, GatewayAddress())
    assert home.ports().url("gateway") == f"http://127.0.0.1:{port}"


def test_a_taken_port_that_is_asked_for_is_not_stored(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    before = home.ports()
    [port] = free_ports(1)
    with taken(port), pytest.raises(NotUp, match=f"port {port} of gateway is taken"):
        choose_ports(home, GatewayAddress(port))
    assert home.ports() == before


def test_the_port_of_another_process_is_refused(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    port = home.ports().ports["storage"]
    with pytest.raises(NotUp, match="is that of storage"):
        choose_ports(home, GatewayAddress(port))


def test_the_host_that_is_asked_for_counts_for_one_start(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    choose_ports(home, GatewayAddress(host="0.0.0.0"))
    assert home.ports().gateway_host == "0.0.0.0"
    assert home.ports().host("gateway") == "127.0.0.1"
    choose_ports(home, GatewayAddress())
    assert home.ports().gateway_host == "127.0.0.1"


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotUp, match=r"192[.]0[.]2[.]1:[0-9]+ cannot be listened on"):
        choose_ports(Layout(tmp_path), GatewayAddress(host="192.0.2.1"))


def test_a_broken_file_of_ports_is_named(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    home.ports_file.write_text("{")
    with pytest.raises(NotUp, match=r"ports[.]json is broken"):
        home.ports()
