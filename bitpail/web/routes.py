"""Every page with its address and its need: one table.

What changes something is a POST, and a POST brings the token of its form.
"""

from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.web import app_passwords, log_in, profile, rotation, sessions, static_files, two_step

PUBLIC = Need()
OWNER = Need(signed_in=True)

_SETTINGS = "/account/settings"
_APP_PASSWORDS = f"{_SETTINGS}/app-passwords"
_ONE = f"{_APP_PASSWORDS}/{{id}}"

ROUTES = [
    Route("GET", "/", Opens.SITE, PUBLIC, log_in.front),
    Route("GET", "/static/{name}", Opens.SITE, PUBLIC, static_files.one),
    Route("GET", "/login", Opens.SITE, PUBLIC, log_in.page),
    Route("POST", "/login", Opens.SITE, PUBLIC, log_in.password),
    Route("POST", "/login/code", Opens.SITE, PUBLIC, log_in.code),
    Route("POST", "/logout", Opens.SITE, PUBLIC, log_in.out),
    Route("GET", "/account", Opens.OWN_ACCOUNT, OWNER, profile.front),
    Route("GET", _SETTINGS, Opens.OWN_ACCOUNT, OWNER, profile.page),
    Route("POST", _SETTINGS, Opens.OWN_ACCOUNT, OWNER, profile.change),
    Route("GET", f"{_SETTINGS}/password", Opens.OWN_ACCOUNT, OWNER, profile.password_page),
    Route("POST", f"{_SETTINGS}/password", Opens.OWN_ACCOUNT, OWNER, profile.change_password),
    Route("GET", f"{_SETTINGS}/sessions", Opens.OWN_ACCOUNT, OWNER, sessions.page),
    Route("POST", f"{_SETTINGS}/sessions", Opens.OWN_ACCOUNT, OWNER, sessions.end),
    Route("POST", f"{_SETTINGS}/sessions/everywhere", Opens.OWN_ACCOUNT, OWNER, sessions.end_all),
    Route("GET", f"{_SETTINGS}/two-step", Opens.OWN_ACCOUNT, OWNER, two_step.page),
    Route("POST", f"{_SETTINGS}/two-step/on", Opens.OWN_ACCOUNT, OWNER, two_step.switch_on),
    Route("POST", f"{_SETTINGS}/two-step/off", Opens.OWN_ACCOUNT, OWNER, two_step.switch_off),
    Route("POST", f"{_SETTINGS}/two-step/codes", Opens.OWN_ACCOUNT, OWNER, two_step.renew_codes),
    Route("GET", _APP_PASSWORDS, Opens.OWN_ACCOUNT, OWNER, app_passwords.listed),
    Route("GET", f"{_APP_PASSWORDS}/new", Opens.OWN_ACCOUNT, OWNER, app_passwords.new),
    Route("POST", f"{_APP_PASSWORDS}/new", Opens.OWN_ACCOUNT, OWNER, app_passwords.create),
    Route("GET", _ONE, Opens.OWN_ACCOUNT, OWNER, app_passwords.one),
    Route("GET", f"{_ONE}/revoke", Opens.OWN_ACCOUNT, OWNER, app_passwords.ask_to_revoke),
    Route("POST", f"{_ONE}/revoke", Opens.OWN_ACCOUNT, OWNER, app_passwords.revoke),
    Route("POST", f"{_ONE}/rotate", Opens.OWN_ACCOUNT, OWNER, rotation.begin),
    Route("POST", f"{_ONE}/finish", Opens.OWN_ACCOUNT, OWNER, rotation.finish),
    Route("POST", f"{_ONE}/roll-back", Opens.OWN_ACCOUNT, OWNER, rotation.roll_back),
]
