"""Who waits for the platform's answer in the demonstration: a firm, and an institution."""

import io
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from cli.demo_accounts import DEMO_PASSWORD
from cli.seeding.organisations import NAMES, ZONE
from directory.files.places import open_store
from directory.files.service import examine, seal, take_in
from directory.files.store import Store, new_key
from directory.institutions.rules import State
from directory.institutions.tables import Institution, InstitutionQualification
from directory.people.password_rules import PasswordPolicy
from directory.people.service import Caller, caller_of
from directory.people.tables import Person
from directory.privacy.vault import Vault
from directory.registrations.rules import Application, Kind, Paper
from directory.registrations.service import Account, apply, hand_in, submit
from foundation.encryption import open_key_ring
from foundation.identifiers import InstitutionId
from foundation.settings import Settings

APPLICANT = "qian"
APPLYING = InstitutionId(uuid5(NAMES, "applying institution"))
CONSENTS = {"terms": "1", "identity_data": "1"}
SHEET = (840, 594)
MARGIN = 48


def plant_applications(session: Session, settings: Settings, *, now: datetime) -> None:
    """Let one registration wait for the review, and one institution for its three checks."""
    plant_institution(session, now=now)
    if not session.scalar(select(exists().where(Person.login == APPLICANT))):
        plant_registration(Vault(session, open_key_ring(settings)), open_store(settings), now=now)


def plant_institution(session: Session, *, now: datetime) -> None:
    if session.get(Institution, APPLYING) is not None:
        return
    today = now.astimezone(ZONE).date()
    session.add(
        Institution(
            id=APPLYING,
            name_zh="锡东材料检验所",
            name_en="Xidong Materials Testing Institute",
            credit_code="12320281466008215E",
            state=State.APPLYING,
            created_at=now,
        )
    )
    session.flush()
    session.add(
        InstitutionQualification(
            institution_id=APPLYING,
            kind="cma",
            number="241000160077",
            valid_from=today - timedelta(days=200),
            valid_to=today + timedelta(days=1900),
            scope=[{"object": "橡胶制品", "parameter": "硬度", "method": "GB/T 531.1"}],
            created_at=now,
        )
    )
    session.flush()


def plant_registration(vault: Vault, store: Store, *, now: datetime) -> None:
    registration = apply(
        vault,
        application=Application(
            kind=Kind.ENTERPRISE,
            display_name="钱晓岚 Qian",
            real_name="钱晓岚",
            identity_number="320281198704120028",
            phone="13800000017",
            email="qian@example.com",
            organisation="太湖精工（无锡）有限公司",
            credit_code="91320281MA1X4Q7B6T",
            consents=CONSENTS.keys(),
        ),
        account=Account(APPLICANT, DEMO_PASSWORD, PasswordPolicy.ASVS),
        consent_versions=CONSENTS,
        now=now,
    )
    session = vault.session
    caller = caller_of(session.get_one(Person, registration.person_id))
    for paper in Paper.BUSINESS_LICENCE, Paper.PLEDGE:
        hand_in(
            session,
            registration.id,
            caller=caller,
            paper=paper,
            file_id=plant_file(vault, store, paper, caller=caller, now=now),
            lacking_because=None,
            now=now,
        )
    hand_in(
        session,
        registration.id,
        caller=caller,
        paper=Paper.QUALIFICATION,
        file_id=None,
        lacking_because="只发布检测需求，本企业不对外检测",
        now=now,
    )
    submit(session, registration.id, caller=caller, now=now)


def plant_file(vault: Vault, store: Store, paper: Paper, *, caller: Caller, now: datetime) -> UUID:
    examined = examine(f"{paper}.png", draw(paper), scanner="")
    sealed = seal(vault, examined, caller=caller, now=now)
    key = new_key()
    store.put(key, sealed.content)
    return take_in(
        vault.session,
        examined,
        sealed,
        caller=caller,
        store_key=key,
        purpose="registration",
        now=now,
    ).id


def draw(paper: Paper) -> bytes:
    """Draw a sheet that stands for a scan and says that it is none."""
    image = Image.new("RGB", SHEET, "#fbf8ef")
    pen = ImageDraw.Draw(image)
    pen.rectangle(
        (MARGIN / 2, MARGIN / 2, SHEET[0] - MARGIN / 2, SHEET[1] - MARGIN / 2),
        outline="#a33",
        width=4,
    )
    pen.text((MARGIN, MARGIN), paper.replace("_", " ").upper(), "#a33", ImageFont.load_default(44))
    lines = (
        "91320281MA1X4Q7B6T",
        "Taihu Precision (Wuxi) Co., Ltd.",
        "Drawn for the demonstration.",
    )
    for number, line in enumerate(lines):
        pen.text((MARGIN, 180 + 60 * number), line, "#333", ImageFont.load_default(28))
    drawn = io.BytesIO()
    image.save(drawn, "PNG")
    return drawn.getvalue()
