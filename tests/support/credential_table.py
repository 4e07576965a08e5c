"""Which credential is taken under which user name: the whole table, written down once more by hand.

A row for each kind and user name, a column for each year and door. ``+`` taken, ``-`` refused for its name,
``?`` a kind that did not exist yet, ``x`` a kind that is gone.
"""

from bitpail.model.credentials import CredentialKind, Door, UserName, Year
from bitpail.policy.user_names import Verdict

#                                     tolerant    2022        2026
#                                     REST Git    REST Git    REST Git
TABLE = """
apppassword            username       +    +      +    +      x    x
apppassword            email          -    -      -    -      x    x
apppassword            token          -    -      -    -      x    x
apppassword            api            -    -      -    -      x    x
apppassword            bearer         -    -      -    -      x    x
narrowed               username       +    +      +    +      x    x
narrowed               email          -    -      -    -      x    x
narrowed               token          -    -      -    -      x    x
narrowed               api            -    -      -    -      x    x
narrowed               bearer         +    +      +    +      x    x
api_token              username       +    +      ?    ?      -    +
api_token              email          +    +      ?    ?      +    -
api_token              token          -    -      ?    ?      -    -
api_token              api            +    +      ?    ?      -    +
api_token              bearer         +    +      ?    ?      -    -
repo_access_token      username       -    -      -    -      -    -
repo_access_token      email          -    -      -    -      -    -
repo_access_token      token          +    +      -    +      -    +
repo_access_token      api            -    -      -    -      -    -
repo_access_token      bearer         +    +      +    -      +    -
project_access_token   username       -    -      -    -      -    -
project_access_token   email          -    -      -    -      -    -
project_access_token   token          +    +      -    +      -    +
project_access_token   api            -    -      -    -      -    -
project_access_token   bearer         +    +      +    -      +    -
workspace_access_token username       -    -      -    -      -    -
workspace_access_token email          -    -      -    -      -    -
workspace_access_token token          +    +      -    +      -    +
workspace_access_token api            -    -      -    -      -    -
workspace_access_token bearer         +    +      +    -      +    -
oauth2_access_token    username       -    -      -    -      -    -
oauth2_access_token    email          -    -      -    -      -    -
oauth2_access_token    token          +    +      -    +      -    +
oauth2_access_token    api            -    -      -    -      -    -
oauth2_access_token    bearer         +    +      +    -      +    -
"""

NAMES = {
    "username": ("ada", UserName.USERNAME),
    "email": ("ada@example.com", UserName.EMAIL),
    "token": ("x-token-auth", UserName.ACCESS_TOKEN),
    "api": ("x-bitbucket-api-token-auth", UserName.API_TOKEN),
    "bearer": (None, UserName.BEARER),
}
SIGNS = {"+": Verdict.TAKEN, "-": Verdict.WRONG_NAME, "?": Verdict.UNKNOWN, "x": Verdict.GONE}
COLUMNS = [(year, door) for year in Year for door in (Door.REST, Door.GIT)]
CELLS = [
    (CredentialKind(kind), name, *column, SIGNS[sign])
    for kind, name, *signs in (line.split() for line in TABLE.strip().splitlines())
    for column, sign in zip(COLUMNS, signs, strict=True)
]
