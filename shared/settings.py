"""Every knob, typed, with its unit. From `STEWARD_…` variables, or files in the directory STEWARD_SECRETS_DIR."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of all services. Without any, everything runs embedded in one process."""

    model_config = SettingsConfigDict(
        env_prefix="STEWARD_", frozen=True, extra="ignore", secrets_dir=os.environ.get("STEWARD_SECRETS_DIR")
    )

    # where things are
    database_url: SecretStr | None = Field(
        None, description="postgresql://user:password@host/database. Unset: an embedded PostgreSQL in `data_dir`."
    )
    database_connections: int = Field(12, ge=4, le=200, description="largest number of connections of one process")
    kafka_bootstrap: str | None = Field(
        None, description="host:port, comma-separated. Unset: the embedded log in the same PostgreSQL, one process."
    )
    kafka_replication: int = Field(1, ge=1, le=9, description="replication factor of topics that `topics create` makes")
    kafka_session_ms: int = Field(
        10_000,
        ge=1_000,
        le=300_000,
        description="silence after which Kafka gives a dead process's share away, ms; many brokers refuse below 6,000",
    )
    partitions: int = Field(8, ge=1, le=512, description="partitions of every topic; all topics have the same number")
    data_dir: Path = Field(Path(".steward"), description="directory of the embedded database")
    config_dir: Path | None = Field(
        None, description="directory of your own models and playbooks, over the shipped ones"
    )

    # the API and console
    api_host: str = Field("127.0.0.1", description="address that the API listens on")
    api_port: int = Field(8420, ge=0, le=65535, description="port of the API and console; 0 picks a free one")
    ops_host: str = Field(
        "127.0.0.1", description="address that /livez, /readyz, /metrics of ingest, health, playbooks listen on"
    )
    ops_port: int = Field(
        0, ge=0, le=65535, description="port of /livez, /readyz, /metrics of ingest, health, playbooks; 0: free"
    )
    public_url: str | None = Field(None, description="how browsers reach the console, used in links that leave")
    env: Literal["dev", "test", "live"] = Field("dev", description="shown in API keys: stw_<env>_…")
    max_body_bytes: int = Field(1_000_000, ge=1_000, description="largest request body, bytes")
    segment_requests_per_s: int = Field(
        1_000, ge=0, description="requests a second by one write key to one process, beyond which 429; 0: no limit"
    )

    # ingest
    horizon_days: int = Field(90, ge=1, le=120, description="events older than this at first arrival are parked, days")
    skew_hours: int = Field(24, ge=0, le=72, description="how far ahead of the clock an event may lie, hours")
    creates_accounts: list[str] = Field(
        [],
        description="sources whose unknown accounts become accounts, as a JSON list: any of `delighted`, `intercom`, "
        "`stripe`, `survey`, `zendesk`",
    )
    source_zones: dict[str, str] = Field(
        {}, description="IANA zone of times without an offset, as a JSON object of source to zone"
    )
    source_templates: dict[str, dict[str, str]] = Field(
        {}, description="where bodies of your own making hold what we read, by source; see docs/sources.md"
    )
    source_owners: dict[str, dict[str, str]] = Field(
        {}, description="e-mail addresses of your own people by their ids, by source; see docs/sources.md"
    )
    source_clients: dict[str, str] = Field(
        {"salesforce": "steward"}, description="name under which Steward writes, by source; such changes are no news"
    )
    source_namespaces: dict[str, str] = Field(
        {}, description="whose account ids a source sends, where they are not your own, e.g. amplitude: salesforce"
    )
    source_secrets: dict[str, SecretStr] = Field(
        {}, description="secrets of webhooks of sources of your own making, as a JSON object of source to secret"
    )
    stripe_webhook_secret: SecretStr | None = Field(None, description="whsec_… of the Stripe endpoint")
    zendesk_webhook_secret: SecretStr | None = Field(None, description="signing secret of the Zendesk webhook")
    intercom_client_secret: SecretStr | None = Field(None, description="client secret of the Intercom app")
    hubspot_client_secret: SecretStr | None = Field(None, description="client secret of the HubSpot app")
    salesforce_token: SecretStr | None = Field(None, description="token that the relay of Salesforce's changes shows")
    delighted_webhook_secret: SecretStr | None = Field(None, description="signing secret of Delighted's webhooks")
    survey_token: SecretStr | None = Field(None, description="token that a survey tool sends in X-Steward-Token")
    calendar_token: SecretStr | None = Field(None, description="token that a calendar sends in X-Steward-Token")
    interactions_token: SecretStr | None = Field(
        None, description="token that tells of meetings, calls and e-mails, in X-Steward-Token"
    )
    amplitude_token: SecretStr | None = Field(None, description="token that Amplitude sends in X-Steward-Token")
    mixpanel_token: SecretStr | None = Field(None, description="token that Mixpanel sends in X-Steward-Token")
    match_email_domains: bool = Field(
        False, description="whether the domain of an e-mail address tells an account; free mail never does"
    )
    hold_after_rejects: int = Field(200, ge=10, description="rejects in a row after which a source's records are held")
    hold_ratio: float = Field(
        0.5, gt=0, le=1, description="share of rejects in a batch of 200 or more that holds a source"
    )
    quiet_after_minutes: int = Field(
        60, ge=1, le=44_640, description="least silence of a source that counts as quiet, minutes"
    )
    quiet_factor: float = Field(
        2.0, ge=1, le=100, description="a source is quiet once it is silent for so many times its usual gap"
    )
    archive_url: str | None = Field(
        None, description="directory or s3://bucket/prefix of the archive of events. Unset: all stay in the database."
    )
    archive_after_days: int = Field(2, ge=1, le=90, description="age at which a day of arrival is archived, days")
    keep_activity_days: int = Field(
        220, ge=91, le=36_500, description="how long archived usage and logins stay in the database, days"
    )

    # the runner
    lanes: int = Field(2, ge=1, le=8, description="transactions in flight per service")
    batch_records: int = Field(32_000, ge=1, le=50_000, description="most records in a batch")
    wakeup_coalesce_ms: int = Field(50, ge=0, le=5_000, description="how long health gathers wake-ups, milliseconds")
    stuck_after_s: int = Field(120, ge=5, description="a process without progress on waiting records exits, seconds")

    # playbooks
    slack_webhook_url: SecretStr | None = Field(None, description="Slack incoming webhook that alerts go to")
    outbound_allow_private: list[str] = Field(
        [], description="host names or addresses in private ranges that outbound HTTP may reach, as a JSON list"
    )
    time_zone: str = Field("UTC", description="IANA zone of business days where an account has none")
    role_owners: dict[str, str] = Field(
        {}, description="who owns tasks of a role other than CSM, as a JSON object of role to e-mail address"
    )

    # logs
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least severity that is logged")
