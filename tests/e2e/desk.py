"""The staff app as an agent uses it."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from typing import Any

from playwright.sync_api import Locator, Page, Response, Route, expect

from tests.e2e.installation import ROOT, Pult

PACE = 1_000
"""Turns of the loop in `Desk.pace` that a machine of the kind for which times are asked for makes in 25 ms."""
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


class Held:
    """Requests that wait, as on a slow line, until they are released; those after that go through."""

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self._released = False

    def take(self, route: Route) -> None:
        """Hold one, or let it through."""
        if self._released:
            route.continue_()
        else:
            self.routes.append(route)

    def release(self) -> None:
        """Let all go."""
        self._released = True
        for route in self.routes:
            route.continue_()


class Desk:
    """One browser page at one installation."""

    def __init__(self, page: Page, pult: Pult) -> None:
        self.page = page
        self.pult = pult
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def sign_in(self, email: str = "", password: str = "") -> None:
        """Sign in through the page, as the demo's agent unless told otherwise."""
        self.page.goto("/sign-in")
        self.page.locator("input[name=email]").fill(email or self.pult.demo["email"])
        field = self.page.locator("input[type=password]")
        if not field.is_visible():
            self.page.keyboard.press("Enter")
        field.fill(password or self.pult.demo["password"])
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "/sign-in" not in url)

    def open_inbox(self, path: str = "/inbox") -> None:
        """Open the inbox and wait for its first rows."""
        self.page.goto(path)
        expect(self.rows.first).to_be_visible()

    @property
    def rows(self) -> Locator:
        """The rows of the list."""
        return self.page.locator("[data-list] [data-conversation]")

    def row(self, subject: str) -> Locator:
        """The row with this subject."""
        return self.rows.filter(has_text=subject)

    @property
    def editor(self) -> Locator:
        """Where a reply or note is written."""
        return self.page.locator("[contenteditable=true]")

    def write(self, key: str, text: str) -> None:
        """Press a key that opens the editor (`r` reply, `n` note) and type into it."""
        self.page.keyboard.press(key)
        expect(self.editor).to_be_focused()
        self.page.keyboard.type(text)

    def slow(self, *, cpu: float = 4.0, latency: float = 40.0) -> None:
        """Make the machine `cpu` times slower and every request `latency` ms later."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": cpu})
        session.send("Network.enable")
        session.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1},
        )

    def patch_me(self, change: dict[str, Any]) -> None:
        """Change one's own account as the page does."""
        cookies = self.page.context.cookies()
        token = next(str(one["value"]) for one in cookies if one["name"] == "csrftoken")
        answer = self.page.request.patch("/api/v1/me", data=change, headers={"X-CSRFToken": token})
        assert answer.ok, answer.text()

    def change(self, **preferences: Any) -> AbstractContextManager[object]:
        """Within it the page tells the account these preferences, as in `change(theme="dark")`, and is answered."""

        def told(answer: Response) -> bool:
            asked = answer.request
            sent = asked.method == "PATCH" and asked.url.endswith("/api/v1/me")
            return sent and asked.post_data_json == {"preferences": preferences} and answer.ok

        return self.page.expect_response(told)

    def hold(self, url: str | re.Pattern[str]) -> Held:
        """Hold every request for this address until it is released."""
        held = Held()
        self.page.route(url, held.take)
        return held

    def share(self) -> float:
        """Return how much of the machine the page gets just now, 0 to 1: its own time in a busy tenth of a second.

        What other programs take is not the app's doing: a time measured on a busy machine is weighed by this.
        """
        session = self.page.context.new_cdp_session(self.page)
        session.send("Performance.enable")

        def times() -> tuple[float, float]:
            found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
            return found["ThreadTime"], found["Timestamp"]

        before = times()
        self.page.evaluate("() => { const began = performance.now(); while (performance.now() - began < 100); }")
        after = times()
        session.detach()
        share: float = (after[0] - before[0]) / (after[1] - before[1])
        return min(1.0, share)

    def pace(self) -> float:
        """Return how fast this machine is beside the kind for which times are asked for, 1 at most; before `slow`."""
        turns: int = self.page.evaluate(
            "() => { let best = 0; for (let round = 0; round < 8; round++) {"
            " const end = performance.now() + 25; let turns = 0, x = 1; while (performance.now() < end) {"
            " for (let i = 0; i < 2000; i++) x = (x * 16807) % 2147483647; turns++ }"
            " best = Math.max(best, turns) } return best }"
        )
        return min(1.0, turns / PACE)

    def within(self, seconds: float) -> float:
        """Return how long to wait, in ms, for what is to be there within `seconds` on a machine of its own."""
        return seconds * 1000 / self.share()

    def accessibility(self, scope: str = "document") -> list[str]:
        """Return what axe finds, WCAG 2.2 AA, one line a rule: the rule, its help and the first elements."""
        self.page.evaluate(AXE.read_text())
        # Colours on their way from one state to the next are nobody's to read.
        self.page.evaluate(
            "Promise.allSettled(document.getAnimations()"
            ".filter((one) => one.effect.getComputedTiming().endTime !== Infinity).map((one) => one.finished))"
        )
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        found: dict[str, Any] = self.page.evaluate(
            f"(tags) => axe.run({scope}, {{ runOnly: tags, resultTypes: ['violations'] }})", tags
        )
        return [
            f"{rule['id']}: {rule['help']}: {', '.join(str(node['target']) for node in rule['nodes'][:3])}"
            for rule in found["violations"]
        ]
