"""Every page with its address and its need: one table.

What changes something is a POST, and a POST brings the token of its form.
"""

from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.permissions import Permission
from bitpail.web import (
    access_tokens,
    activity,
    api_tokens,
    app_passwords,
    audit,
    avatars,
    brownouts,
    dashboard,
    denials,
    emails,
    git_logins,
    leaks,
    log_in,
    oauth_apps,
    oauth_authorize,
    oauth_device,
    place_routes,
    profile,
    ref_routes,
    repository_routes,
    sessions,
    set_up,
    site_policy,
    ssh_keys,
    static_files,
    trust_rules,
    two_step,
    usage,
    users,
    wiki_routes,
    years,
)
from bitpail.wire.oauth import AUTHORIZE, DEVICE

PUBLIC = Need()
OWNER = Need(signed_in=True)
ADMINISTRATOR = Need(permission=Permission.ADMIN, signed_in=True)

_SETTINGS = "/account/settings"
_APP_PASSWORDS = f"{_SETTINGS}/app-passwords"
_APPS = f"{_SETTINGS}/app-authorizations"
_REPOSITORY = "/{workspace}/{repo_slug}"
_PROJECT = "/{workspace}/workspace/projects/{project_key}"

UPLOADS = frozenset({f"{_SETTINGS}/avatar"}) | repository_routes.UPLOADS
"""Where a form brings a file, or as much as one."""

LONG_FORMS = repository_routes.LONG_FORMS | wiki_routes.LONG_FORMS
"""Where a form brings a long text."""

STREAMED = ref_routes.STREAMED | wiki_routes.STREAMED
"""Where a form brings files of any size: its handler reads it."""

