"""One frozen Settings object, read once at the start of a process and passed down as values."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from foundation.addresses import is_safe_address

PREFIX = "YIXIANG_"
IDLE_MINUTES = {"asvs": 60, "mlps": 30}
"""ASVS 5.0 has us decide (NIST SP 800-63B: an hour); inspections after 等保 expect half of it."""
API_PROCESSES_MAX = 4
"""Beyond it somebody should say so: the database's connections want counting then."""


class WrongSetting(Exception):
    """A setting is missing or malformed; the message names each one."""


class Settings(BaseSettings):
    """Everything a process may be told from outside.

    Any `YIXIANG_X` may be given as a file by `YIXIANG_X_FILE`, for secrets.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    database_url: SecretStr
    """postgresql://user:password@host:port/name"""
    broker_url: SecretStr = SecretStr("")
    """mqtt://user:password@host:port"""
    data: Path = Path(".data")
    """Where files of this process live."""
    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8765, ge=0, le=65535)
    api_workers: int = Field(default=0, ge=0, le=64)
    """How many processes serve; one keeps about one core busy. 0: one a core, four at most."""
    hashing_share: float = Field(default=0.1, gt=0, le=1)
    """Of one core, for verifying passwords while many sign in for long, in all processes together;
    a password takes some 40 ms. Whoever is signed in has the rest."""
    public_url: str = ""
    """How browsers reach the api, where a proxy stands in front."""
    cookie_secure: bool = True
    """False only for plain http on the loopback, as in the demo."""
    demo_accounts: bool = False
    """Show the seeded people on the sign-in page. Never in production."""
    secret_key: SecretStr = SecretStr("")
    """At least 32 random characters; what is secret at rest is sealed by keys derived from it.

    Empty: a secret is made once and kept in `data`, which suits one machine only.
    """
    former_secret_keys: SecretStr = SecretStr("")
    """Secrets before the current one, comma-separated, until all is sealed anew."""
    cipher: Literal["aes-256-gcm", "sm4-gcm"] = "aes-256-gcm"
    password_policy: Literal["asvs", "mlps"] = "asvs"  # noqa: S105 - the name of a policy
    """ASVS 5.0 (long, no forced changes), or GB/T 22239 等保 (mixed, changed every 90 days)."""
    second_factor_roles: str = "finance,operator,platform_finance,signatory"
    """Roles that sign in with a second factor or not at all; empty only in a demo."""
    smtp_url: SecretStr = SecretStr("")
    """smtp://user:password@host:587 or smtps://…:465; empty: mail is only logged, and says so."""
    mail_from: str = "Yixiang <no-reply@localhost>"
    clamd_address: str = ""
    """host:port of ClamAV's daemon; empty: uploads are not scanned."""
    s3_bucket: str = ""
    """Keeps the files people hand in, sealed; empty: a folder in `data` does."""
    s3_endpoint: str = ""
    """https://host:port of what speaks S3; empty: Amazon's own."""
    s3_region: str = "us-east-1"
    s3_access_key: SecretStr = SecretStr("")
    """Empty: the role of the machine that this runs on."""
    s3_secret_key: SecretStr = SecretStr("")
    s3_prefix: str = ""
    """Where in the bucket, if not at its top."""
    s3_path_style: bool = True
    """host/bucket/key, as most servers want it; false: bucket.host/key, as Amazon does."""
    rate_limit_per_minute: int = Field(default=3000, ge=0)
    """Requests of one caller to one route in each process; 0: no limit."""
    broker_hook_secret: SecretStr = SecretStr("")
    """What EMQX says in `X-Broker-Secret` when it asks about a connection; empty: never asked."""
    broker_control_url: SecretStr = SecretStr("")
    """mqtt://user:password@host:port of the account that keeps mosquitto's dynamic security up to
    date; empty: the broker asks us, or reads files of ours."""
    oidc_issuer: str = ""
    """An OpenID provider in front, such as a provincial platform's; empty: none."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    """Empty: a public client, which proves itself by PKCE alone."""
    oidc_name_zh: str = "统一身份认证"
    oidc_name_en: str = "single sign-on"
    """What the button on the sign-in page calls the provider."""
    oidc_scope: str = "openid profile"
    oidc_second_factor_amr: str = ""
    """Words in a token's `amr` that stand for a second factor: `mfa,otp,hwk`; empty: none does."""
    oidc_second_factor_acr: str = ""
    """The same of its `acr`; these are also asked for."""
    idle_limit_minutes: int = Field(default=0, ge=0, le=720)
    """A sign-in that nobody uses for so long ends; 0: as the password policy has it."""
    audit_anchors: Path | None = None
    """Where the audit chain's head is kept; best on another machine. None: in `data`."""
    time_zone: str = "Asia/Shanghai"
    quota_general_h: int = Field(default=1400, ge=1)
    """定额机时: hours a year that a general instrument is expected to work."""
    quota_special_h: int = Field(default=800, ge=1)
    """The same for instruments of special purpose, and in mechanics."""
    log_json: bool = False
    simulator_url: str = ""
    """The simulators' control address, for the tester's desk; empty where there are none."""

    @property
    def roles_with_second_factor(self) -> frozenset[str]:
        return _words(self.second_factor_roles)

    @property
    def api_processes(self) -> int:
        """How many processes serve, in fact."""
        return self.api_workers or min(os.cpu_count() or 1, API_PROCESSES_MAX)

    @property
    def hashing_share_each(self) -> float:
        """What each of them may take of a core for passwords."""
        return self.hashing_share / self.api_processes

    @property
    def amr_of_second_factor(self) -> frozenset[str]:
        return _words(self.oidc_second_factor_amr)

    @property
    def acr_of_second_factor(self) -> frozenset[str]:
        return _words(self.oidc_second_factor_acr)

    @property
    def idle_limit(self) -> timedelta:
        """Return after how long unused a sign-in ends."""
        return timedelta(minutes=self.idle_limit_minutes or IDLE_MINUTES[self.password_policy])

    @property
    def audit_anchors_path(self) -> Path:
        return self.audit_anchors or self.data / "audit.anchors"

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        ZoneInfo(value)
        return value

    @model_validator(mode="after")
    def _is_known_to_the_provider(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.public_url):
            raise ValueError("an OIDC_ISSUER needs OIDC_CLIENT_ID, and PUBLIC_URL to come back to")
        for address in filter(None, (self.oidc_issuer, self.oidc_issuer and self.public_url)):
            if not is_safe_address(address):
                raise ValueError(f"{address} must be https, or http on this machine")
        return self

    @classmethod
    def read(cls, **overrides: Any) -> Self:  # noqa: ANN401 - pydantic takes any value to judge
        """Read the environment.

        Raises:
            WrongSetting: naming every setting that is missing or malformed.
        """
        for key in [name for name in os.environ if name.startswith(PREFIX)]:
            if key.endswith("_FILE"):
                path = Path(os.environ[key])
                if not path.is_file():
                    raise WrongSetting(f"{key}: no file at {path}")
                overrides.setdefault(
                    key.removeprefix(PREFIX).removesuffix("_FILE").lower(),
                    path.read_text(encoding="utf-8").strip(),
                )
        try:
            return cls(**overrides)
        except ValidationError as error:
            faults = [
                f"{PREFIX}{'.'.join(map(str, fault['loc'])).upper() or '…'}: {fault['msg']}"
                for fault in error.errors()
            ]
            raise WrongSetting("; ".join(faults)) from None


def _words(listed: str) -> frozenset[str]:
    return frozenset(part.strip() for part in listed.split(",") if part.strip())
