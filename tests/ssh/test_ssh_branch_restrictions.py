"""Branch restrictions over SSH: the table that HTTP has, with the real OpenSSH client."""

from support.pushed import Restricted
from support.ssh import SshPerson, put_user_key


def test_who_may_do_what_to_which_branch_over_ssh(bitpail, tmp_path):
    restricted = Restricted(bitpail, tmp_path)
    people = {}
    for who, one in restricted.people.items():
        people[who] = SshPerson(tmp_path / who, bitpail)
        put_user_key(bitpail, one, people[who].public_key())

    wrong = restricted.wrong(
        lambda who, refspec: people[who].git(
            "push", people[who].url("acme/notes"), refspec, at=restricted.clone
        )
    )

    assert wrong == []
