import re
from typing import Any

import pytest

from api.services.measures import Measures
from api.store.database import StoreUnavailable
from api.store.outbox import SqlOutbox
from ledger.outbox import IntentState
from tests.support.issued import RECEIPT, intent
from tests.support.licences import FIELDS
from tests.support.service import CHAIN_ID, World


def numbers(service: World) -> dict[str, float]:
    """Return every sample of a scrape by its name with labels."""
    answer = service.client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples = (line.rsplit(" ", 1) for line in answer.text.splitlines() if line[0] != "#")
    return {name: float(value) for name, value in samples}


class TestMetrics:
    def test_show_what_waits_for_the_chain(self, service: World) -> None:
        before = numbers(service)
        assert before["suizheng_anchoring_lag_seconds"] == 0
        service.issue()
        service.clock.now += 70
        service.issue()
        found = numbers(service)
        assert found["suizheng_records_unbatched"] == 2
        assert found["suizheng_anchoring_lag_seconds"] == 70
        assert found["suizheng_head_age_seconds"] == 70
        assert found["suizheng_head_block"] == 2
        service.anchor()
        found = numbers(service)
        # In a batch, but the transaction that carries its root is in no block yet.
        assert found["suizheng_records_unbatched"] == 0
        assert found["suizheng_anchoring_lag_seconds"] == 70
        assert found['suizheng_intents{state="waiting"}'] == 1
        assert found["suizheng_head_age_seconds"] == 0
        states = {f'suizheng_intents{{state="{state.value}"}}' for state in IntentState}
        assert states <= found.keys()
        assert {each for each in found if each.startswith("suizheng_jobs{")} == {
            f'suizheng_jobs{{state="{state}"}}'
            for state in ("receiving", "waiting", "checking", "issuing")
        }

    def test_warn_of_licences_that_nobody_renews(self, service: World) -> None:
        first = service.issue()
        food = 'suizheng_licences_to_renew{type="cn.food-business"}'
        assert numbers(service)[food] == 0
        service.clock.now = 1_952_956_800 - 30 * 86_400
        assert numbers(service)[food] == 0
        service.clock.now += 1
        assert numbers(service)[food] == 1
        service.anchor()
        service.revoke(first["digest"])
        assert numbers(service)[food] == 0

    def test_show_what_was_spent_and_what_stands_still(self, service: World) -> None:
        service.issue()
        service.anchor()
        outbox, place = SqlOutbox(service.database), (CHAIN_ID, service.operator.address)
        (wanted,) = outbox.waiting(*place, 2)
        found = numbers(service)
        assert found['suizheng_gas_used_total{call="anchor"}'] == 0
        assert found['suizheng_accounts_halted{reason="no-funds"}'] == 0
        outbox.mark(wanted.id, IntentState.FINAL, receipt=RECEIPT)
        outbox.add([intent(1)])
        outbox.mark(intent(1).id, IntentState.FAILED, error="RoleMissing")
        outbox.halt(*place, "no-funds")
        found = numbers(service)
        assert found['suizheng_transactions_total{call="anchor"}'] == 1
        assert found['suizheng_gas_used_total{call="anchor"}'] == RECEIPT.gas_used
        assert found['suizheng_fees_wei_total{call="anchor"}'] == RECEIPT.gas_used * 2 * 10**9
        assert found['suizheng_gas_used_total{call="status-change"}'] == 0
        assert found['suizheng_intents_parked{error="RoleMissing"}'] == 1
        assert found['suizheng_accounts_halted{reason="no-funds"}'] == 1

    def test_count_requests_by_template_and_verdicts_by_code(self, service: World) -> None:
        document = service.issue()["document"]
        service.anchor()
        for sent in (document, document[:-40] + "A" * 40, document):
            service.client.post("/v1/verifications", json={"document": sent})
        service.client.get("/v1/licences/0x00/nowhere")
        service.client.request("BREW", "/coffee")
        found = numbers(service)
        assert found['suizheng_verdicts_total{code="none",verdict="valid"}'] == 2
        assert sum(v for k, v in found.items() if 'verdict="invalid"' in k and "_total" in k) == 1
        route = '{method="POST",route="/v1/verifications",status="200"}'
        assert found[f"suizheng_http_requests_total{route}"] == 3
        timed = '{method="POST",route="/v1/verifications"}'
        assert found[f"suizheng_http_request_seconds_count{timed}"] == 3
        unknown = '{method="other",route="unknown",status="404"}'
        assert found[f"suizheng_http_requests_total{unknown}"] == 1

    def test_name_nobody_and_nothing(self, service: World) -> None:
        issued = service.issue(externalId="case-secret")
        headers = service.by(service.issuer)
        service.client.get(f"/v1/licences/{issued['digest']}", headers=headers)
        service.client.get(f"/v1/proofs/{issued['digest']}")
        service.client.post("/v1/verifications", json={"document": issued["document"]})
        text = service.client.get("/metrics").text
        values = (*map(str, FIELDS["cn.food-business"].values()), issued["licenceId"])
        assert not [value for value in (*values, "case-secret") if value in text]
        labels = " ".join(re.findall(r"\{(.*)\}", text))
        assert 'route="/v1/licences/{digest}"' in labels
        assert not re.search(r"0x[0-9a-fA-F]{6}|[0-9a-f]{16}", labels)

    def test_say_that_the_database_is_gone(
        self, service: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def gone(_: Any) -> None:
            raise StoreUnavailable("gone")

        monkeypatch.setattr(Measures, "read", gone)
        found = numbers(service)
        assert found["suizheng_store_up"] == 0
        assert "suizheng_records_unbatched" not in found
