"""config.yaml and NIANGJIA_<SECTION>__<KEY> become Settings; a wrong key or value is refused with its path."""

import difflib
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

PREFIX = "NIANGJIA_"
DEFAULT_FILE = Path("config.yaml")


class ConfigError(Exception):
    """The configuration can't be used; the text names each key and what is allowed."""


class Section(BaseModel):
    """A section refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(Section):
    host: str = Field("127.0.0.1", description="Address to listen on; only loopback unless you set it")
    port: int = Field(8000, ge=1, le=65535, description="Port of web chat, API and console")
    public_url: str = Field(
        "", description="Address that workers see, e.g. https://gh.example.cn; empty: none"
    )
    secure_cookies: bool = Field(False, description="true when served over https: cookies are marked Secure")
    workers_in_process: bool = Field(
        True, description="Run delivery, timers and polling in the serving process"
    )


class DataSettings(Section):
    folder: Path = Field(Path("data"), description="Folder of database, files, model and key")


class DatabaseSettings(Section):
    url: str = Field("", description="sqlite:///… or postgresql://…; empty: SQLite in the data folder")


class RedisSettings(Section):
    url: str = Field("memory://", description="redis://… or memory:// for the embedded queue")

    @field_validator("url")
    @classmethod
    def known_scheme(cls, value: str) -> str:
        if not value.startswith(("memory://", "redis://", "rediss://", "unix://")):
            raise ValueError("must start with memory://, redis://, rediss:// or unix://")
        return value


class NluSettings(Section):
    url: str = Field(
        "embedded", description='"embedded" (Rasa as our child) or http://host:port of a Rasa server'
    )
    timeout_seconds: float = Field(2.0, gt=0, le=30, description="How long a message waits for Rasa")

    @field_validator("url")
    @classmethod
    def embedded_or_address(cls, value: str) -> str:
        if value not in {"embedded", "off"} and not value.startswith(("http://", "https://")):
            raise ValueError('must be "embedded", "off" or an http(s) address')
        return value


class TelegramSettings(Section):
    mode: Literal["polling", "webhook", "off"] = Field("off", description="How updates arrive")
    token: str = Field("", description="Bot token; set it in the environment, not in the file", repr=False)
    base_url: str = Field("https://api.telegram.org", description="Bot API server")
    webhook_secret: str = Field(
        "", description="Secret token of the webhook, 16 characters or more", repr=False
    )
    poll_seconds: int = Field(20, ge=0, le=50, description="Long-poll time of getUpdates")


class SecuritySettings(Section):
    keys: list[str] = Field(
        [], description="Encryption keys (base64, 32 bytes), newest first; empty: key file", repr=False
    )
    session_hours: int = Field(12, ge=1, le=168, description="How long a console sign-in lasts")
    login_attempts: int = Field(5, ge=3, le=50, description="Wrong passwords in 15 minutes before a pause")


class ChatSettings(Section):
    text_limit: int = Field(
        2000, ge=200, le=20000, description="Longest text that is understood; longer is cut and said so"
    )
    file_limit_mb: int = Field(20, ge=1, le=50, description="Largest file a worker may send")
    messages_per_minute: int = Field(
        30, ge=5, le=600, description="Per conversation; more gets a friendly wait"
    )
    resume_hours: int = Field(
        12, ge=1, le=720, description="After this pause an open form is summarised before it goes on"
    )


class KnowledgeSettings(Section):
    answer_score: float = Field(0.7, ge=0, le=1, description="At or above: answered outright")
    choices_score: float = Field(0.22, ge=0, le=1, description="At or above: offered as “您是想问”")


class DraftingSettings(Section):
    """Drafts of a cadre's reply by an OpenAI-compatible endpoint. Off while `url` is empty."""

    url: str = Field("", description="OpenAI-compatible endpoint, asked at /v1/chat/completions; empty: off")
    model: str = Field("", description="Name of the model at that endpoint")
    api_key: str = Field(
        "",
        description="Key of the endpoint; only from NIANGJIA_DRAFTING__API_KEY, never the file",
        repr=False,
    )
    timeout_seconds: float = Field(30, gt=0, le=300, description="How long a cadre waits for a draft")

    @field_validator("url")
    @classmethod
    def plain_address(cls, value: str) -> str:
        parts = urlsplit(value)
        known = parts.scheme in {"http", "https"} and parts.hostname is not None
        if value and (not known or "@" in parts.netloc or parts.query or parts.fragment):
            raise ValueError("must be an http(s) address without user name, password or query")
        return value.rstrip("/")

    @field_validator("api_key")
    @classmethod
    def fits_a_header(cls, value: str) -> str:
        if not (value.isascii() and (value.isprintable() or not value)):
            raise ValueError("must be printable ASCII")
        return value.strip()


