"""The door for whoever manages app passwords by program: our own API, beside 2.0. It speaks 2.0's envelope."""
