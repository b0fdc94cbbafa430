"""The demonstration's institution, enterprises and station, and what they agreed on."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from directory.enterprises.tables import Enterprise
from directory.experts.tables import Expert
from directory.institutions.rules import Check
from directory.institutions.tables import (
    Institution,
    InstitutionCheck,
    InstitutionQualification,
    Post,
)
from directory.people.service import Caller
from directory.stations.rules import Scope
from directory.stations.service import entrust
from directory.stations.tables import Entrustment, Station
from foundation.identifiers import EnterpriseId, InstitutionId, StationId

# Names become ids, so that a second seeding finds what the first one planted.
NAMES = UUID("6a1f0f0e-6f1c-5b0e-9a53-7c1f3b1e5d00")
INSTITUTION = InstitutionId(uuid5(NAMES, "institution"))
ENTERPRISE = EnterpriseId(uuid5(NAMES, "enterprise"))
NEIGHBOUR = EnterpriseId(uuid5(NAMES, "neighbour"))
STATION = StationId(uuid5(NAMES, "station"))
ZONE = ZoneInfo("Asia/Shanghai")


def plant_organisations(session: Session, *, now: datetime) -> None:
    for organisation in (
        Institution(
            id=INSTITUTION,
            name_zh="江南质量检测技术中心",
            name_en="Jiangnan Quality Testing Centre",
            time_zone="Asia/Shanghai",
            created_at=now,
        ),
        Enterprise(id=ENTERPRISE, name="苏州启明新材料有限公司", created_at=now),
        Enterprise(id=NEIGHBOUR, name="无锡锐达精密机械有限公司", created_at=now),
        Station(
            id=STATION,
            name="江南产业园质量基础设施“一站式”服务站",
            address="产业园服务中心一楼",
            has_window=True,
            notice_posted=True,
            created_at=now,
        ),
    ):
        if session.get(type(organisation), organisation.id) is None:
            session.add(organisation)
    session.flush()


def plant_entry(session: Session, *, checker: Caller, now: datetime) -> None:
    """Let the demonstration's institution have entered as the rules want it."""
    institution = session.get_one(Institution, INSTITUTION)
    if institution.agreement_signed_on is not None:
        return
    today = now.astimezone(ZONE).date()
    institution.agreement_signed_on, institution.agreement_version = today, "2026-1"
    session.add_all(
        InstitutionCheck(
            institution_id=INSTITUTION,
            check=check,
            passed=True,
            note="",
            by_id=checker.person_id,
            at=now,
        )
        for check in Check
    )
    # One that holds for long, and one whose renewal is near: both colours are to be seen.
    for kind, number, since_days, left_days in (
        ("cma", "231000160012", 900, 1290),
        ("cnas", "CNAS L12345", 2100, 60),
    ):
        session.add(
            InstitutionQualification(
                institution_id=INSTITUTION,
                kind=kind,
                number=number,
                valid_from=today - timedelta(days=since_days),
                valid_to=today + timedelta(days=left_days),
                scope=[{"object": "金属材料", "parameter": "抗拉强度", "method": "GB/T 228.1"}],
                created_at=now,
            )
        )
    session.flush()


def plant_posts(session: Session, people: Iterable[tuple[Caller, str]], *, now: datetime) -> None:
    """Let who works at the demonstration's institution have been trained before the post."""
    today = now.astimezone(ZONE).date()
    for person, title in people:
        if session.get(Post, person.person_id) is None:
            session.add(
                Post(
                    person_id=person.person_id,
                    institution_id=INSTITUTION,
                    title=title,
                    trained_on=today - timedelta(days=400),
                    starts_on=today - timedelta(days=390),
                )
            )
    session.flush()


def plant_experts(session: Session, *, now: datetime) -> None:
    """Let the library have experts."""
    if session.scalar(select(exists().where(Expert.id.is_not(None)))):
        return
    today = now.astimezone(ZONE).date()
    session.add_all(
        Expert(
            name=name,
            title=title,
            field=field,
            employer=employer,
            entered_on=today - timedelta(days=200),
            created_at=now,
        )
        for name, title, field, employer in (
            ("赵明远", "正高级工程师", "金属材料力学性能", "江南质量检测技术中心"),
            ("孙若兰", "高级工程师", "几何量计量", "市计量检定测试院"),
            ("何立群", "教授", "高分子材料老化", "江南理工学院"),
        )
    )
    session.flush()


def plant_entrustment(session: Session, *, giver: Caller, now: datetime) -> None:
    """Let the demonstration's enterprise have entrusted the station with part of its affairs."""
    if session.scalar(select(exists().where(Entrustment.station_id == STATION))):
        return
    today = now.astimezone(ZONE).date()
    entrust(
        session,
        caller=giver,
        station_id=STATION,
        scope=[Scope.RESERVATIONS, Scope.SAMPLES],
        valid_from=today,
        valid_to=today + timedelta(days=365),
        now=now,
    )
