"""The door for scripts and integrations: Bitbucket's REST API 2.0."""