class SlaSettings(Section):
    """Working hours; 本地默认, 以上级规定为准."""

    first_response_hours: float = Field(8, gt=0, description="Working hours to the first answer, normal")
    urgent_first_response_hours: float = Field(
        2, gt=0, description="Working hours to the first answer, urgent"
    )
    critical_first_response_minutes: float = Field(
        30, gt=0, description="Minutes, day and night, emergencies"
    )
    close_days: dict[str, int] = Field(
        {"consult": 3, "service": 5, "dispute": 15, "complex": 30},
        description="Working days to close by difficulty class",
    )
    periods: list[Annotated[str, Field(pattern=r"^\d\d:\d\d-\d\d:\d\d$")]] = Field(
        ["09:00-12:00", "14:00-18:00"], description="Working periods of a day"
    )
    reopen_days: int = Field(15, ge=1, le=365, description="Days after closing in which a worker may reopen")


class DemoSettings(Section):
    enabled: bool = Field(True, description="First start seeds a demonstration organisation with accounts")


class FileSettings(Section):
    """What happens to files that people send."""

    scan_command: list[str] = Field(
        [],
        description="Virus scanner; gets the file's path, exits 0 harmless, 1 refused. Empty: off",
    )


class OcrSettings(Section):
    """Reading photos of payslips, contracts and ID cards on this machine."""

    enabled: bool = Field(False, description="Read photos; needs requirements-ocr.lock installed")


class RetentionSettings(Section):
    chat_days: int = Field(90, ge=7, description="Conversations without a ticket are deleted after this")


class LocalSettings(Section):
    """Local figures that this union publishes; null is shown as 本地标准待公布."""

    hotline: str = Field("0871-12351", description="Hotline told to workers")


class SeasonWindow(Section):
    """A part of every year, both days included; it may pass the turn of the year."""

    name: str = ""
    begins: Annotated[str, Field(pattern=r"^\d\d-\d\d$")]
    ends: Annotated[str, Field(pattern=r"^\d\d-\d\d$")]

    @field_validator("begins", "ends")
    @classmethod
    def a_day(cls, value: str) -> str:
        try:
            date.fromisoformat(f"2024-{value}")  # a leap year
        except ValueError as error:
            raise ValueError("must be a day of the year, MM-DD") from error
        return value

    @property
    def first(self) -> tuple[int, int]:
        """Month and day."""
        return int(self.begins[:2]), int(self.begins[3:])

    @property
    def last(self) -> tuple[int, int]:
        """Month and day."""
        return int(self.ends[:2]), int(self.ends[3:])


class SeasonSettings(Section):
    """When services of a season are open; shown to workers as 以当期通知为准."""

    festival_care: list[SeasonWindow] = Field(
        [
            SeasonWindow(name="元旦春节", begins="12-03", ends="03-03"),
            SeasonWindow(name="中秋国庆", begins="09-01", ends="10-10"),
        ],
        description="节日送温暖: windows of a year with name, begins, ends (MM-DD)",
    )
    tuition_aid: list[SeasonWindow] = Field(
        [SeasonWindow(begins="07-01", ends="08-31")], description="金秋助学: windows of a year"
    )
    mutual_aid_join: list[SeasonWindow] = Field(
        [SeasonWindow(begins="10-15", ends="12-15")], description="参加医疗互助: windows of a year"
    )


class Settings(Section):
    """Everything that can be set. Keys in config.yaml have the same names in lower case."""

    server: ServerSettings = ServerSettings()
    data: DataSettings = DataSettings()
    database: DatabaseSettings = DatabaseSettings()
    redis: RedisSettings = RedisSettings()
    nlu: NluSettings = NluSettings()
    telegram: TelegramSettings = TelegramSettings()
    security: SecuritySettings = SecuritySettings()
    chat: ChatSettings = ChatSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    drafting: DraftingSettings = DraftingSettings()
    sla: SlaSettings = SlaSettings()
    demo: DemoSettings = DemoSettings()
    files: FileSettings = FileSettings()
    ocr: OcrSettings = OcrSettings()
    retention: RetentionSettings = RetentionSettings()
    local: LocalSettings = LocalSettings()
    seasons: SeasonSettings = SeasonSettings()

    @property
    def database_url(self) -> str:
        """The configured database, or SQLite in the data folder."""
        return self.database.url or f"sqlite:///{self.data.folder.resolve() / 'niangjia.db'}"


