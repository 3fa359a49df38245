"""Configurations for other programs are read by these, or at least by a parser.

nginx, Caddy and systemd read what is for them, where they are installed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import tomli
import yaml

from tests.docs.blocks import find_pages, read_blocks
from tests.workspace.members import ROOT

PROXIES = ROOT / "docs/how-to/deploy-behind-a-proxy.md"
DEPLOYMENT = ROOT / "docs/how-to/run-and-deploy.md"
CONTAINERS = ROOT / "docs/how-to/deploy-in-containers.md"


def block(page: Path, language: str) -> str:
    """The one block of a language on a page."""
    (found,) = [each.source for each in read_blocks(page) if each.language == language]
    return found


def require(name: str) -> str:
    """A program; the test is skipped without it."""
    program = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if program is None:
        pytest.skip(f"needs {name}")
    return program


def passes(*command: str) -> None:
    """Run a program that says what is wrong with a configuration."""
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert run.returncode == 0, run.stdout + run.stderr


def test_toml_and_yaml_are_well_formed() -> None:
    parsers = {"toml": tomli.loads, "yaml": yaml.safe_load}
    read = [
        parsers[each.language](each.source)
        for page in find_pages()
        for each in read_blocks(page)
        if each.language in parsers
    ]

    assert len(read) >= 4
    assert all(read)


def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    nginx = require("nginx")
    # The certificate is not here, and nobody but root may listen on 443.
    site = re.sub(r"^ *ssl_.*\n", "", block(PROXIES, "nginx"), flags=re.MULTILINE)
    site = site.replace("listen 443 ssl", "listen 127.0.0.1:8443")
    folders = "".join(
        f"{name}_temp_path {tmp_path}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    frame = f"pid {tmp_path}/pid; events {{}} http {{ access_log off; {folders} {site} }}"
    (tmp_path / "nginx.conf").write_text(frame, encoding="utf-8")

    passes(nginx, "-t", "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "log"))


def test_caddy_takes_its_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    caddy = require("caddy")
    (tmp_path / "Caddyfile").write_text(block(PROXIES, "text"), encoding="utf-8")

    passes(caddy, "validate", "--config", str(tmp_path / "Caddyfile"), "--adapter", "caddyfile")


@pytest.mark.parametrize("language", ["text", "nginx"])
def test_no_proxy_passes_on_what_clients_write(language: str) -> None:
    """A Forwarded field of a client hides who it is: it contradicts what the proxy tells."""
    dropped = {"text": "header_up -Forwarded", "nginx": 'proxy_set_header Forwarded ""'}

    assert dropped[language] in block(PROXIES, language)


def test_systemd_takes_its_unit(tmp_path: Path) -> None:
    analyze = require("systemd-analyze")
    unit = block(DEPLOYMENT, "ini").replace("/srv/shop/.venv/bin/responder", "/bin/true")
    (tmp_path / "shop.service").write_text(unit, encoding="utf-8")

    passes(analyze, "verify", str(tmp_path / "shop.service"))


def test_probes_and_times_of_the_manifest_belong_together() -> None:
    pod: dict[str, Any] = yaml.safe_load(block(DEPLOYMENT, "yaml"))["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (port,) = container["ports"]
    probes = {name: container[f"{name}Probe"]["httpGet"] for name in ("liveness", "readiness")}

    assert {probe["port"] for probe in probes.values()} == {port["containerPort"]}
    assert str(port["containerPort"]) in container["command"]
    assert [probe["path"] for probe in probes.values()] == ["/livez", "/readyz"]
    # preStop, open requests, background functions; the lifespan has the rest.
    assert pod["terminationGracePeriodSeconds"] > 5 + 30 + 10


def test_a_container_has_the_time_to_stop() -> None:
    (service,) = yaml.safe_load(block(CONTAINERS, "yaml"))["services"].values()

    assert int(service["stop_grace_period"].removesuffix("s")) > 30 + 10
