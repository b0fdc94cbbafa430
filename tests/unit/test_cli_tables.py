"""Each program that writes rows knows every table that their foreign keys name."""

import subprocess
import sys

import pytest

RESOLVE = """
from sqlalchemy.orm import configure_mappers
from foundation.database import Base
configure_mappers()
for table in Base.metadata.tables.values():
    for key in table.foreign_keys:
        key.column
print(len(Base.metadata.tables))
"""


@pytest.mark.full
@pytest.mark.parametrize(
    "imports",
    [
        "import cli.jobs, jobs.schedule",
        "import cli.appoint",
        "import cli.seed, cli.seeding.planting",
        "import api.routes",
    ],
)
def test_foreign_keys_of_a_program_lead_to_tables_it_knows(imports: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"{imports}\n{RESOLVE}"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr.splitlines()[-1]
    assert int(done.stdout) > 0
