"""Every command that a person types, word for word, against a real server."""

from support.clients import Person, refs

from bitpail.testing import Bitpail


def test_a_clone_with_the_username_in_its_url_asks_for_the_app_password_and_so_does_all_that_follows(place):
    cloned = place.person.types(f"git clone {place.url}", place.secret)

    assert cloned.status == 0, cloned.screen
    assert cloned.screen.count("Password for") == 1
    assert "Username for" not in cloned.screen
    assert place.secret not in cloned.screen
    assert place.person.head(place.clone) == place.head
    place.pulls_pushes_and_fetches(place.secret)


def test_a_clone_with_the_app_password_in_its_url_asks_for_nothing_and_neither_does_what_follows(place):
    cloned = place.person.types(f"git clone {place.url_with_secret}")

    assert cloned.status == 0, cloned.screen
    assert "Password for" not in cloned.screen
    assert place.person.head(place.clone) == place.head
    place.pulls_pushes_and_fetches()


def test_a_remote_can_be_set_to_either_form_later(place):
    place.person.well("clone", "--quiet", place.url_with_secret)

    assert place.person.shell(f"git remote set-url origin {place.url}", at=place.clone).worked
    place.pulls_pushes_and_fetches(place.secret)

    assert place.person.shell(f"git remote set-url origin {place.url_with_secret}", at=place.clone).worked
    place.pulls_pushes_and_fetches()


def test_git_asks_for_the_username_where_the_url_has_none(notes):
    url = notes.server.git_url("acme/notes")

    cloned = notes.person.types(f"git clone {url}", "ada", notes.secret, prompts={0: "Username for"})

    assert cloned.status == 0, cloned.screen
    assert notes.person.head(notes.clone) == notes.head


def test_git_keeps_the_app_password_in_its_credential_store_and_does_not_ask_again(notes):
    store = f"store --file={notes.person.home / 'kept'}"
    notes.person.well("config", "--global", "credential.helper", store)
    notes.person.types(f"git clone {notes.url}", notes.secret)

    notes.pulls_pushes_and_fetches()


def commits_of(served) -> tuple[Bitpail, Person, str, str]:
    server, person = served
    ada = server.user("ada")
    server.repository("ada/notes", files={"README.md": "# Notes\n"})
    head = refs(server.directory("ada/notes"))["refs/heads/main"]
    return server, person, server.app_password(ada, "repository"), head


def test_curl_lists_commits_with_username_and_app_password(served):
    server, person, secret, head = commits_of(served)

    done = person.shell(
        f"curl --request POST --url '{server.api}/repositories/ada/notes/commits' "
        f"--user 'ada:{secret}' --header 'Accept: application/json'"
    )

    assert done.worked, done.err
    assert f'"hash":"{head}"' in done.out


def test_curl_lists_commits_with_a_header_made_by_base64(served):
    server, person, secret, head = commits_of(served)

    done = person.shell(
        f"c=`echo -n 'ada:{secret}' | base64`\n"
        f"curl --request POST --url '{server.api}/repositories/ada/notes/commits' "
        "--header \"Authorization: Basic $c\" --header 'Accept: application/json'"
    )

    assert done.worked, done.err
    assert f'"hash":"{head}"' in done.out


def test_the_header_made_by_base64_stays_on_one_line_for_a_username_of_17_characters(bitpail, person):
    name = "a" * 17
    bitpail.user(name)
    made = bitpail.user("grace")
    secret = bitpail.app_password(made, "account")

    done = person.shell(f"echo -n '{name}:{secret}' | base64")

    assert len(done.out.splitlines()) == 1


def test_the_git_suffix_may_be_left_out(notes):
    url = notes.url_with_secret.removesuffix(".git")

    notes.person.well("clone", "--quiet", url)

    assert notes.person.head(notes.clone) == notes.head
    notes.pulls_pushes_and_fetches()
