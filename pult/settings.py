"""Settings of Pult, all from the environment; docs/settings.md is the table of them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from pult.platform.keyring import derive, read_keys

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("PULT_DATA_DIR", BASE_DIR / "var")).resolve()
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

SECRET_KEY_FILE = Path(os.environ.get("PULT_SECRET_KEY_FILE", DATA_DIR / "secret.keys"))
SECRET_KEY, *SECRET_KEY_FALLBACKS = (derive(k, "django") for k in read_keys(SECRET_KEY_FILE).values())
# Dictionary forms for the search: made once at install (scripts/lemmas.py), else in the data folder on first use.
_installed_lemmas = Path(sys.prefix) / "share" / "pult" / "lemmas"
LEMMAS_DIR = _installed_lemmas if _installed_lemmas.is_dir() else DATA_DIR / "lemmas"
DEMO = os.environ.get("PULT_DEMO", "") == "1"
DEBUG = False
PORT = int(os.environ.get("PORT", "8000"))
SMTP_PORT = int(os.environ.get("SMTP_PORT", "2525"))
SMTP_HOST = os.environ.get("SMTP_HOST", "127.0.0.1")
SMTP_HOSTNAME = os.environ.get("SMTP_HOSTNAME", "localhost")
DEMO_SHOP_PORT = int(os.environ.get("DEMO_SHOP_PORT", "0"))  # of the demo: where its own shops listen
OUTBOX_PORT = int(os.environ.get("OUTBOX_PORT", "0"))  # of the demo: where its catch-all mail server listens
SMTP_MAX_BYTES = int(os.environ.get("SMTP_MAX_BYTES", str(35 * 1024 * 1024)))
SMTP_TLS_CERT = os.environ.get("SMTP_TLS_CERT", "")
SMTP_TLS_KEY = os.environ.get("SMTP_TLS_KEY", "")
PUBLIC_URL = os.environ.get("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS = [h for h in os.environ.get("ALLOWED_HOSTS", "").split(",") if h] or [
    "127.0.0.1",
    "localhost",
    "[::1]",
    urlsplit(PUBLIC_URL).hostname or "localhost",
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
REDIS_URL = os.environ.get("REDIS_URL", "")
HOST = os.environ.get("HOST", "127.0.0.1")
TRUSTED_PROXIES = os.environ.get("TRUSTED_PROXIES", "127.0.0.1,::1")  # whose X-Forwarded-For and -Proto count
WEB_WORKERS = int(os.environ.get("WEB_WORKERS", "2"))
QUEUE_THREADS = int(os.environ.get("QUEUE_THREADS", "2"))  # for each worker
WEB_THREADS = int(os.environ.get("WEB_THREADS", "6"))  # for each web process
MAX_BODY = int(os.environ.get("MAX_BODY", str(64 << 20)))  # bytes of one request
# What runs where, as dotted paths. A worker imports TASK_MODULES (they register tasks); calls each function of
# WORKER_BATCHES again as long as it returns more than 0, and then when its topic is notified or 0.1 s later; calls
# WORKER_RELEASES now and then, which give back what dead processes held; and runs each of WORKER_LOOPS in a thread of
# its own, with a threading.Event that says when to stop. `pult run` keeps a process for each (name, function) of
# SUPERVISED beside the web workers.
TASK_MODULES = [
    "pult.platform.storage",
    "pult.platform.webhooks",
    "pult.platform.retention",
    "pult.accounts.mail",
    "pult.accounts.tasks",
    "pult.channels.tasks",
    "pult.spam.tasks",
    "pult.commerce.reading",
    "pult.commerce.tasks",
    "pult.flows.acting",
    "pult.flows.outbound",
    "pult.flows.reactions",
    "pult.flows.privacy",
    "pult.flows.copies",
    "pult.flows.retention",
    "pult.flows.spam",
]
# Called before the processes part ways, so that what they load is shared and the first mail does not wait for it.
PRELOAD = ["pult.platform.words.build_dictionaries", "pult.platform.language.warm_up"]
WORKER_BATCHES = [
    ("pult.flows.inbound.run_batch", "payloads"),
    ("pult.commerce.notices.run_batch", "notices"),
    ("pult.platform.webhooks.run_batch", "events"),
]
WORKER_RELEASES = [
    "pult.platform.queue.release_orphans",
    "pult.channels.actions.release_orphans",
    "pult.commerce.notices.release_orphans",
]
WORKER_LOOPS = ["pult.flows.reactions.react", "pult.channels.listening.run"]
SUPERVISED = [("worker", "pult.platform.worker.main"), ("smtp", "pult.channels.smtp.run_smtp")]
# Who may listen to the live stream, what an event looks like there, and who is present: platform knows no such words.
STREAM_AUTHORIZE = "pult.accounts.stream_access.authorize"
STREAM_OUTSIDE = "pult.web.chat.listening.authorize"
STREAM_OPENED = "pult.accounts.stream_access.opened"
STREAM_RENDER = "pult.web.stream.render"
STREAM_EPHEMERAL = "pult.web.stream.ephemeral"
# Inner addresses that Pult may call all the same: names, with a port or for all, and networks such as 10.0.0.0/8.
HTTP_ALLOW_HOSTS = [h for h in os.environ.get("HTTP_ALLOW_HOSTS", "").split(",") if h]
HTTP_ALLOW_NETWORKS = [n for n in os.environ.get("HTTP_ALLOW_NETWORKS", "").split(",") if n]
S3_BUCKET = os.environ.get("S3_BUCKET", "")
S3_ENDPOINT = os.environ.get("S3_ENDPOINT", "")
S3_REGION = os.environ.get("S3_REGION", "")
S3_ACCESS_KEY = os.environ.get("S3_ACCESS_KEY", "")
S3_SECRET_KEY = os.environ.get("S3_SECRET_KEY", "")


def database(url: str) -> dict[str, object]:
    """Turn a DATABASE_URL (postgresql://user:password@host:port/name?option=value, or sqlite:///path) into
    Django's form."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "pult.platform.sqlite",
            "NAME": parts.path[1:] or str(DATA_DIR / "pult.sqlite3"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {"timeout": 30, "transaction_mode": "IMMEDIATE"},
            "TEST": {"NAME": ":memory:"},
        }
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError(f"DATABASE_URL: {parts.scheme!r} is neither postgresql nor sqlite")
    options: dict[str, object] = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    # Statements prepared after so many runs; 0 where a pooler such as pgbouncer before 1.21 stands between.
    options["prepare_threshold"] = int(os.environ.get("DATABASE_PREPARE", "5")) or None
    pool = int(os.environ.get("DATABASE_POOL", "8"))
    if pool:
        # After a restart of the server the pool must not sit out a long pause that it chose while nobody answered.
        options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10, "reconnect_timeout": 2}
    return {
        "ENGINE": "pult.platform.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
    }


