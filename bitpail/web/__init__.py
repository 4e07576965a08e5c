"""The door for browsers: pages made on the server, which work without script."""
