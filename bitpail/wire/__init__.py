"""Bitbucket's JSON as pure functions of the model. Nothing here looks anything up."""