ROUTES = [
    Route("GET", "/", Opens.SITE, PUBLIC, dashboard.page),
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
    Route("POST", f"{_SETTINGS}/avatar", Opens.OWN_ACCOUNT, OWNER, avatars.put),
    Route("POST", f"{_SETTINGS}/avatar/remove", Opens.OWN_ACCOUNT, OWNER, avatars.remove),
    Route("GET", "/users/{selected_user}/avatar", Opens.SITE, PUBLIC, avatars.one),
    Route("GET", "/workspaces/{workspace}/avatar", Opens.SITE, PUBLIC, avatars.of_workspace),
    Route("GET", f"{_REPOSITORY}/avatar", Opens.SITE, PUBLIC, avatars.of_repository),
    Route("GET", f"{_REPOSITORY}/avatar/{{size}}", Opens.SITE, PUBLIC, avatars.of_repository),
    Route("GET", f"{_PROJECT}/avatar", Opens.SITE, PUBLIC, avatars.of_project),
    Route("GET", f"{_PROJECT}/avatar/{{size}}", Opens.SITE, PUBLIC, avatars.of_project),
    Route("POST", f"{_SETTINGS}/emails", Opens.OWN_ACCOUNT, OWNER, emails.add),
    Route("POST", f"{_SETTINGS}/emails/send", Opens.OWN_ACCOUNT, OWNER, emails.send_again),
    Route("POST", f"{_SETTINGS}/emails/primary", Opens.OWN_ACCOUNT, OWNER, emails.make_primary),
    Route("POST", f"{_SETTINGS}/emails/remove", Opens.OWN_ACCOUNT, OWNER, emails.remove),
    Route("GET", f"{_SETTINGS}/emails/confirm", Opens.OWN_ACCOUNT, OWNER, emails.ask_to_confirm),
    Route("POST", f"{_SETTINGS}/emails/confirm", Opens.OWN_ACCOUNT, OWNER, emails.confirm),
    Route("GET", f"{_SETTINGS}/activity", Opens.OWN_ACCOUNT, OWNER, activity.page),
    Route("GET", f"{_SETTINGS}/ssh-keys", Opens.OWN_ACCOUNT, OWNER, ssh_keys.page),
    Route("POST", f"{_SETTINGS}/ssh-keys", Opens.OWN_ACCOUNT, OWNER, ssh_keys.add),
    Route("GET", f"{_SETTINGS}/ssh-keys/{{id}}/remove", Opens.OWN_ACCOUNT, OWNER, ssh_keys.ask_to_remove),
    Route("POST", f"{_SETTINGS}/ssh-keys/{{id}}/remove", Opens.OWN_ACCOUNT, OWNER, ssh_keys.remove),
    Route("GET", f"{_SETTINGS}/two-step", Opens.OWN_ACCOUNT, OWNER, two_step.page),
    Route("POST", f"{_SETTINGS}/two-step/on", Opens.OWN_ACCOUNT, OWNER, two_step.switch_on),
    Route("POST", f"{_SETTINGS}/two-step/off", Opens.OWN_ACCOUNT, OWNER, two_step.switch_off),
    Route("POST", f"{_SETTINGS}/two-step/codes", Opens.OWN_ACCOUNT, OWNER, two_step.renew_codes),
    Route("GET", _APP_PASSWORDS, Opens.OWN_ACCOUNT, OWNER, app_passwords.listed),
    Route("GET", f"{_APP_PASSWORDS}/brownouts", Opens.OWN_ACCOUNT, OWNER, brownouts.own),
    Route("POST", f"{_APP_PASSWORDS}/usage", Opens.OWN_ACCOUNT, OWNER, usage.switch),
    Route("GET", f"{_APP_PASSWORDS}/new", Opens.OWN_ACCOUNT, OWNER, app_passwords.new),
    Route("POST", f"{_APP_PASSWORDS}/new", Opens.OWN_ACCOUNT, OWNER, app_passwords.create),
    *app_passwords.rows(OWNER),
    Route("GET", _APPS, Opens.OWN_ACCOUNT, OWNER, oauth_apps.page),
    Route("GET", f"{_APPS}/{{id}}/revoke", Opens.OWN_ACCOUNT, OWNER, oauth_apps.ask_to_forget),
    Route("POST", f"{_APPS}/{{id}}/revoke", Opens.OWN_ACCOUNT, OWNER, oauth_apps.forget),
    Route("GET", AUTHORIZE, Opens.OWN_ACCOUNT, OWNER, oauth_authorize.page),
    Route("POST", AUTHORIZE, Opens.OWN_ACCOUNT, OWNER, oauth_authorize.decide),
    Route("GET", DEVICE, Opens.OWN_ACCOUNT, OWNER, oauth_device.page),
    Route("POST", DEVICE, Opens.OWN_ACCOUNT, OWNER, oauth_device.typed),
    Route("POST", f"{DEVICE}/decide", Opens.OWN_ACCOUNT, OWNER, oauth_device.decide),
    Route("GET", git_logins.PAGE, Opens.OWN_ACCOUNT, OWNER, git_logins.page),
    Route("POST", git_logins.PAGE, Opens.OWN_ACCOUNT, OWNER, git_logins.typed),
    Route("POST", f"{git_logins.PAGE}/decide", Opens.OWN_ACCOUNT, OWNER, git_logins.decide),
    Route("GET", f"{_SETTINGS}/trust-rules", Opens.OWN_ACCOUNT, OWNER, trust_rules.listed),
    Route("GET", f"{_SETTINGS}/trust-rules/new", Opens.OWN_ACCOUNT, OWNER, trust_rules.new),
    Route("POST", f"{_SETTINGS}/trust-rules/new", Opens.OWN_ACCOUNT, OWNER, trust_rules.create),
    Route("GET", f"{_SETTINGS}/trust-rules/{{id}}", Opens.OWN_ACCOUNT, OWNER, trust_rules.one),
    Route("GET", f"{_SETTINGS}/denials", Opens.OWN_ACCOUNT, OWNER, denials.listed),
    Route("GET", f"{_SETTINGS}/denials/{{request_id}}", Opens.OWN_ACCOUNT, OWNER, denials.one),
    Route("GET", "/setup", Opens.SITE, PUBLIC, set_up.page),
    Route("POST", "/setup", Opens.SITE, PUBLIC, set_up.create),
    Route("GET", "/password", Opens.SITE, PUBLIC, set_up.password_page),
    Route("POST", "/password", Opens.SITE, PUBLIC, set_up.set_password),
    Route("GET", "/admin", Opens.ADMINISTRATION, ADMINISTRATOR, users.overview),
    Route("GET", "/admin/users", Opens.ADMINISTRATION, ADMINISTRATOR, users.listed),
    Route("GET", "/admin/users/{username}", Opens.ADMINISTRATION, ADMINISTRATOR, users.one),
    Route("POST", "/admin/users/{username}", Opens.ADMINISTRATION, ADMINISTRATOR, users.change),
    Route("GET", "/admin/new-user", Opens.ADMINISTRATION, ADMINISTRATOR, users.new),
    Route("POST", "/admin/new-user", Opens.ADMINISTRATION, ADMINISTRATOR, users.create),
    Route("GET", "/admin/policy", Opens.ADMINISTRATION, ADMINISTRATOR, site_policy.page),
    Route("POST", "/admin/policy", Opens.ADMINISTRATION, ADMINISTRATOR, site_policy.save),
    Route("POST", "/admin/policy/preview", Opens.ADMINISTRATION, ADMINISTRATOR, site_policy.preview),
    Route("GET", "/admin/brownouts", Opens.ADMINISTRATION, ADMINISTRATOR, brownouts.calendar),
    Route("POST", "/admin/brownouts", Opens.ADMINISTRATION, ADMINISTRATOR, brownouts.add),
    Route("POST", "/admin/brownouts/remove", Opens.ADMINISTRATION, ADMINISTRATOR, brownouts.remove),
    Route("GET", "/admin/year", Opens.ADMINISTRATION, ADMINISTRATOR, years.of_server),
    Route("POST", "/admin/year", Opens.ADMINISTRATION, ADMINISTRATOR, years.change_server),
    Route("GET", "/admin/audit", Opens.ADMINISTRATION, ADMINISTRATOR, audit.page),
    Route("GET", "/admin/audit/export", Opens.ADMINISTRATION, ADMINISTRATOR, audit.export),
    Route("GET", "/leaks", Opens.SITE, PUBLIC, leaks.page),
    Route("POST", "/leaks", Opens.SITE, PUBLIC, leaks.report),
    *api_tokens.routes(OWNER),
    *access_tokens.ROUTES,
    *place_routes.ROUTES,
    *repository_routes.ROUTES,
]
