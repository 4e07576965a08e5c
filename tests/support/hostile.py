"""What every answer must keep to, whatever was sent."""

from hypothesis import HealthCheck, settings

CODE = "/2.0/repositories/ada/code"
TOY = "/2.0/repositories/ada/toy"

quickly = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check(server, answer):
    # 501: an operation of the contract that isn't served yet.
    assert 200 <= answer.status < 500 or answer.status == 501, answer
    text = answer.body.decode("utf-8", "replace")
    for word in ("Traceback", str(server.settings.data_path.parent), "treasure", "sqlite3", "bp_", 'File "'):
        assert word not in text, answer
    for name, value in answer.raw_headers:
        assert "\r" not in value
        assert "\n" not in value
        assert name != "set-cookie"
    if answer.path.startswith("/2.0/") and answer.status >= 400:
        assert answer.headers["content-type"].startswith("application/json"), answer
        assert answer.json()["type"] == "error"
        assert answer.message
