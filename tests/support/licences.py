"""Made-up agencies, holders and fields for every licence type."""

import hashlib
from collections.abc import Mapping
from itertools import count
from typing import Any, Final

from ledger.authority import Agency
from ledger.keys import PrivateKey
from ledger.licences.catalogue import Catalogue, load_catalogue
from ledger.licences.issuance import Draft, Issuer, Licence, Randomness, issue
from ledger.values import AgencyStatus, agency_id

CATALOGUE: Final[Catalogue] = load_catalogue()
BASE_URL: Final = "https://licences.example"
AGENCY: Final = Agency(
    agency_id("CN-GD", "11440100MBEXAMPE7Y"),
    "CN-GD",
    "11440100MBEXAMPE7Y",
    "示例市市场监督管理局",
    AgencyStatus.ACTIVE,
)
AGENCY_KEY: Final = PrivateKey.from_secret(hashlib.sha256(b"agency").digest())
HOLDER_KEY: Final = PrivateKey.from_secret(hashlib.sha256(b"holder").digest())
STRANGER_KEY: Final = PrivateKey.from_secret(hashlib.sha256(b"stranger").digest())
ISSUED_AT: Final = 1_795_226_400  # 2026-11-21 10:00 at +08:00

_ORGANISATION: Final = {
    "holder_name": "示例市蓝鲸小吃店",
    "holder_code": "91110000600037341L",
    "valid_from": "2026-11-21",
    "valid_until": "2031-11-20",
}
_PERSON: Final = {
    "holder_name": "张样例",
    "holder_code": "11010519491231002X",
    "valid_from": "2026-11-21",
    "valid_until": "2027-11-20",
    "sex": "女",
    "birth_date": "1949-12-31",
}
_HEADS: Final = {"legal_representative": "李样例", "person_in_charge": "王样例"}

FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "cn.business-licence": _ORGANISATION
    | {
        "licence_number": "440100000000001",
        "valid_until": "长期",
        "company_type": "有限责任公司",
        "legal_representative": "李样例",
        "registered_capital": "壹佰万元整",
        "established_on": "2020-02-29",
        "domicile": "示例市样例路1号",
        "business_scope": "餐饮服务；食品销售。",
    },
    "cn.food-business": _ORGANISATION
    | {
        "licence_number": "JY24401000000012",
        "legal_representative": "李样例",
        "domicile": "示例市样例路1号",
        "premises": "示例市样例路1号",
        "main_business": "餐饮服务经营者",
        "items": ["热食类食品制售", "冷食类食品制售"],
        "area_m2": 86.5,
    },
    "cn.drug-business": _ORGANISATION
    | _HEADS
    | {
        "licence_number": "粤CB440100001",
        "quality_head": "赵样例",
        "premises": "示例市样例路2号",
        "mode": "零售",
        "scope": ["中成药", "化学药制剂"],
    },
    "cn.device-business": _ORGANISATION
    | _HEADS
    | {
        "licence_number": "粤样食药监械经营许20260001号",
        "premises": "示例市样例路2号",
        "mode": "零售",
        "scope": ["6821医用电子仪器设备"],
    },
    "cn.public-hygiene": _ORGANISATION
    | {
        "licence_number": "粤卫公证字2026第0001号",
        "person_in_charge": "王样例",
        "address": "示例市样例路3号",
        "items": ["宾馆"],
    },
    "cn.construction-qualification": _ORGANISATION
    | {
        "licence_number": "D244000001",
        "legal_representative": "李样例",
        "address": "示例市样例路4号",
        "registered_capital": "壹仟万元整",
        "qualifications": [
            {"category": "建筑工程施工总承包", "grade": "二级"},
            {"category": "市政公用工程施工总承包", "grade": "三级"},
        ],
    },
    "cn.safety-production": _ORGANISATION
    | {
        "licence_number": "（粤）JZ安许证字2026000001",
        "principal": "王样例",
        "address": "示例市样例路4号",
        "economic_type": "有限责任公司",
        "scope": "建筑施工",
    },
    "cn.road-transport": _ORGANISATION
    | {
        "licence_number": "440100000001",
        "legal_representative": "李样例",
        "address": "示例市样例路5号",
        "scope": ["道路普通货物运输"],
        "vehicles": 5,
    },
    "cn.physician-practice": _PERSON
    | {
        "licence_number": "110441900000001",
        "valid_until": "长期",
        "qualification_number": "202644110000000001",
        "category": "临床",
        "scope": ["内科专业"],
        "institution": "示例市人民医院",
        "place": "示例省",
    },
    "cn.driving-licence": _PERSON
    | {
        "licence_number": "11010519491231002X",
        "nationality": "中国",
        "address": "示例市样例路6号",
        "first_issued_on": "1975-05-01",
        "classes": ["C1", "D"],
    },
    "cn.residence-permit": _PERSON
    | {
        "licence_number": "440100202600000001",
        "ethnicity": "汉",
        "registered_residence": "样例省样例县",
        "address": "示例市样例路7号",
    },
    "cn.delegation": {
        "licence_number": "WT20260001",
        "holder_name": "张样例",
        "holder_code": "11010519491231002X",
        "holder_code_type": "111",
        "valid_from": "2026-11-21",
        "valid_until": "2026-12-20",
        "delegate_name": "陈样例",
        "types": ["urn:suizheng:licence:cn.driving-licence:1"],
        "matters": ["车辆年检"],
    },
}
"""Fields of one lawful licence of each type, optional ones partly left out."""


def counted_bytes(seed: bytes = b"salts") -> Randomness:
    """Return randomness that is the same in every run and differs from call to call."""
    calls = count()

    def random(size: int) -> bytes:
        return hashlib.shake_256(seed + next(calls).to_bytes(8)).digest(size)

    return random


def issuer(key: PrivateKey = AGENCY_KEY) -> Issuer:
    """Return the sample agency with its signing key."""
    return Issuer(AGENCY, BASE_URL, key)


def draft(type_id: str = "cn.food-business", **changes: Any) -> Draft:
    """Return a draft of the type with its sample fields; `changes` are a draft's attributes."""
    given: dict[str, Any] = {
        "type": CATALOGUE.get(type_id),
        "fields": FIELDS[type_id],
        "serial": "20261121000042",
        "list": 0,
        "index": 718_204,
        "issued_at": ISSUED_AT,
        "holder_key": HOLDER_KEY.public_key,
    }
    return Draft(**(given | changes))


def sample(type_id: str = "cn.food-business", **changes: Any) -> Licence:
    """Return an issued sample licence of the type."""
    return issue(draft(type_id, **changes), issuer(), counted_bytes())
