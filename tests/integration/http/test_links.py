from ledger.canonical import b64url_decode
from ledger.licences.sd_jwt import parse
from ledger.sealing import open_sealed
from tests.support.service import World, nothing_changes, refusal


class TestLinks:
    def test_seals_what_is_shown_by_default(self, service: World) -> None:
        issued = service.issue()
        made = service.client.post(
            f"/v1/licences/{issued['digest']}/links",
            json={},
            headers=service.by(service.registrar),
        )
        assert made.status_code == 201
        url, _, fragment = made.json()["url"].partition("#")
        assert made.json()["qrSvg"].startswith("<svg")
        copy = service.client.get(url)
        assert copy.headers["Referrer-Policy"] == "no-referrer"
        assert copy.headers["Cache-Control"] == "no-store"
        link = b64url_decode(url.rsplit("/", 1)[1])
        opened = parse(open_sealed(copy.content, b64url_decode(fragment), link).decode())
        assert "0x" + opened.digest.hex() == issued["digest"]
        assert 0 < len(opened.disclosures) <= len(parse(issued["document"]).disclosures)

    def test_shows_the_claims_asked_for_alone(self, service: World) -> None:
        issued = service.issue()
        made = service.client.post(
            f"/v1/licences/{issued['digest']}/links",
            json={"claims": ["holder_name"]},
            headers=service.by(service.registrar),
        ).json()
        url, _, fragment = made["url"].partition("#")
        copy = service.client.get(url).content
        link = b64url_decode(url.rsplit("/", 1)[1])
        opened = parse(open_sealed(copy, b64url_decode(fragment), link).decode())
        assert [item.name for item in opened.disclosures] == ["holder_name"]

    def test_unknown_expired_and_withdrawn_answer_alike(self, service: World) -> None:
        issued = service.issue()
        headers = service.by(service.registrar)
        path = f"/v1/licences/{issued['digest']}/links"
        urls = [
            service.client.post(path, json={"lifetimeSeconds": 60}, headers=headers).json()["url"]
            for _ in range(2)
        ]
        assert service.client.get(urls[0].partition("#")[0]).status_code == 200
        service.clock.now += 60
        expired = service.client.get(urls[0].partition("#")[0])
        service.clock.now -= 60
        assert service.client.delete(path, headers=headers).status_code == 204
        withdrawn = service.client.get(urls[1].partition("#")[0])
        unknown = service.client.get("/v/AAAAAAAAAAAAAAAAAAAAAA")
        malformed = service.client.get("/v/!")
        answers = [expired, withdrawn, unknown, malformed]
        assert {refusal(answer) for answer in answers} == {(404, "LinkUnknown")}
        bodies = [answer.json() | {"instance": ""} for answer in answers]
        assert all(body == bodies[0] for body in bodies)

    def test_refuses_claims_that_are_not_there(self, service: World) -> None:
        issued = service.issue()
        headers = service.by(service.registrar)
        with nothing_changes(service):
            answer = service.client.post(
                f"/v1/licences/{issued['digest']}/links",
                json={"claims": ["shoe_size"]},
                headers=headers,
            )
        assert refusal(answer) == (422, "ClaimUnknown")

    def test_refuses_a_foreign_agencys_record(self, service: World) -> None:
        issued = service.issue()
        headers = service.by(service.foreigner)
        path = f"/v1/licences/{issued['digest']}/links"
        with nothing_changes(service):
            made = service.client.post(path, json={}, headers=headers)
            ended = service.client.delete(path, headers=headers)
        assert refusal(made) == refusal(ended) == (403, "RoleMissing")
