"""Filling an empty Pult with the demo shop."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from pult.accounts import actions as accounts
from pult.accounts import queries as accounts_queries
from pult.accounts.access import SYSTEM
from pult.accounts.queries import SkillInfo
from pult.channels import actions as channels
from pult.channels import queries as channels_queries
from pult.commerce import actions as commerce
from pult.commerce import queries as commerce_queries
from pult.commerce import recognition, registry
from pult.commerce.base import Order, Product, ShopInfo
from pult.commerce.mentions.merchants import Merchant
from pult.conversations import actions as conversations
from pult.conversations import queries as conversation_queries
from pult.conversations.actions.importing import mark_closed_read
from pult.conversations.filters import Filters
from pult.customers import actions as customers
from pult.demo import generate, orders
from pult.demo.environment import HOST
from pult.demo.shop import AGENTS, STORES, TAGS, TEAMS, chat_address
from pult.demo.shopfront import store as shopfront
from pult.flows import history
from pult.platform import webhooks, words

VIEWS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("Complaints", {"status": "open", "tag": "complaint"}),
    ("Returns & refunds", {"tag": "returns"}),
    ("Tyres", {"tag": "tyres"}),
)


class Seeded(NamedTuple):
    """What seeding made."""

    conversations: int
    messages: int


def is_empty() -> bool:
    """Say whether nobody has set anything up yet."""
    return not accounts_queries.stores() and not accounts_queries.staff()


def seed(password: str, *, now: datetime | None = None, count: int = generate.CONVERSATIONS) -> Seeded:
    """Make the demo shop in an empty Pult; everybody at its desk signs in with `password`.

    Args:
        now: the moment up to which things have happened; the present by default.
    """
    words.build_dictionaries()
    now = (now or datetime.now(UTC)).replace(microsecond=0)
    people = set_up_desk(password)
    report = history.import_conversations(generate.conversations(now, count=count))
    if report.refused:
        raise RuntimeError(f"the demo's own data was refused: {report.refused[0]}")
    mark_closed_read(staff_ids=people)
    connect_shops(now, count)
    write_down(people)
    return Seeded(report.conversations, report.messages)


def set_up_desk(password: str) -> list[int]:
    """Make stores, teams, people, mailboxes, tags and shared views; return the ids of the people."""
    stores = {}
    for store in STORES:
        made = accounts.create_store(
            SYSTEM,
            name=store.name,
            language=store.language,
            languages=store.languages,
            time_zone=store.time_zone,
            address=store.address,
        )
        stores[store.name] = made.id
    teams = {
        name: accounts.create_team(SYSTEM, name=name, store_id=stores[store] if store else None).id
        for name, store in TEAMS
    }
    for store in STORES:
        team = next(teams[name] for name, owner in TEAMS if owner == store.name)
        for language, address, name in store.inboxes:
            store_id = stores[store.name]
            channels.create_inbox(store_id=store_id, channel="email", name=name, address=address, team_id=team)
            channels.create_inbox(
                store_id=store_id,
                channel="chat",
                name=f"{name}: chat",
                address=chat_address(language),
                team_id=team,
                settings={"watch_page": True},
            )
    people = [
        accounts.create_staff(
            SYSTEM,
            email=agent.email,
            name=agent.name,
            role=agent.role,
            language=agent.language,
            store_ids=[stores[name] for name in agent.stores],
            team_ids=[teams[name] for name in agent.teams],
            password=password,
            skills=[SkillInfo(kind=kind, value=value, level=level) for kind, value, level in agent.skills],
        ).id
        for agent in AGENTS
    ]
    tags = {name: conversations.create_tag(name=name, hue=hue) for name, hue in TAGS.items()}
    for position, (name, filters) in enumerate(VIEWS):
        wanted = {key: str(tags[value]) if key == "tag" else value for key, value in filters.items()}
        conversations.save_view(view_id=None, staff_id=None, name=name, filters=wanted, shared=True, position=position)
    return people


def connect_shops(now: datetime, count: int) -> None:
    """Open a shop for each store, with the orders and goods of the files that are written for it, and connect it."""
    folders = orders.write(Path(settings.DATA_DIR) / "demo-shop", now, count=count)
    for store in accounts_queries.stores():
        if folder := folders.get(store.name):
            files = ShopInfo(0, store.id, {"folder": str(folder)}, store.currency, store.time_zone)
            things = [*_things(files), *orders.promotions(store.currency, now)]
            about = shopfront.About(secrets.token_urlsafe(24))
            shopfront.fill(shopfront.default_path(), folder.name, things, about)
            wanted = {"base_url": f"http://{HOST}:0/{folder.name}", "token": about.token}
            commerce.take(
                commerce.connect(store_id=store.id, connector="http", name=store.name, settings=wanted),
                things,
                live=False,
            )


def _things(files: ShopInfo) -> Iterator[Order | Product]:
    """Give what lies in the files of a shop."""
    connector = registry.connector("csv")
    for kind in connector.kinds:
        for page in connector.pages(files, kind, since=None, cursor=None):
            yield from (thing for thing in page.things if isinstance(thing, (Order, Product)))


def meet_shops(port: int) -> None:
    """Let Pult and the demo's shops find each other where they listen this time."""
    path = shopfront.default_path()
    known = shopfront.about(path)
    for shop in commerce_queries.shops():
        name = str(shop.settings.get("base_url", "")).rpartition("/")[2]
        if shop.connector != "http" or name not in known:
            continue
        secret = str(shop.settings.get("webhook_secret", "")) or webhooks.new_secret()
        wanted = {**shop.settings, "base_url": f"http://{HOST}:{port}/{name}", "webhook_secret": secret}
        if wanted != shop.settings:
            commerce.change_shop(shop.id, settings=wanted)
        notices = f"http://{HOST}:{settings.PORT}/hooks/shops/{shop.id}/notices"
        about = shopfront.About(known[name].token, secret, notices)
        if about != known[name]:
            shopfront.tell(path, name, about)


REMARKS: tuple[tuple[str, str], ...] = (
    ("dislike", "Demo: no calls before noon"),
    ("note", "Demo: writes from work as well."),
    ("note", "Demo: the bell does not work, the courier has to telephone."),
    ("dislike", "Demo: no parcels to the neighbour"),
)


def write_down(people: Sequence[int]) -> None:
    """Write down something about those who wrote last, and name another shop that customers take this one for."""
    recognition.keep_merchants(
        [Merchant("Demo Vrabec", ("Demo Vrabec", "Demo Vrabcu", "Demo Vrabca"), ("shop-vrabec.example",))]
    )
    stores = [store.id for store in accounts_queries.stores()]
    newest = conversation_queries.conversations(
        Filters(), store_ids=stores, staff_id=None, reader=None, limit=4 * len(REMARKS)
    )
    for number, item in enumerate(newest.items):
        kind, text = REMARKS[number % len(REMARKS)]
        staff = people[number % len(people)]
        customers.add_remark(customer_id=item.customer.id, kind=kind, text=text, staff_id=staff, actor=f"staff:{staff}")


def post_through(port: int) -> None:
    """Let every mailbox of the demo shop send through the catch-all server on this port."""
    ours = {address for store in STORES for _, address, _ in store.inboxes}
    for inbox in channels_queries.inboxes():
        if inbox.address in ours:
            wanted = {**inbox.settings, "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none"}
            if wanted != inbox.settings:
                channels.change_inbox(inbox.id, settings=wanted)
