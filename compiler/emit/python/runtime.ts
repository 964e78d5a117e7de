/*
 * What every client for Python has, written once. It needs Python 3.10 and its own library, and nothing else.
 */

export const IMPORTS = `from __future__ import annotations

import base64
import datetime
import json
import math
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any, List, Literal, Mapping, Sequence, Tuple, Union

# What JSON has: None, bool, int, float, str, and lists and dicts of these.
Json = Any`;

export const SUPPORT = `class Absent:
    """What is not there, where None is a value of its own."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


@dataclass(frozen=True)
class Receipt:
    """The task's id; for a duplicate, that of the task which was accepted before."""

    id: str
    duplicate: bool


class GatewayError(Exception):
    """What the gateway refused: \`problem\` is its body, as RFC 9457 has it, with \`code\`, \`detail\`, \`fix\` and \`violations\`."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = problem
        self.code = str(problem.get("code", "unknown"))
        places = "".join(
            f"\\n  {violation.get('path') or 'the event'}: {violation.get('rule')}, found {violation.get('found')}"
            for violation in problem.get("violations", [])
        )
        super().__init__(f"{status} {self.code}: {problem.get('detail', '')}{places}")


def _number(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("JSON has finite numbers alone")
    return value


def _timestamp(value: datetime.datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("a datetime must have a time zone: datetime.datetime.now(datetime.timezone.utc)")
    # Events hold milliseconds.
    text = value.astimezone(datetime.timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


class _Gateway:
    """Sends to one use case of the gateway. May be used by several threads."""

    _path: str

    def __init__(self, url: str, token: Union[str, None] = None, timeout: float = 30.0, tries: int = 3) -> None:
        self._url = url.rstrip("/") + self._path
        self._token = token
        self._timeout = timeout
        self._tries = tries

    def _post(
        self,
        path: str,
        body: Any,
        delay: Union[str, None],
        at: Union[datetime.datetime, None],
        idempotency_key: Union[str, None],
        traceparent: Union[str, None],
    ) -> Any:
        headers = {"Content-Type": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        if traceparent is not None:
            headers["traceparent"] = traceparent
        query = {}
        if delay is not None:
            query["delay"] = delay
        if at is not None:
            query["at"] = _timestamp(at)
        url = self._url + path + ("?" + urllib.parse.urlencode(query) if query else "")
        data = json.dumps(body, allow_nan=False, separators=(",", ":")).encode("utf-8")
        for tried in range(1, self._tries + 1):
            try:
                request = urllib.request.Request(url, data=data, headers=headers, method="POST")
                with urllib.request.urlopen(request, timeout=self._timeout) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                problem = _problem(error)
                again = error.code == 429 or (error.code == 503 and not problem.get("mayBeStored", True))
                # What may be stored is sent again by whoever knows that it is one, by its key.
                if idempotency_key is not None and error.code == 503:
                    again = True
                if not again or tried == self._tries:
                    raise GatewayError(error.code, problem) from None
                time.sleep(_wait(error.headers.get("Retry-After", "1")))
        raise AssertionError("unreachable")


def _wait(told: str) -> float:
    # What is in front of the gateway may tell a date, or anything.
    try:
        seconds = float(told)
    except ValueError:
        return 1.0
    return seconds if 0 <= seconds <= 86_400 else 1.0


def _problem(error: urllib.error.HTTPError) -> Mapping[str, Any]:
    try:
        problem = json.load(error)
    except ValueError:
        return {"code": "unknown", "detail": str(error)}
    return problem if isinstance(problem, dict) else {"code": "unknown", "detail": str(problem)}`;
