"""`console.toml` of a home: the console's own address, and the identity providers that may vouch for people."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from goldenthread.promise.errors import SignInSettingsInvalid

FILE = "console.toml"
_ID = re.compile(r"[a-z][a-z0-9-]{0,30}")
_PROVIDER_KEYS = frozenset(
    {"id", "name", "issuer", "client_id", "client_secret_file", "client_secret_variable", "scope"}
)


@dataclass(frozen=True, kw_only=True)
class ProviderSettings:
    """
    An OpenID Connect provider.

    Attributes:
        id: Its part of the address that it leads back to: `/sign-in/from/{id}`.
        name: What stands on the button.
        issuer: As its tokens name it; its discovery document is found below it.
        client_id: What it knows this console by.
        client_secret: What proves that to it; '' for a public client, which PKCE protects alone.
        scope: What it is asked for.
    """

    id: str
    name: str
    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    scope: str = "openid email"


@dataclass(frozen=True, kw_only=True)
class SignInSettings:
    """
    All of the file. `url` is where people find the console, '' if it does not say; `passwords` whether they may come
    in with one, or with passkeys and providers alone.
    """

    url: str = ""
    passwords: bool = True
    providers: tuple[ProviderSettings, ...] = ()


def read_settings(home: Path) -> SignInSettings:
    """
    The settings of a home; nothing is set where there is no file.

    Raises:
        SignInSettingsInvalid: It cannot be read, says something unknown, or not enough.
    """
    file = home / FILE
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return SignInSettings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise _invalid(file, f"it cannot be read: {problem}") from problem
    unknown = sorted(set(said) - {"url", "passwords", "provider"})
    passwords = said.get("passwords", True)
    if unknown or not isinstance(said.get("provider", []), list) or not isinstance(passwords, bool):
        what = ", ".join(unknown) or "passwords or provider"
        raise _invalid(file, f"it says {what}; expected `url`, `passwords = true or false` and `[[provider]]` tables")
    providers = tuple(_provider(file, one) for one in said.get("provider", []))
    if len({one.id for one in providers}) < len(providers):
        raise _invalid(file, "two providers have one id; each needs its own")
    url = check_url(str(said.get("url", "")), str(file))
    return SignInSettings(url=url, passwords=passwords, providers=providers)


def check_url(url: str, where: str, *, here: bool = False) -> str:
    """
    An https address without a path, as people find the console; '' stays ''.

    `here`: plain http will do for an address of this machine, where `goldenthread up --sign-in` serves it so.

    Raises:
        SignInSettingsInvalid: Another scheme, or more than a host and a port.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    scheme = "http" if here and parts.scheme == "http" and parts.hostname in _THIS_MACHINE else "https"
    clean = f"{scheme}://{host}" + (f":{port}" if port else "")
    if url and (not parts.hostname or url.rstrip("/").lower() != clean):
        raise SignInSettingsInvalid(
            f"{where}: '{url}' is no address of a console; expected https, a host and maybe a port. "
            "Write e.g. https://console.example.com."
        )
    return clean if url else ""


_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


def _provider(file: Path, said: Any) -> ProviderSettings:
    if not isinstance(said, dict) or not set(said) <= _PROVIDER_KEYS:
        raise _invalid(file, f"a provider has other keys than {', '.join(sorted(_PROVIDER_KEYS))}")
    texts = {key: value for key, value in said.items() if isinstance(value, str) and value.strip()}
    missing = [key for key in ("id", "issuer", "client_id") if key not in texts]
    if missing or len(texts) < len(said):
        raise _invalid(file, f"a provider needs text for {', '.join(missing) or 'each of its keys'}")
    issuer = urlsplit(texts["issuer"])
    local = issuer.hostname in ("127.0.0.1", "localhost", "::1")
    if not _ID.fullmatch(texts["id"]) or not (issuer.scheme == "https" or (issuer.scheme == "http" and local)):
        raise _invalid(
            file, f"provider '{texts['id']}' of {texts['issuer']}: an id is a-z, 0-9 and -, and an issuer is https"
        )
    return ProviderSettings(
        id=texts["id"],
        name=texts.get("name", texts["id"]),
        issuer=texts["issuer"],
        client_id=texts["client_id"],
        client_secret=_secret(file, texts),
        scope=texts.get("scope", "openid email"),
    )


def _secret(file: Path, texts: dict[str, str]) -> str:
    if "client_secret_variable" in texts:
        found = os.environ.get(texts["client_secret_variable"], "")
        if not found:
            raise _invalid(file, f"the environment variable {texts['client_secret_variable']} is not set")
        return found
    if "client_secret_file" in texts:
        try:
            return (file.parent / texts["client_secret_file"]).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            raise _invalid(file, f"the client's secret cannot be read: {problem}") from problem
    return ""


def _invalid(file: Path, words: str) -> SignInSettingsInvalid:
    return SignInSettingsInvalid(f"{file} cannot be used: {words}. Mend it; see docs/howto/sign-in.md.")
