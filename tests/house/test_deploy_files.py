"""The files in deploy/ fit the program: their settings, commands and limits are those that it has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from gunicorn.config import Config

from booking.adapters.backup_files import new_pair
from booking.adapters.sealing import new_key_entry
from booking.config import SECRET_NAMES, Settings
from booking.web.application import MAX_FORM_BYTES
from tests.programs import program_with
from tests.settings import settings_for

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SETTING = re.compile(r"^([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)
SECRETS = "/etc/respite/secrets/"
UNITS = sorted(path.name for path in (DEPLOY / "systemd").glob("*.service"))
HARDENED = {
    "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes",
    "PrivateUsers=yes", "CapabilityBoundingSet=", "RestrictNamespaces=yes", "MemoryDenyWriteExecute=yes",
    "SystemCallFilter=@system-service", "UMask=0077", "User=respite",
}  # fmt: skip


def text(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


def values() -> dict[str, str]:
    """The settings of deploy/respite.env, unquoted."""
    return {name: value.strip("'") for name, value in SETTING.findall(text("deploy", "respite.env"))}


def commands_of(source: str) -> Iterator[list[str]]:
    """What follows `flask --app wsgi` or the command `respite`, in units and in the indented lines of a page."""
    for line in source.splitlines():
        found = re.search(r"(?:flask --app wsgi|^    (?:sudo )?respite) ([a-z][^`]*)", line.partition("  #")[0])
        if found:
            yield shlex.split(re.split(r" [|>&]", found[1])[0])


def executed(unit: str) -> list[str]:
    return re.findall(r"^ExecStart=(.*)$", text("deploy", "systemd", unit), re.MULTILINE)


def test_every_setting_is_known() -> None:
    known = {name for name, _ in SETTING.findall(text(".env.example"))}
    known |= {f"{name}_FILE" for name in SECRET_NAMES}
    assert set(values()) <= known


def test_production_starts_with_the_settings_and_the_secrets_that_are_made(tmp_path: Path) -> None:
    made = {
        "secret-key": "s" * 48,
        "audit-key": "a" * 48,
        "field-keys": new_key_entry("k1"),
        "smtp-url": "smtps://u:p@mail.example.org:465",
    }
    assert set(re.findall(r"^make ([a-z-]+) ", text("deploy", "bin", "make-secrets"), re.MULTILINE)) == set(made)
    for name, secret in made.items():
        (tmp_path / name).write_text(secret, encoding="utf-8")
    environ = {name: value.replace(SECRETS, f"{tmp_path}/") for name, value in values().items()}
    settings = Settings.from_env({**environ, "BACKUP_PUBLIC_KEY": str(new_pair("b1")[1])})
    assert (settings.stage, settings.is_https, settings.trusted_proxies) == ("production", True, 1)


def test_no_secret_is_in_the_settings() -> None:
    assert set(values()) & set(SECRET_NAMES) == {"DATABASE_URL"}
    assert "password" not in values()["DATABASE_URL"]


@pytest.mark.parametrize(
    "source", [*(f"deploy/systemd/{unit}" for unit in UNITS), "docs/deploy.md", "docs/operation.md", "README.md"]
)
def test_every_command_is_one_of_the_program(tmp_path: Path, source: str) -> None:
    with program_with(settings_for(f"sqlite:///{tmp_path / 'none.db'}", tmp_path)) as program:
        runner = program.test_cli_runner()
        wrong = [words for words in commands_of(text(source)) if runner.invoke(args=[*words, "--help"]).exit_code]
    assert wrong == []


def test_the_commands_of_the_units_were_found() -> None:
    found = [words for unit in UNITS for line in executed(unit) for words in commands_of(line)]
    assert sorted(words[0] for words in found) == ["backup", "worker"]


def test_gunicorn_knows_its_options() -> None:
    [line] = executed("respite-web.service")
    containers = re.search(r"^CMD \[(.*)\]$", text("Containerfile"), re.MULTILINE)
    assert containers is not None
    for words in (shlex.split(line)[1:], re.findall(r'"([^"]+)"', containers[1])[1:]):
        assert Config().parser().parse_args(words).args == ["wsgi:app"]


@pytest.mark.parametrize("unit", UNITS)
def test_every_service_is_hardened(unit: str) -> None:
    assert set(text("deploy", "systemd", unit).splitlines()) >= HARDENED


def test_the_private_key_of_backups_is_nowhere_on_the_server() -> None:
    files = [file for file in DEPLOY.rglob("*") if file.is_file()]
    assert [file.name for file in files if "BACKUP_PRIVATE_KEY" in file.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("proxy", ["nginx/respite.conf", "caddy/Caddyfile"])
def test_a_proxy_speaks_new_tls_only_and_believes_no_visitor(proxy: str) -> None:
    source = text("deploy", *proxy.split("/"))
    protocols = re.findall(r"^\s*(?:ssl_)?protocols (.*?);?$", source, re.MULTILINE)
    assert {version for line in protocols for version in line.lower().replace("sv", "s").split()} == {
        "tls1.2",
        "tls1.3",
    }
    assert "proxy_add_x_forwarded_for" not in source
    assert {"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"} <= set(re.findall(r"X-Forwarded-\w+", source))
    assert int(re.findall(r"max_(?:body_)?size (\d+)(?:k|KB)", source)[0]) * 1000 > MAX_FORM_BYTES


@pytest.mark.parametrize("proxy", ["nginx/respite.conf", "caddy/Caddyfile"])
def test_without_tls_people_are_sent_on_and_all_else_is_refused(proxy: str) -> None:
    source = text("deploy", *proxy.split("/"))
    assert ("GET" in source, " 308" in source, "403" in source) == (True, True, True)
    assert re.search(r"/readyz \{\n\s+allow 127|path /readyz\n\s+not remote_ip 127", source)


def test_ciphers_have_forward_secrecy_and_authenticate() -> None:
    [ciphers] = re.findall(r"ssl_ciphers (\S+);", text("deploy", "nginx", "respite.conf"))
    assert [
        name for name in ciphers.split(":") if not re.fullmatch(r"ECDHE-.*(GCM-SHA\d+|CHACHA20-POLY1305)", name)
    ] == []


def test_the_proxys_log_tells_no_address_of_a_page() -> None:
    [told] = re.findall(
        r"^log_format respite (.*?);$", text("deploy", "nginx", "respite.conf"), re.DOTALL | re.MULTILINE
    )
    assert {"$request", "$request_uri", "$uri", "$args", "$http_referer"} & set(re.findall(r"\$\w+", told)) == set()


def test_the_container_installs_the_lock_file_and_runs_as_nobody_special() -> None:
    source = text("Containerfile")
    installs = re.findall(r"pip install (.*?)(?: \\)?$", source, re.MULTILINE)
    assert ["--require-hashes" in line and line.endswith("-r requirements.txt") for line in installs] == [True]
    assert re.findall(r"^USER (.*)$", source, re.MULTILINE) == ["10001:10001"]
    copied = [word for line in re.findall(r"^COPY (?!--from)(.*) \S+$", source, re.MULTILINE) for word in line.split()]
    assert [name for name in copied if not (ROOT / name).exists() or name.startswith((".git", "tests"))] == []


def test_what_is_sent_to_the_builder_is_listed() -> None:
    rules = [line for line in text(".dockerignore").splitlines() if not line.startswith("#")]
    assert rules[0] == "*"
    assert not {"!.git", "!var", "!.venv", "!.env"} & set(rules)