def load(file: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings; raises ConfigError naming every wrong key with what is allowed."""
    path = file or DEFAULT_FILE
    raw: Any = {}
    if path.exists():
        try:
            raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise ConfigError(f"{path}: not valid YAML: {error}") from error
    raw = {} if raw is None else raw
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: must be a mapping of sections, is a {type(raw).__name__}")
    _refuse_key_in_file(raw, path)
    merged = _merge_environment(raw, os.environ if environ is None else environ)
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(_explain(error, path)) from error
    _check_together(settings, path)
    return settings


def _refuse_key_in_file(raw: Mapping[str, Any], path: Path) -> None:
    """A file is copied, mailed and committed; the key of an outside service must not travel with it."""
    drafting = raw.get("drafting")
    if isinstance(drafting, dict) and drafting.get("api_key"):
        raise ConfigError(f"{path}: drafting.api_key: set it as {PREFIX}DRAFTING__API_KEY, not in the file")


def _merge_environment(raw: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    merged = {name: dict(value) if isinstance(value, dict) else value for name, value in raw.items()}
    for name, value in environ.items():
        if not name.startswith(PREFIX):
            continue
        section, separator, key = name.removeprefix(PREFIX).lower().partition("__")
        field = Settings.model_fields.get(section)
        if not separator or field is None:
            allowed = ", ".join(f"{PREFIX}{known.upper()}__…" for known in Settings.model_fields)
            raise ConfigError(f"{name}: unknown section; allowed: {allowed}")
        target = merged.setdefault(section, {})
        if not isinstance(target, dict):
            raise ConfigError(f"{section}: must be a mapping of keys")
        target[key] = _from_environment(section, key, value)
    return merged


def _from_environment(section: str, key: str, value: str) -> Any:
    """Lists and mappings are written as YAML in the environment; everything else is taken as text."""
    model = Settings.model_fields[section].annotation
    field = model.model_fields.get(key) if isinstance(model, type) and issubclass(model, Section) else None
    if field is not None and str(field.annotation).startswith(("list", "dict")):
        return yaml.safe_load(value)
    return value


def _explain(error: ValidationError, path: Path) -> str:
    lines = []
    for problem in error.errors():
        where = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            lines.append(f"{path}: {where}: unknown key{_suggest(problem['loc'])}")
        else:
            lines.append(f"{path}: {where}: {problem['msg']}{_allowed(problem['loc'])}")
    return "\n".join(lines)


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    if len(location) == 1:
        return list(Settings.model_fields)
    field = Settings.model_fields.get(str(location[0]))
    model = field.annotation if field else None
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, Section) else []


def _suggest(location: tuple[int | str, ...]) -> str:
    known = _known_keys(location)
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"; allowed: {', '.join(known)}{hint}"


def _allowed(location: tuple[int | str, ...]) -> str:
    field = Settings.model_fields.get(str(location[0]))
    model = field.annotation if field else None
    if len(location) < 2 or not isinstance(model, type) or not issubclass(model, Section):
        return ""
    about = model.model_fields.get(str(location[1]))
    return f" ({about.description})" if about and about.description else ""


def _check_together(settings: Settings, path: Path) -> None:
    telegram = settings.telegram
    if telegram.mode != "off" and not telegram.token:
        raise ConfigError(f"{path}: telegram.token: needed when telegram.mode is {telegram.mode}")
    if telegram.mode == "webhook" and len(telegram.webhook_secret) < 16:
        raise ConfigError(
            f"{path}: telegram.webhook_secret: at least 16 characters when telegram.mode is webhook"
        )
    if settings.drafting.url and not settings.drafting.model:
        raise ConfigError(f"{path}: drafting.model: needed when drafting.url is set")
    if settings.knowledge.choices_score > settings.knowledge.answer_score:
        raise ConfigError(f"{path}: knowledge.choices_score: must not be above knowledge.answer_score")
