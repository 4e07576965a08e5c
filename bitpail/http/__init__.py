"""What the HTTP doors share: routes, credentials from headers, addresses, logs."""