DATABASES = {"default": database(os.environ.get("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'pult.sqlite3'}")}
if "sqlite" in str(DATABASES["default"]["ENGINE"]):
    # The access log is written by every read: a file of its own keeps it out of the write gate's way.
    DATABASES["log"] = database(f"sqlite:///{DATA_DIR / 'access-log.sqlite3'}")
# After so many seconds whoever waits to be woken looks by itself. Processes of one machine wake each other; those of
# several do so by Redis, and without it they look often.
_one_machine = DATABASES["default"].get("HOST", "") in {"", "localhost", "127.0.0.1", "::1"}
LOOK_SECONDS = 2.0 if _one_machine or REDIS_URL else 0.2
DATABASE_ROUTERS = ["pult.accounts.log_database.AccessLogRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "allauth.headless",
    "pult.platform",
    "pult.accounts",
    "pult.channels",
    "pult.customers",
    "pult.spam",
    "pult.commerce",
    "pult.conversations",
    "pult.flows",
    "pult.demo",
]

MIDDLEWARE = [
    "pult.web.policy.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "pult.web.policy.PageFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "pult.web.policy.page_language",
    "pult.web.policy.PageAddresses",
    "pult.web.policy.PageCsrf",
    "pult.web.policy.PageUser",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "pult.urls"
WSGI_APPLICATION = "pult.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [BASE_DIR / "pult" / "web" / "templates"],
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

AUTH_USER_MODEL = "accounts.Staff"
EVENT_DAYS = int(os.environ.get("EVENT_DAYS", "90"))
PAYLOAD_DAYS = int(os.environ.get("PAYLOAD_DAYS", "90"))
SPAM_DAYS = int(os.environ.get("SPAM_DAYS", "0"))  # 0: what lies in Spam is kept
DEAD_JOB_DAYS = int(os.environ.get("DEAD_JOB_DAYS", "90"))
ACCESS_LOG_DAYS = int(os.environ.get("ACCESS_LOG_DAYS", "400"))

# --- signing in: django-allauth, headless, for the browser; nobody signs himself up ---------------------
SECURE = PUBLIC_URL.startswith("https://")
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
     "OPTIONS": {"user_attributes": ("email", "name")}},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]  # fmt: skip
