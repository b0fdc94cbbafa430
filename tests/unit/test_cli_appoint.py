"""A first password is one that the deployment itself would take."""

import pytest

from cli.appoint import make_password
from directory.people.password_rules import PasswordPolicy, find_problems


@pytest.mark.parametrize("policy", list(PasswordPolicy))
def test_first_password_is_as_the_rules_want_it_and_never_the_same(policy: PasswordPolicy) -> None:
    passwords = {make_password(policy, "operator") for _ in range(20)}

    assert len(passwords) == 20
    assert [find_problems(one, policy=policy, about=("operator",)) for one in passwords] == [
        []
    ] * 20
