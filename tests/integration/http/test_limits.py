from collections.abc import Iterator

import pytest

from api.http.limits import Rates
from tests.support.service import World, refusal, world

RATES = Rates(address=2, stranger=1, account=1, burst_seconds=10)


@pytest.fixture
def limited(url: str) -> Iterator[World]:
    with world(url, RATES) as made:
        yield made


def statuses(service: World, path: str, count: int, **sent: object) -> list[int]:
    method = "POST" if "json" in sent else "GET"
    return [
        service.client.request(method, path, **sent).status_code  # type: ignore[arg-type]  # whatever a request takes
        for _ in range(count)
    ]


class TestAddress:
    def test_is_told_when_to_come_back(self, limited: World) -> None:
        assert statuses(limited, "/v1/catalogue", 20) == [200] * 20
        answer = limited.client.get("/v1/catalogue")
        assert refusal(answer) == (429, "TooManyRequests")
        assert answer.headers["Retry-After"] == "1"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        limited.time += 1
        assert statuses(limited, "/v1/catalogue", 3) == [200, 200, 429]

    def test_may_ask_whether_the_service_lives(self, limited: World) -> None:
        statuses(limited, "/v1/catalogue", 21)
        for path in ("/healthz", "/readyz", "/metrics"):
            assert limited.client.get(path).status_code == 200
        assert 'status="429"' in limited.client.get("/metrics").text


class TestStranger:
    @pytest.mark.parametrize(
        ("path", "sent"),
        [
            ("/v1/sign-in/challenge", {"json": {"address": "0x" + "ab" * 20}}),
            ("/v1/sign-in", {"json": {}}),
            ("/v1/verifications", {"json": {"document": "x"}}),
            ("/v/AAAA", {}),
        ],
    )
    def test_has_less(self, limited: World, path: str, sent: dict[str, object]) -> None:
        found = statuses(limited, path, 12, **sent)
        assert 429 not in found[:10]
        assert found[10:] == [429, 429]

    def test_is_whoever_has_a_token_of_nobody(self, limited: World) -> None:
        form = {"document": "x"}
        headers = {"Authorization": "Bearer nonsense"}
        found = statuses(limited, "/v1/verifications", 11, json=form, headers=headers)
        assert found == [200] * 10 + [429]

    def test_is_not_who_signed_in(self, limited: World) -> None:
        headers = limited.by(limited.issuer)
        statuses(limited, "/v/AAAA", 9)
        form = {"document": "x"}
        assert statuses(limited, "/v1/verifications", 1, json=form) == [429]
        assert statuses(limited, "/v1/verifications", 1, json=form, headers=headers) == [200]


class TestAccount:
    def test_is_bounded_wherever_it_asks_from(self, limited: World) -> None:
        headers = limited.by(limited.issuer)
        limited.time += 100
        path = "/v1/changes/0x" + "00" * 16
        assert statuses(limited, path, 11, headers=headers) == [404] * 10 + [429]
        limited.time += 100
        other = limited.by(limited.registrar)
        assert statuses(limited, path, 1, headers=other) == [404]