SESSION_ENGINE = "pult.accounts.session_store"
SESSION_COOKIE_NAME = "pult_session"
SESSION_COOKIE_AGE = int(os.environ.get("SESSION_DAYS", "14")) * 86_400
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = False  # the staff app reads it and sends it back as X-CSRFToken
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
PASSWORD_RESET_TIMEOUT = 3_600

HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser",)
HEADLESS_FRONTEND_URLS = {
    "account_confirm_email": f"{PUBLIC_URL}/sign-in?confirm={{key}}",
    "account_reset_password": f"{PUBLIC_URL}/sign-in",
    "account_reset_password_from_key": f"{PUBLIC_URL}/sign-in/reset/{{key}}",
    "account_signup": f"{PUBLIC_URL}/sign-in",
    "socialaccount_login_error": f"{PUBLIC_URL}/sign-in?error=provider",
}
ACCOUNT_ADAPTER = "pult.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USER_DISPLAY = str
# Failed attempts: per address of the network and per account. Successful ones are not counted.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "10/m/ip,60/h/ip,5/5m/key,20/h/key",
    "reset_password": "10/m/ip,3/15m/key",
    "reset_password_from_key": "10/m/ip",
    "reauthenticate": "10/m/user",
}

MFA_ADAPTER = "pult.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Pult"
MFA_TOTP_TOLERANCE = 1
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE

OIDC_ISSUER = os.environ.get("OIDC_ISSUER", "").rstrip("/")
OIDC_DOMAINS = [d.strip().lower() for d in os.environ.get("OIDC_DOMAINS", "").split(",") if d.strip()]
OIDC_ROLE = os.environ.get("OIDC_ROLE", "colleague")
SOCIALACCOUNT_ADAPTER = "pult.accounts.adapters.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "company",
                "name": os.environ.get("OIDC_NAME", "OpenID Connect"),
                "client_id": os.environ.get("OIDC_CLIENT_ID", ""),
                "secret": os.environ.get("OIDC_CLIENT_SECRET", ""),
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}

# Rate limits have to hold over all processes: in the database, or in Redis where there is one. The table is large
# enough that nobody pushes another's count out of it by trying many names.
_COUNTS = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "accounts_cache"}
_REDIS = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "pult"}
CACHES = {"default": _REDIS if REDIS_URL else {**_COUNTS, "OPTIONS": {"MAX_ENTRIES": 50_000}}}

# Mails to the staff themselves (password reset, notices): smtp://user:password@host:587?tls=starttls|tls
MAIL = urlsplit(os.environ.get("MAIL_URL", "smtp://127.0.0.1:25"))
_mail_tls = parse_qs(MAIL.query).get("tls", [""])[-1]
EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = MAIL.hostname or "127.0.0.1", MAIL.port or 25, 20
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(MAIL.username or ""), unquote(MAIL.password or "")
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail_tls == "starttls", _mail_tls == "tls"
DEFAULT_FROM_EMAIL = os.environ.get("MAIL_FROM", f"Pult <pult@{urlsplit(PUBLIC_URL).hostname or 'localhost'}>")

LANGUAGE_CODE = "en"
LANGUAGES = [("sl", "Slovenščina"), ("hr", "Hrvatski"), ("el", "Ελληνικά"), ("pl", "Polski"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "pult" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "pult" / "web" / "static"  # built there, served from there
UPLOAD_LIMIT = int(os.environ.get("UPLOAD_LIMIT", str(25 * 1024 * 1024)))
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# Left out of backups unless asked: what opens a door by itself. Sealed fields stay, without their key they say nothing.
BACKUP_SECRET_TABLES = [
    "accounts_apitoken",
    "accounts_cache",
    "django_session",
    "usersessions_usersession",
    "socialaccount_socialapp",
    "socialaccount_socialtoken",
]
